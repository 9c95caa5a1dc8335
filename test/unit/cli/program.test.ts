import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { runProgram } from "../../../src/cli/program.ts";
import { figuresIn, RunResult } from "../../../src/cli/result.ts";

const folder = mkdtempSync(join(tmpdir(), "cosimas-program-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => void vi.restoreAllMocks());

/** What the program writes to standard output. */
async function printed(...args: string[]): Promise<string> {
  let text = "";
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  expect(await runProgram(args)).toBe(0);
  return text;
}

const COMMANDS = [
  "init",
  "run",
  "sim",
  "container",
  "replay",
  "diff",
  "inspect",
  "export",
  "recover",
  "doctor",
  "completion",
];

describe("help", () => {
  it.each([[], ...COMMANDS.map((name) => [name])])("of %s fits a terminal of 80 columns", async (...command) => {
    const lines = (await printed(...command, "--help")).split("\n");
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it("and completion show the options of every run", async () => {
    const help = await printed("run", "--help");
    const completion = await printed("completion", "bash");
    for (const option of ["--seed", "--containers", "--record", "--strict", "--sweep", "--out", "--force", "--debug"]) {
      expect(help).toContain(option);
      expect(completion.split("\n").find((line) => line.includes(" run)"))).toContain(option);
    }
  });
});

describe("the result of a run", () => {
  it("is kept in its folder, without that of an earlier run", () => {
    new RunResult(folder, []).add({ old: 1 });
    const result = new RunResult(folder, ["limit"]);
    expect(figuresIn(folder)).toEqual({});
    result.add({ peak_kw: 92.4 });
    result.add({ met: true, who: "PV-1" });
    expect(figuresIn(folder)).toEqual({ peak_kw: 92.4, met: true, who: "PV-1" });
    expect(JSON.parse(readFileSync(join(folder, "result.json"), "utf8"))).toEqual(figuresIn(folder));
  });

  it.each([{ limit: 1 }, { seed: 1 }, { wall_s: 1 }, { "a b": 1 }, { x: Number.NaN }, { x: null as never }])(
    "is refused: %o",
    (figures) => {
      expect(() => new RunResult(folder, ["limit"]).add(figures)).toThrow(
        expect.objectContaining({ code: "ERR_SCENARIO_RESULT" }),
      );
    },
  );
});
