import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { pythonEnvironment } from "../support/python.ts";

/** The scenario as its README has it, under real mosaik. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { python, reason } = await pythonEnvironment("mosaik");

const STEPS = 96;
const LIMIT_KW = 7000;
/** What rounding may leave in a sum of three shares. */
const ROUNDING_KW = 1e-9;

interface Step {
  time: number;
  available_kw: Record<string, number>;
  p_kw: Record<string, number>;
}

const sum = (values: object) => Object.values(values).reduce<number>((total, value) => total + value, 0);

describe.skipIf(reason !== undefined)(`wind-park${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-wind-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const scenario = (program: string, ...args: string[]) => {
    const cosimas = `node --conditions=cosimas:source --import tsx ${program}`;
    const given = ["scenarios/wind-park/scenario.py", "--cosimas", cosimas, ...args];
    return promisify(execFile)(python!, given, { cwd: root, timeout: 120_000 });
  };

  async function run(name: string): Promise<{ stdout: string; bytes: string }> {
    const out = join(folder, name);
    const { stdout, stderr } = await scenario("src/cli/main.ts", "--out", out);
    expect(stderr).not.toMatch(/WARNING|ERROR|Traceback|cosimas:/);
    return { stdout, bytes: readFileSync(out, "utf8") };
  }

  it("prints what its README says, keeps the limit at every step, and is the same when run again", async () => {
    const first = await run("first.jsonl");
    const readme = readFileSync(join(root, "scenarios/wind-park/README.md"), "utf8");
    const [, shown = ""] = /```\n( +wind offers[\s\S]*?)```/.exec(readme) ?? [];
    expect(first.stdout.endsWith(shown)).toBe(true);

    const lines = first.bytes.trimEnd().split("\n");
    const steps = lines.map((line) => JSON.parse(line) as Step);
    expect(steps.map(({ time }) => time)).toEqual(Array.from({ length: STEPS }, (_, i) => 900 * i));
    for (const { available_kw, p_kw } of steps) {
      // The limit is kept, and used: nobody gives way when all fits.
      expect(Math.abs(sum(p_kw) - Math.min(LIMIT_KW, sum(available_kw)))).toBeLessThan(ROUNDING_KW);
      const cut = Object.keys(p_kw).filter((plant) => p_kw[plant]! < available_kw[plant]!);
      const most = Math.max(...Object.values(p_kw));
      for (const plant of cut) expect(p_kw[plant]).toBeCloseTo(most, 9);
    }
    expect((await run("second.jsonl")).bytes).toBe(first.bytes);
  });

  it("is the same under World, to the last digit", async () => {
    const [theirs, ours] = [await run("mosaik.jsonl"), join(folder, "wind-park.jsonl")];
    const cosimas = ["dist/src/cli/main.js", "run"];
    const args = [...cosimas, "scenarios/wind-park/scenario.ts", "--python", python!, "--out", folder];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 120_000 });
    expect(theirs.stdout.endsWith(stdout)).toBe(true);
    const steps = (text: string) =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Step);
    expect(steps(readFileSync(ours, "utf8"))).toEqual(steps(theirs.bytes));
  });

  it("F28 exits with 1 when the agents fail, though mosaik's run returns", async () => {
    await expect(scenario("test/interop/fixtures/failing-simulator.ts")).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/the agents are broken[\s\S]*wind-park: only 10 of 96 steps were run/),
    });
  });
});
