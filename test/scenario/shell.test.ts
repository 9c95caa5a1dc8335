import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parquetReadObjects } from "hyparquet";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { World } from "../../adapters/mosaik/index.ts";

/** The command line as a shell and its user meet it: pipes, signals, exit codes and what is said of agents that fail. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = [process.execPath, "dist/src/cli/main.js"];
const SCENARIO = "test/support/command-line/scenario.ts";
const AGENTS = /test\/support\/command-line\/agents\.ts/.source;
const TWO = ["--containers", "2", "--isolation", "process"];
const folder = mkdtempSync(join(tmpdir(), "cosimas-shell-"));
const file = (name: string) => join(folder, name);
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What both streams have come to say. */
  readonly said: (pattern: RegExp) => Promise<void>;
}

/** A command in a group of its own. */
function start([program, ...args]: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const stdio = ["ignore", "pipe", "pipe"] as const;
  const child = spawn(program!, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: [...stdio],
    detached: true,
  });
  children.push(child);
  let [stdout, stderr] = ["", ""];
  let look = () => {};
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    look();
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    look();
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, stdout, stderr }) as Ended);
  const said = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      look = () => pattern.test(stdout + stderr) && resolve();
      look();
      void ended.then(() => reject(new Error(`it has ended without ${pattern}: ${stdout}${stderr}`)));
    });
  return { child, ended, said };
}

const cosimas = (...args: string[]): Promise<Ended> => start([...PROGRAM, ...args]).ended;
const run = (...args: string[]): Promise<Ended> => cosimas("run", SCENARIO, "--out", file("out"), ...args);
const lines = ({ stderr }: Ended): string[] => stderr.split("\n").filter((line) => !/^(reproduce: .*)?$/.test(line));

async function recorded(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const path = file(`${name}.mcap`);
  const program = [...PROGRAM, "run", SCENARIO, "--out", file("out"), "--record", path, ...args];
  const ended = await start(program, env).ended;
  expect(ended.code, ended.stderr).toBe(0);
  return path;
}

describe("a pipe whose reader has seen enough", { timeout: 120_000 }, () => {
  it("ends a command quietly, with the exit code that it would have had", async () => {
    const long = await recorded("long", ["--steps", "3000"]);
    const other = await recorded("other", ["--steps", "2"]);
    const head = async (command: string) => {
      const script = `${PROGRAM.join(" ")} ${command} | head -1; echo "\${PIPESTATUS[0]}"`;
      return start(["bash", "-c", script]).ended;
    };
    // More than a pipe holds, so that it is written to after its reader has ended.
    const whole = await cosimas("inspect", long, "--agent", "w0", "--kind", "input");
    expect(whole.stdout.length).toBeGreaterThan(100_000);
    const inspected = await head(`inspect ${long} --agent w0 --kind input`);
    expect(inspected).toMatchObject({ code: 0, stderr: "" });
    expect(inspected.stdout).toBe(`${whole.stdout.split("\n")[0]}\n0\n`);
    const differ = await head(`diff ${long} ${other}`);
    expect(differ).toMatchObject({ stdout: expect.stringMatching(/\n1\n$/), stderr: "" });
  });

  it("takes nothing from a run", async () => {
    const path = file("piped.mcap");
    const script = `${PROGRAM.join(" ")} run ${SCENARIO} --out ${file("out")} --record ${path} 2>&1 >&- | true; echo "\${PIPESTATUS[0]}"`;
    expect(await start(["bash", "-c", script]).ended).toMatchObject({ code: 0, stdout: "0\n", stderr: "" });
    expect((await cosimas("inspect", path)).stdout).toMatch(/^whole, trace hash [0-9a-f]{16}$/m);
  });
});

describe("a signal to the group", { timeout: 120_000 }, () => {
  it.each(["SIGTERM", "SIGINT"] as const)("is told as what has ended a run in processes: %s", async (name) => {
    const started = start([...PROGRAM, "run", SCENARIO, "--out", file("out"), "--holds", ...TWO]);
    await started.said(/^ready$/m);
    process.kill(-started.child.pid!, name);
    const ended = await started.ended;
    expect(ended.code).toBe(name === "SIGTERM" ? 143 : 130);
    expect(lines(ended)).toEqual([
      `cosimas: ${name}: ending the run; once more to kill it`,
      `cosimas: interrupted by ${name}`,
    ]);
  });
});

describe("a sweep", { timeout: 120_000 }, () => {
  it("has the figures of each run's result in its table", async () => {
    const out = file("sweep");
    const ended = await cosimas("run", SCENARIO, "--out", out, "--sweep", "seed=1..2", "steps=1,3", "--jobs", "1");
    expect(ended.code, ended.stderr).toBe(0);
    const { buffer, byteOffset, byteLength } = readFileSync(join(out, "runs.parquet"));
    const rows = await parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer });
    expect(rows.map(({ seed, steps, peak_kw, note, exit_code }) => [seed, steps, peak_kw, note, exit_code])).toEqual([
      [1, 1, 1, "number", 0],
      [1, 3, 3, "number", 0],
      [2, 1, 2, "number", 0],
      [2, 3, 6, "number", 0],
    ]);
  });
});

describe("a run that an agent fails", { timeout: 120_000 }, () => {
  const instead = "which strict mode does not allow; use";

  it("is strict if --strict says so, in containers in processes, too; one sentence, once", async () => {
    expect((await run("--act", "now")).code).toBe(0);
    for (const [act, peer, told] of [
      ["now", "", `agent "w0" used Date.now in act at 1 s, ${instead} this.clock.time() or this.clock.utcnow()`],
      ["timer", "w1", `agent "w1" used setTimeout in act at 1 s, ${instead} this.clock.callIn or this.clock.sleep`],
    ] as const) {
      for (const spread of [[], TWO]) {
        const ended = await run("--strict", "--act", act, ...(peer ? ["--peer", peer] : []), ...spread);
        expect(ended.code).toBe(1);
        const [first, place, ...rest] = lines(ended);
        const more = peer === "" ? ` (and 1 more: ${told.replace("w0", "w1")})` : "";
        expect(first).toBe(`cosimas: ERR_AGENT_STRICT: ${told}${more}`);
        expect(place).toMatch(new RegExp(`^ {4}at .*${AGENTS}:\\d+:\\d+$`));
        expect(rest).toEqual([]);
      }
    }
  });

  it.each([[[]], [TWO]])(
    "names agent, method and line of who failed, and of a callee, without --debug: %j",
    async (spread) => {
      const asked = await run("--act", "boom", "--peer", "w1", ...spread);
      expect(asked.code).toBe(1);
      expect(lines(asked)[0]).toMatch(
        new RegExp(
          `^cosimas: ERR_AGENT_FAILED: agent "w0" failed in ask at 1 s: RangeError: too much, in w1\\.act at /.*${AGENTS}:25:\\d+$`,
        ),
      );
      expect(asked.stderr).not.toContain("/src/");
      const own = await run("--act", "boom", ...spread);
      expect(lines(own)[0]).toContain(
        'agent "w0" failed in act at 1 s: RangeError: too much (and 1 more: agent "w1" failed',
      );
      expect(lines(own)[1]).toMatch(new RegExp(`^ {4}at .*${AGENTS}:25:\\d+$`));
    },
  );
});

describe("an agent that never ends", { timeout: 120_000 }, () => {
  const NAMED =
    /cosimas: agent "[\w-]+" has been busy for \d+ s in spin, at \d+ s \(.*agents\.ts:\d+:\d+\); if it does not end, one/;

  it("is named in a replay, which a signal ends", async () => {
    const path = await recorded("spin", ["--act", "spin"]);
    const started = start([...PROGRAM, "replay", path], { SPINS: "1" });
    await started.said(NAMED);
    started.child.kill("SIGTERM");
    expect(await started.ended).toMatchObject({ code: null, signal: "SIGTERM" });
  });

  it("is named in a simulator, which a signal ends", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    const simulator = "test/support/command-line/simulator.ts";
    const started = start([...PROGRAM, "sim", simulator, `127.0.0.1:${port}`, "--remote"], { SPINS: "1" });
    await started.said(/waiting for mosaik/);
    const world = new World({ Agents: { connect: `127.0.0.1:${port}` } });
    const agents = await world.start<{ Spin(): Promise<unknown> }>("Agents");
    await agents.Spin();
    const lost = world.run({ until: 3 }).then(
      () => expect.unreachable(),
      (error: { code: string }) => error.code,
    );
    await started.said(NAMED);
    started.child.kill("SIGTERM");
    expect(await started.ended).toMatchObject({ code: null, signal: "SIGTERM", stdout: "" });
    expect(await lost).toMatch(/^ERR_/);
    await world.shutdown();
  });
});

describe("diff", { timeout: 120_000 }, () => {
  it("sees that only the order of keys differs, as the hash does", async () => {
    const [a, b] = [
      await recorded("ab", ["--act", "keys"]),
      await recorded("ba", ["--act", "keys"], { REVERSED: "1" }),
    ];
    expect((await cosimas("diff", a, a)).code).toBe(0);
    const { code, stdout } = await cosimas("diff", a, b);
    expect(code).toBe(1);
    expect(stdout).toContain('first difference, in Object.keys(values.done): ["kw","kvar"] became ["kvar","kw"]\n');
  });
});

describe("doctor --determinism", { timeout: 120_000 }, () => {
  const doctor = (...args: string[]) => cosimas("doctor", "--determinism", SCENARIO, ...args);

  it("runs what can be spread on two containers, too, with the scenario's own options", async () => {
    const ended = await doctor("--", "--act", "number", "--steps", "2");
    expect(ended.stdout, ended.stderr).toMatch(
      /^ok two runs, each in its process: (\d+) events the same\nok on two containers, in processes: \1 events the same\nok replayed here.*\nok once more here.*\n$/,
    );
    expect(ended.code).toBe(0);
  });

  it("finds a counter that a module's agents share by another number of containers", async () => {
    const ended = await doctor("--", "--act", "count");
    expect(ended.stdout, ended.stderr).toMatch(
      /^ok two runs.*\non two containers, in processes: agents share state through a module.*\nfirst difference, in value\S*: 2 became 1\n/,
    );
    expect(ended.code).toBe(1);
  });

  it("says of options that belong to nothing, and of wrong ones, what is wrong", async () => {
    expect(await cosimas("doctor", "--", "--act", "x")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--act: options are for --determinism <scenario>"),
    });
    const wrong = await doctor("--", "--steps", "0");
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain("--steps 0");
  });
});
