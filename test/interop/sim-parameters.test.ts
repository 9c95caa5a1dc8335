import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** A simulator's own options on the command line: the counterpart of `configure` in mosaik's Python API. */
const root = fileURLToPath(new URL("../..", import.meta.url));

function sim(...args: string[]) {
  const program = ["dist/src/cli/main.js", "sim", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { cwd: root, encoding: "utf8" });
  return { status, stdout, stderr };
}

const MODULE = "test/interop/fixtures/parameters.ts";
/** Nobody listens at the discard port of this machine. */
const NOWHERE = "127.0.0.1:9";

describe("parameters of a simulator", () => {
  it.each([
    [[], { stepSize: 900, mode: "market", control: true }],
    [["--step-size", "60", "--mode", "local", "--no-control"], { stepSize: 60, mode: "local", control: false }],
    [["-l", "debug", "--mode=local", "--timeout", "5"], { stepSize: 900, mode: "local", control: true }],
  ])("are given to the function that makes it: %j", (args, expected) => {
    const { status, stdout, stderr } = sim(MODULE, NOWHERE, ...args);
    expect(JSON.parse(stderr.split("\n")[0]!)).toEqual(expected);
    expect(stderr).toContain("ERR_CHANNEL_CONNECT");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  });

  it.each([
    [[MODULE, NOWHERE, "--step-size", "0"], "ERR_CLI_VALUE: --step-size 0: must be an integer >= 1"],
    [[MODULE, NOWHERE, "--speed", "2"], "ERR_CLI_USAGE: unknown option '--speed'"],
    [[MODULE, NOWHERE, "more"], "ERR_CLI_USAGE: too many arguments"],
    [[MODULE], "ERR_CLI_USAGE: missing required argument 'address'"],
    [["--mode", "local", MODULE, NOWHERE], "ERR_CLI_USAGE: the module comes before its options: --mode"],
    [[], "ERR_CLI_USAGE: missing argument: the simulator's module"],
  ])("%j is wrong usage", (args, said) => {
    const { status, stdout, stderr } = sim(...args);
    expect(stderr).toContain(said);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  it("are listed by --help", () => {
    const { status, stdout } = sim(MODULE, "--help");
    const words = stdout.replaceAll(/\s+/g, " ");
    expect(words).toContain("--step-size <integer> seconds from one step to the next; integer >= 1 (default: 900)");
    expect(words).toContain("--no-control not: agents control plants");
    expect(status).toBe(0);
  });
});
