import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { pythonEnvironment } from "../support/python.ts";

/** Real mosaik steps simulators as processes: the same in Python and in TypeScript see and answer the same. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { python, reason } = await pythonEnvironment("mosaik");

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runPython(args: readonly string[], variables: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    // mosaik asks for attributes in the order of a set of texts.
    const env = { ...process.env, PYTHONHASHSEED: "0", ...variables };
    const options = { cwd: root, timeout: 120_000, env, maxBuffer: 2 ** 24 };
    execFile(python!, args, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}

// No quotes: mosaik 3.6.0 leaves them in the arguments.
const COSIMAS = "node dist/src/cli/main.js sim";
const COMMANDS = {
  py: `${python} test/support/mosaik_puppet.py %(addr)s`,
  ts: `${COSIMAS} test/support/mosaik-puppet.ts %(addr)s`,
};

type Logs = Record<string, unknown[]>;

describe.skipIf(reason !== undefined)(`under real mosaik${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-mosaik-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Run all scenarios, their simulators in these languages in turn. */
  async function play(languages: readonly (keyof typeof COMMANDS)[]): Promise<{ ended: Ended; logs: Logs }> {
    const logFolder = mkdtempSync(join(folder, "logs-"));
    const spec = JSON.stringify({ folder: logFolder, languages, commands: COMMANDS });
    const ended = await runPython(["test/support/mosaik_scenarios.py", spec]);
    const logs: Logs = {};
    for (const name of readdirSync(logFolder).sort()) {
      const lines = readFileSync(join(logFolder, name), "utf8").trimEnd().split("\n");
      logs[name] = lines.map((line) => JSON.parse(line) as unknown);
    }
    return { ended, logs };
  }

  let inPython: Awaited<ReturnType<typeof play>>;
  beforeAll(async () => {
    inPython = await play(["py"]);
  });

  it("the Python simulators do what the scenarios are about", () => {
    const { ended, logs } = inPython;
    expect(ended.stderr).not.toMatch(/ERROR|Traceback/);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mosaik 3\.(7\.1|6\.0)$/m) });
    const steps = (name: string) => logs[name]!.filter((entry) => (entry as unknown[])[0] === "step");
    expect(Object.keys(logs)).toHaveLength(13);
    expect(JSON.stringify(steps("time_based.B.jsonl"))).toContain('"NaN"');
    expect(steps("same_time_loop.H.jsonl").map((entry) => (entry as unknown[])[1])).toEqual([0, 0, 0, 0, 4, 4, 4, 4]);
    expect(steps("event_based.E.jsonl").map((entry) => (entry as unknown[])[5])).toEqual([3, 5, null]);
    expect(JSON.stringify(steps("requests_back.T.jsonl"))).toContain('{"A.M_0":101}');
  });

  it.each([
    ["all in TypeScript", ["ts"]],
    ["TypeScript first, Python second", ["ts", "py"]],
    ["Python first, TypeScript second", ["py", "ts"]],
  ] as const)("%s: the same calls, the same answers", async (_title, languages) => {
    const { ended, logs } = await play(languages);
    expect(ended.stderr).not.toMatch(/ERROR|Traceback|cosimas:/);
    expect(ended).toMatchObject({ code: 0, stdout: inPython.ended.stdout });
    expect(logs).toEqual(inPython.logs);
  });

  const single = (config: object, ...args: string[]) =>
    ["test/support/mosaik_single.py", JSON.stringify(config), ...args] as const;

  it("a simulator that waits with --remote is connected to", async () => {
    const args = ["test/interop/fixtures/plain.ts", "127.0.0.1:0", "--remote"];
    const sim = spawn(process.execPath, [...COSIMAS.split(" ").slice(1), ...args], { cwd: root });
    onTestFinished(() => void sim.kill("SIGKILL"));
    const ends = once(sim, "close");
    const [line] = (await once(sim.stderr, "data")) as [Buffer];
    const port = /waiting for mosaik at .*:(\d+)/.exec(String(line))?.[1];
    const ended = await runPython(single({ connect: `127.0.0.1:${port}` }, "5"));
    expect(ended).toMatchObject({ code: 0, stdout: "done\n" });
    expect(await ends).toEqual([0, null]);
  });

  it("a simulator that mosaik has started ends by itself, with 0, before mosaik kills it", async () => {
    const cmd = `${COSIMAS} test/interop/fixtures/exits.ts %(addr)s`;
    const ended = await runPython(single({ cmd }, "5"));
    expect(ended).toMatchObject({ code: 0, stdout: "done\n", stderr: expect.stringContaining("finalised\nexit 0\n") });
  });

  it("setEvent, made outside of any call, causes a step in real time", async () => {
    const cmd = `${COSIMAS} test/interop/fixtures/events.ts %(addr)s`;
    const ended = await runPython(single({ cmd }, "32", "0.1"));
    expect(ended).toMatchObject({ code: 0, stdout: "done\n" });
    expect(ended.stderr.match(/^step \d+$/gm)).toEqual(["step 30"]);
  });

  it("one in columns gives the sums that it has to give", async () => {
    const command = `${COSIMAS} test/support/mosaik-bench/columns.ts %(addr)s`;
    const ended = await runPython(["test/support/mosaik-bench/master.py", command, "40", "30"], {
      COSIMAS_BENCH_COST: join(folder, "cost.json"),
    });
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[\d.e-]+\n$/) });
  });

  it("a step that throws ends the run; mosaik and standard error say why", async () => {
    const cmd = `${COSIMAS} test/interop/fixtures/throws.ts %(addr)s`;
    const ended = await runPython(single({ cmd }, "6"));
    expect(ended.stderr).toContain("aborted the simulation with error Error(no wind)");
    expect(ended.stderr).toContain("cosimas: ERR_BRIDGE_SIMULATOR_FAILED: simulator S-0, step() at time 0: no wind");
  });

  it("a mosaik that is killed leaves no orphan, not even within a step", async () => {
    const cmd = `${COSIMAS} test/interop/fixtures/waits.ts %(addr)s`;
    const mosaik = spawn(python!, single({ cmd }, "6"), { cwd: root });
    let said = "";
    mosaik.stderr.on("data", (text) => {
      said += String(text);
    });
    await vi.waitFor(() => expect(said).toMatch(/in step, process \d+/), 30_000);
    const pid = Number(/in step, process (\d+)/.exec(said)![1]);
    expect(process.kill(pid, 0)).toBe(true);
    mosaik.kill("SIGKILL");
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), 20_000);
  });

  it.each([["README.md", "agents.ts", "scenario.py"]])(
    "%s does what it says about %s",
    async (file, module, scenario) => {
      const text = readFileSync(join(root, file), "utf8");
      const block = (language: string, name: string) =>
        text.split(`\`\`\`${language}\n${language === "ts" ? "//" : "#"} ${name}\n`)[1]?.split("```")[0] ?? "";
      const master = block("python", scenario);
      const after = text.slice(text.indexOf(master));
      const [, expected = ""] = /It prints, besides mosaik's own log,\n\n```\n([\s\S]*?)```/.exec(after) ?? [];
      expect(master.trimEnd().split("\n").length).toBeLessThanOrEqual(15);
      // Inside the repository, so that `cosimas` is found.
      mkdirSync(join(root, "out"), { recursive: true });
      const example = mkdtempSync(join(root, "out", "docs-"));
      try {
        writeFileSync(join(example, module), block("ts", module));
        // As written, but for how the program is found before it is installed.
        const command = `${COSIMAS} ${join(example, module)}`;
        writeFileSync(join(example, scenario), master.replace(`npx cosimas sim ${module}`, command));
        const ended = await runPython([join(example, scenario)]);
        expect(ended.stderr).not.toMatch(/ERROR|Traceback|cosimas:/);
        expect(ended.code).toBe(0);
        expect(ended.stdout.endsWith(expected)).toBe(true);
      } finally {
        rmSync(example, { recursive: true, force: true });
      }
    },
  );
});
