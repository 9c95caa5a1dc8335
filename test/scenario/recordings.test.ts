import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** A week of lv-congestion recorded and everything that can be done with it, by the command line. */
const root = fileURLToPath(new URL("../..", import.meta.url));
mkdirSync(join(root, "out"), { recursive: true });
const folder = mkdtempSync(join(root, "out", "recordings-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SCENARIO = "scenarios/lv-congestion/scenario.ts";
const DAYS = 7;
const file = (name: string) => join(folder, name);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function cosimas(...args: string[]): Promise<Ended> {
  const command = ["dist/src/cli/main.js", ...args];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      command,
      { cwd: root, timeout: 120_000, maxBuffer: 2 ** 28 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      },
    );
  });
}

const record = (name: string, ...more: string[]) =>
  cosimas("run", SCENARIO, "--days", String(DAYS), "--out", folder, "--record", file(name), ...more);

describe("a week of lv-congestion", { timeout: 120_000 }, () => {
  let hash = "";
  beforeAll(async () => {
    const { code, stdout, stderr } = await record("week.mcap");
    expect(code, stderr).toBe(0);
    hash = /^trace hash ([0-9a-f]{16})$/m.exec(stdout)![1]!;
    expect(existsSync(file("week.mcap.wal"))).toBe(false);
  }, 120_000);

  it("replays identically", async () => {
    const { code, stdout, stderr } = await cosimas("replay", file("week.mcap"));
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^the same: 50775 events of 672 advances compared in \d+\.\d\d s$/m);
    expect(stdout).toContain(`trace hash ${hash}\n`);
  });

  it("replayed with one line of an agent changed, names the first difference and its cause", async () => {
    const agents = readFileSync(join(root, "scenarios/lv-congestion/agents.ts"), "utf8");
    const there = relative(folder, join(root, "scenarios/lv-congestion"));
    const changed = agents.replace("EXPORT_FILL = 0.5;", "EXPORT_FILL = 0.51;").replaceAll('"./', `"${there}/`);
    expect(changed).toContain("0.51");
    writeFileSync(file("agents.ts"), changed);
    const { code, stdout } = await cosimas("replay", file("week.mcap"), "--module", file("agents.ts"), "--json");
    expect(code).toBe(1);
    const { same, difference } = JSON.parse(stdout) as { same: boolean; difference: Record<string, never> };
    expect(same).toBe(false);
    const { what, expected, actual, path, values, causes } = difference as unknown as {
      readonly [key: string]: unknown;
      readonly causes: readonly { readonly kind: string }[];
    };
    expect({ what, path }).toEqual({ what: "changed", path: expect.stringMatching(/^(content|args|values)/) });
    expect((actual as { kind: string }).kind).toBe((expected as { kind: string }).kind);
    expect(values).toHaveLength(2);
    expect(causes!.at(-1)!.kind).toBe("input");
  });

  it("is the same file of another run, and differs from one of another seed or day where it says", async () => {
    expect((await record("again.mcap")).code).toBe(0);
    expect(readFileSync(file("again.mcap")).equals(readFileSync(file("week.mcap")))).toBe(true);
    const same = await cosimas("diff", file("week.mcap"), file("again.mcap"));
    expect(same).toMatchObject({ code: 0, stdout: "the same: 50775 events compared\n" });
    expect((await record("other.mcap", "--day", "141")).code).toBe(0);
    const other = await cosimas("diff", file("week.mcap"), file("other.mcap"));
    expect(other.code).toBe(1);
    expect(other.stdout).toMatch(/^start: "2016-05-20T00:00:00.000Z", "2016-05-21T00:00:00.000Z"$/m);
    expect(other.stdout).toMatch(
      /^fed with something else first:\n {2}0 s: input \["PV-1".*\n {2}0 s: input \["PV-1"/m,
    );
    expect(other.stdout).toMatch(/^first difference, in args\[0\]\./m);
  });

  it("is inspected: what it has, the events of an agent, what led to one", async () => {
    const { stdout } = await cosimas("inspect", file("week.mcap"));
    expect(stdout).toMatch(/^50775 events of 14 agents from 0 s to 603900 s$/m);
    expect(stdout).toMatch(/^ +672 {2}advance$/m);
    const json = JSON.parse((await cosimas("inspect", file("week.mcap"), "--json")).stdout) as { kinds: object };
    expect(json.kinds).toMatchObject({ tick: 672, input: 9408, created: 14 });
    const events = await cosimas("inspect", file("week.mcap"), "--agent", "PV-1", "--from", "900", "--to", "900");
    expect(events.stdout).toMatch(/^900 s, round 0, PV-1: input measure\(/m);
    const chain = await cosimas("inspect", file("week.mcap"), "--chain", "PV-1#5");
    expect(chain.stdout.split("\n  caused by ").length).toBeGreaterThan(3);
    expect(await cosimas("inspect", file("week.mcap"), "--chain", "PV-99#1")).toMatchObject({ code: 1 });
  });

  it("is exported: lines, tables, diagrams", async () => {
    for (const format of ["jsonl", "csv", "perfetto", "mermaid", "plantuml"]) {
      const { code, stderr } = await cosimas("export", file("week.mcap"), "-f", format, "-o", file(`week.${format}`));
      expect(code, stderr).toBe(0);
    }
    const read = (format: string) => readFileSync(file(`week.${format}`), "utf8");
    const lines = read("jsonl").trimEnd().split("\n");
    expect(lines).toHaveLength(50775);
    expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toContain("reply");
    expect(read("csv").split("\r\n")).toHaveLength(50775 + 2);
    const { traceEvents } = JSON.parse(read("perfetto")) as { traceEvents: { ph: string }[] };
    expect(traceEvents.filter(({ ph }) => ph === "X")).toHaveLength(50775 - 672);
    expect(read("mermaid")).toMatch(/^sequenceDiagram\n {2}participant a0 as PV-1\n[\s\S]*a\d+->>a\d+: offer\(\)\n/);
    expect(read("plantuml")).toMatch(/^@startuml\n[\s\S]*@enduml\n$/);
    const some = await cosimas(
      "export",
      file("week.mcap"),
      "-f",
      "jsonl",
      "-o",
      "-",
      "--agent",
      "Trafo-1",
      "--to",
      "0",
    );
    expect(some.stdout.split("\n").length).toBeLessThan(200);
  });

  it("is swept over parameters: a run each, a recording each, one table of all", async () => {
    const args = ["run", SCENARIO, "--sweep", "day=140..141", "--sweep", "control=true,false", "--out", file("sweep")];
    const { code, stdout, stderr } = await cosimas(...args);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^4 runs, 0 failed, .*runs\.parquet$/m);
    const names = ["day=140,control=true", "day=140,control=false", "day=141,control=true", "day=141,control=false"];
    for (const name of names) {
      expect(readFileSync(join(file("sweep"), name, "log.txt"), "utf8")).toContain("reproduce: cosimas run");
      expect(existsSync(join(file("sweep"), `${name}.mcap`))).toBe(name.endsWith("true"));
    }
    expect(
      readFileSync(join(file("sweep"), "runs.parquet"))
        .subarray(0, 4)
        .toString(),
    ).toBe("PAR1");
    const wrong = await cosimas("run", SCENARIO, "--sweep", "dya=1..2");
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/no such parameter; it has: seed, day/) });
  });

  it("says what it cannot do: no such file, another file, a module that has changed, nothing recorded", async () => {
    expect(await cosimas("replay", file("none.mcap"))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/ERR_RECORDING_OPEN/),
    });
    writeFileSync(file("text.mcap"), "no recording");
    expect(await cosimas("inspect", file("text.mcap"))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/ERR_RECORDING_/),
    });
    expect(await cosimas("diff", file("week.mcap"))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/ERR_CLI_USAGE/),
    });
    expect(await cosimas("export", file("week.mcap"), "-f", "xlsx")).toMatchObject({ code: 2 });
    const uncontrolled = await cosimas("run", SCENARIO, "--no-control", "--out", folder, "--record", file("no.mcap"));
    expect(uncontrolled).toMatchObject({ code: 1, stderr: expect.stringMatching(/ERR_SCENARIO_NOT_RECORDED/) });
    const bytes = readFileSync(file("week.mcap"));
    writeFileSync(file("torn.mcap"), bytes.subarray(0, bytes.length >> 1));
    expect(await cosimas("recover", file("torn.mcap"))).toMatchObject({ code: 0 });
    const recovered = await cosimas("replay", file("torn.recovered.mcap"));
    expect(recovered.stdout).toMatch(/^the same: \d+ events of \d+ advances/m);
  });
});
