import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openRun } from "cosimas/observe";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { pythonEnvironment } from "../support/python.ts";

/** Populations under real mosaik on one container and on many: the same results, the same trace; and what is recorded. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const mosaik = await pythonEnvironment("mosaik");
const pandapower = await pythonEnvironment("mosaik-pandapower");
const COSIMAS = "node --conditions=cosimas:source --import tsx src/cli/main.ts";

mkdirSync(join(root, "out"), { recursive: true });
const folder = mkdtempSync(join(root, "out", "containers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const execute = (program: string, ...args: string[]) =>
  promisify(execFile)(program, args, { cwd: root, timeout: 240_000, maxBuffer: 2 ** 26 });
const cosimas = (...args: string[]) => execute("node", ...COSIMAS.split(" ").slice(1), ...args);

async function hashOf(recording: string): Promise<string | undefined> {
  const run = await openRun(recording);
  await run.close();
  return run.summary?.traceHash;
}

const skipped = ({ reason }: { reason?: string }) => (reason === undefined ? "" : ` (skipped: ${reason})`);
const SPREADS = ["", "--containers 2", "--containers 2 --isolation process", "--containers 4 --isolation process"];

describe.skipIf(mosaik.reason !== undefined)(`a population on several containers${skipped(mosaik)}`, () => {
  it("gives wind-park the same results and hash under mosaik and under World", async () => {
    const results = new Set<string>();
    const hashes = new Set<string | undefined>();
    for (const [i, spread] of SPREADS.entries()) {
      const [out, record] = [join(folder, `wind-${i}.jsonl`), join(folder, `wind-${i}.mcap`)];
      const options = ["--sim-options", `${spread} --record ${record}`];
      const args = ["scenarios/wind-park/scenario.py", "--cosimas", COSIMAS, "--out", out, ...options];
      const { stderr } = await execute(mosaik.python!, ...args);
      expect(stderr).not.toMatch(/WARNING|ERROR|Traceback|cosimas:/);
      results.add(readFileSync(out, "utf8"));
      hashes.add(await hashOf(record));
    }
    expect(results.size).toBe(1);
    expect(hashes.size).toBe(1);
    expect([...hashes][0]).toMatch(/^[\da-f]{16}$/);
    const steps = (text: string) =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown);
    for (const spread of [SPREADS[0]!, SPREADS.at(-1)!]) {
      const words = spread.split(" ").filter((word) => word !== "");
      await cosimas("run", "scenarios/wind-park/scenario.ts", "--python", mosaik.python!, "--out", folder, ...words);
      expect(steps(readFileSync(join(folder, "wind-park.jsonl"), "utf8"))).toEqual(steps([...results][0]!));
    }
  });

  it("gives README's households the same, and their recording can be replayed though the class is not exported", async () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const [, agents = ""] = /```ts\n(\/\/ agents\.ts\n[\s\S]*?)```/.exec(readme) ?? [];
    const [, scenario = ""] = /```python\n(# scenario\.py\n[\s\S]*?)```/.exec(readme) ?? [];
    const [, shown = ""] = /It prints, besides mosaik's own log,\n\n```\n([\s\S]*?)```/.exec(readme) ?? [];
    const module = join(folder, "agents.ts");
    writeFileSync(module, agents);
    const hashes = new Set<string | undefined>();
    for (const spread of [SPREADS[0]!, SPREADS[1]!, SPREADS.at(-1)!]) {
      const recording = join(folder, "households.mcap");
      const command = `${COSIMAS} sim ${module} %(addr)s ${spread} --record ${recording}`;
      const file = join(folder, "scenario.py");
      writeFileSync(file, scenario.replace("npx cosimas sim agents.ts %(addr)s", command));
      const { stdout } = await execute(mosaik.python!, file);
      expect(stdout.endsWith(shown), stdout).toBe(true);
      const replayed = await cosimas("replay", recording);
      expect(replayed.stdout).toMatch(/^the same: \d+ events of 4 advances/);
      hashes.add(await hashOf(recording));
      rmSync(recording);
    }
    expect(hashes.size).toBe(1);
  });

  it("refuses to record, at the start, agents of a class that no replay would find", async () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const [, agents = ""] = /```ts\n(\/\/ agents\.ts\n[\s\S]*?)```/.exec(readme) ?? [];
    const [, scenario = ""] = /```python\n(# scenario\.py\n[\s\S]*?)```/.exec(readme) ?? [];
    const module = join(folder, "late.ts");
    const late = agents
      .replace("const Home = agentModel", "const home = () => agentModel")
      .replace("models: { Home }", "models: { Home: home() }");
    writeFileSync(module, late);
    const file = join(folder, "late.py");
    const command = `${COSIMAS} sim ${module} %(addr)s --record ${join(folder, "late.mcap")}`;
    writeFileSync(file, scenario.replace("npx cosimas sim agents.ts %(addr)s", command));
    const outcome = await execute(mosaik.python!, file).catch((error: { stderr: string }) => error);
    expect(outcome.stderr).toMatch(/ERR_SCENARIO_RECORDED_CLASS[\s\S]*write `export class Household` there/);
  });
});

/** Processes of a group whose command line `includes` a text. */
function membersOf(group: number, includes: string): number[] {
  const found: number[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [, , pgid] = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      if (Number(pgid) === group && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(includes))
        found.push(Number(pid));
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

describe.skipIf(pandapower.reason !== undefined || process.platform !== "linux")(
  `lv-congestion on several containers under mosaik${skipped(pandapower)}`,
  () => {
    it("gives the same set-points and the same hash on 1, 2 and 4 containers", async () => {
      const results = new Set<string>();
      const hashes = new Set<string | undefined>();
      for (const [i, spread] of [SPREADS[0]!, SPREADS[1]!, SPREADS.at(-1)!].entries()) {
        const [out, record] = [join(folder, `lv-${i}.jsonl`), join(folder, `lv-${i}.mcap`)];
        const options = ["--sim-options", `${spread} --record ${record}`];
        const args = ["scenarios/lv-congestion/mosaik_pandapower.py", "--cosimas", COSIMAS, "--out", out, ...options];
        const { stderr } = await execute(pandapower.python!, ...args);
        expect(stderr).not.toMatch(/WARNING|ERROR|Traceback|cosimas:/);
        results.add(readFileSync(out, "utf8"));
        hashes.add(await hashOf(record));
      }
      expect(results.size).toBe(1);
      expect(hashes.size).toBe(1);
    });

    it("ends with an error that names the container that was killed in mid-step, and leaves no process", async () => {
      const args = ["scenarios/lv-congestion/mosaik_pandapower.py", "--days", "366", "--day", "0"];
      const options = ["--cosimas", COSIMAS, "--sim-options", "--containers 4 --isolation process"];
      const run = spawn(pandapower.python!, [...args, ...options], {
        ...{ cwd: root, detached: true, stdio: ["ignore", "ignore", "pipe"] },
      });
      const group = run.pid!;
      const closed = once(run, "close");
      let ended = false;
      onTestFinished(() => void (ended || process.kill(-group, "SIGKILL")));
      let stderr = "";
      let killed: { pid: number; atMs: number } | undefined;
      let namedMs: number | undefined;
      for await (const text of run.stderr!.setEncoding("utf8") as AsyncIterable<string>) {
        stderr += text;
        // mosaik draws its progress while it steps.
        if (killed === undefined && /Starting simulation[\s\S]*[1-9]\d*\/\d+/.test(stderr)) {
          const containers = membersOf(group, "boot.js");
          expect(containers).toHaveLength(4);
          killed = { pid: containers[1]!, atMs: performance.now() };
          process.kill(killed.pid, "SIGKILL");
        }
        if (killed !== undefined)
          namedMs ??= stderr.includes(`process ${killed.pid}`) ? performance.now() - killed.atMs : undefined;
      }
      const [code] = await closed;
      ended = true;
      process.stdout.write(`a killed container was named after ${namedMs?.toFixed(0)} ms\n`);
      expect(code, stderr).toBe(1);
      expect(stderr).toMatch(new RegExp(`ERR_CONTAINER_LOST[\\s\\S]*container \\d \\(process ${killed!.pid}\\)`));
      expect(stderr).toMatch(/only \d+ of \d+ quarter hours were run/);
      // A second on a quiet machine; what is left of it is Python's logging.
      expect(namedMs).toBeLessThan(5000);
      expect(membersOf(group, "")).toEqual([]);
    });
  },
);
