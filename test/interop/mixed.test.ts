import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { pythonEnvironment } from "../support/python.ts";

/** The market of scenarios/mixed with real aiomas, by the command line as a user would run it. */
const { python, reason } = await pythonEnvironment("aiomas");
/** One that has no aiomas. */
const { python: bare } = await pythonEnvironment("mango");

const root = fileURLToPath(new URL("../..", import.meta.url));
const SCENARIO = "scenarios/mixed/scenario.ts";
mkdirSync(join(root, "out"), { recursive: true });
const folder = mkdtempSync(join(root, "out", "mixed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What README.md says that it prints, without the hash. */
const readme = readFileSync(join(root, "scenarios/mixed/README.md"), "utf8");
const expected = /```\n([\s\S]*?)trace hash/.exec(readme)![1]!;
const rows = (printed: string) => printed.split("\n").filter((line) => /^ *\d+:00 /.test(line));

class Run {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, ["dist/src/cli/main.js", ...args], { cwd: root, stdio: "pipe" });
    onTestFinished(() => void this.child.kill("SIGKILL"));
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
  }

  async ended(): Promise<this & { readonly code: number | null }> {
    const [code] = (await once(this.child, "close")) as [number | null];
    return Object.assign(this, { code });
  }
}

/** A program for the scenario to take for Python: it does what `does` says, `$@` are the arguments of Python. */
function program(name: string, does: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${does}\n`, { mode: 0o755 });
  return file;
}

/** Runs a program of Python, and ends in the third hour: four traders are told of each. */
const DYING = `
import os, runpy, sys
calls = []
def watch(frame, event, arg):
    if event == "call" and frame.f_code.co_name == "settle":
        calls.append(frame)
        if len(calls) == 9:
            print("broken", file=sys.stderr)
            os._exit(7)
sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
sys.setprofile(watch)
runpy.run_path(sys.argv[0], run_name="__main__")
`;

/** Resolves when no process has this id any more. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe.skipIf(reason !== undefined)(
  `a market with aiomas${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    it("prints what its README says, and the same powers and prices as with twins in TypeScript", async () => {
      const ran = await new Run("run", SCENARIO, "--python", python!, "--out", folder).ended();
      expect(ran.code, ran.stderr).toBe(0);
      expect(ran.stdout).toContain(expected);
      const picture = readFileSync(join(folder, "mixed.svg"), "utf8");
      expect(picture).toBe(readFileSync(join(root, "scenarios/mixed/mixed.svg"), "utf8"));
      const twins = await new Run("run", SCENARIO, "--twins", "--out", folder).ended();
      expect(rows(twins.stdout)).toEqual(rows(ran.stdout));
      expect(rows(twins.stdout)).toHaveLength(8);
      expect(readFileSync(join(folder, "mixed.svg"), "utf8")).toBe(picture);
    });

    it("is recorded, and replayed without Python", async () => {
      const file = join(folder, "market.mcap");
      const ran = await new Run("run", SCENARIO, "--python", python!, "--out", folder, "--record", file).ended();
      expect(ran.code, ran.stderr).toBe(0);
      const replayed = await new Run("replay", file).ended();
      expect(replayed.code, replayed.stderr).toBe(0);
      expect(replayed.stdout).toMatch(/^the same: /m);
      expect(replayed.stdout).toContain(/^trace hash .*$/m.exec(ran.stdout)![0]);
    });

    it.each(["SIGINT", "SIGKILL"] as const)("leaves no Python behind after %s", async (signal) => {
      const file = join(folder, `pid-${signal}`);
      // It says who it is, then waits for an end that only the scenario brings.
      const waiting = program(
        `waiting-${signal}`,
        `echo $$ > ${file}; exec ${python} -c "import sys; sys.stdin.read()"`,
      );
      const run = new Run("run", SCENARIO, "--python", waiting, "--out", folder);
      const ended = run.ended();
      let pid = Number.NaN;
      while (!(pid > 0)) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        try {
          pid = Number(readFileSync(file, "utf8"));
        } catch {} // not started yet
      }
      run.child.kill(signal);
      expect((await ended).code).not.toBe(0);
      await gone(pid);
    });

    it("says so when Python ends in the middle of it", async () => {
      const dying = join(folder, "dying.py");
      writeFileSync(dying, DYING);
      const short = program("short", `shift; exec ${python} -W ignore ${dying} "$@"`);
      const ran = await new Run("run", SCENARIO, "--python", short, "--out", folder).ended();
      expect(ran.code).toBe(1);
      expect(ran.stderr).toMatch(/the Python side has ended with 7:\n *broken/);
    });

    it("has the same aiomas_compat.py as the other tests", () => {
      const read = (path: string) => readFileSync(join(root, path), "utf8");
      expect(read("scenarios/mixed/aiomas_compat.py")).toBe(read("test/support/aiomas_compat.py"));
    });
  },
);

describe("a market without aiomas", () => {
  it.skipIf(bare === undefined)("says what is to be installed", async () => {
    const ran = await new Run("run", SCENARIO, "--python", bare!, "--out", folder).ended();
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(`"${bare}" has no package "aiomas"`);
    expect(ran.stderr).toContain(`${bare} -m pip install aiomas==2.0.1 arrow msgpack`);
  });

  it("says that there is no such program", async () => {
    const ran = await new Run("run", SCENARIO, "--python", join(folder, "nothing"), "--out", folder).ended();
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/cannot start ".*nothing".*name a Python by --python/);
  });
});
