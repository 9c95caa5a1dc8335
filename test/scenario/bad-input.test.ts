import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const HERE = fileURLToPath(new URL("./fixtures", import.meta.url));
const MAIN = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Run the command line in the folder of the fixtures; `signals` are sent one by one, at a line of output each. */
function cosimas(args: readonly string[], signals: NodeJS.Signals[] = []): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: HERE, stdio: ["ignore", "pipe", "pipe"] });
  const ended: Ended = { code: null, stdout: "", stderr: "" };
  const next = () => {
    const signal = signals.shift();
    if (signal !== undefined) child.kill(signal);
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    ended.stdout += text;
    next();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    ended.stderr += text;
    next();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...ended, code }));
  });
}

/** What is said besides progress. */
function said({ stderr }: Ended): string[] {
  return stderr.split("\n").filter((line) => line !== "" && !line.includes("ticks/s"));
}

describe("a good run", () => {
  it("prints the scenario's lines alone, shows progress, and says how to do it again", async () => {
    const ended = await cosimas(["run", "simulator-throws.ts", "--at", "-1"]);
    expect(ended).toMatchObject({ code: 0, stdout: "done\n" });
    expect(said(ended)).toEqual(["reproduce: cosimas run simulator-throws.ts --seed 1 --at -1"]);
    expect(ended.stderr.match(/^ *\d+% \|.*\| t=\d+ \| \d+ ticks\/s \| eta \d+:\d\d$/gm)).toHaveLength(10);
  });

  it("ends though the scenario left something open", async () => {
    expect(await cosimas(["run", "waits.ts", "--leaves"])).toMatchObject({ code: 0, stdout: "ready\n" });
  });

  it("has help and a version", async () => {
    const help = await cosimas(["run", "simulator-throws.ts", "--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    // Columns are as wide as the longest option, so lines break anywhere.
    expect(help.stdout.replace(/\s+/g, " ")).toContain(
      "--at <integer> step at which it does; -1: never; integer from -1 to 9 (default: 3)",
    );
    const version = await cosimas(["--version"]);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+/);
    const general = await cosimas(["--help"]);
    expect(general.stdout).toContain("Examples:");
  });
});

describe("bad input ends with a message that names it", () => {
  it.each<[string, string[], number, string]>([
    [
      "an unknown attribute",
      ["unknown-attribute.ts"],
      1,
      "cosimas: ERR_SCENARIO_UNKNOWN_ATTRIBUTE: connecting Meter-0.Device_0.volume -> Storage-0.Device_0.setpoint: " +
        'unknown attribute "volume" of model Device; it has: setpoint, value',
    ],
    [
      "a missing entity",
      ["missing-entity.ts"],
      1,
      'cosimas: ERR_SCENARIO_UNKNOWN_ENTITY: simulator Storage-0 has no entity "Device_7"; it has: Device_0',
    ],
    [
      "a simulator that throws",
      ["simulator-throws.ts"],
      1,
      "cosimas: ERR_BRIDGE_SIMULATOR_FAILED: simulator Storage-0, step() at time 3: the battery is on fire",
    ],
    [
      "a profile value that is not finite",
      ["broken-profile.ts"],
      1,
      "cosimas: ERR_SCENARIO_PROFILE: profiles: column PV5 at step 4 (day 0, quarter hour 4) is NaN",
    ],
    [
      "a day that does not exist",
      ["../../../scenarios/lv-congestion", "--day", "400"],
      2,
      "cosimas: ERR_CLI_VALUE: --day 400: must be an integer from 0 to 365",
    ],
    [
      "days beyond the end of the year",
      ["../../../scenarios/lv-congestion", "--day", "365", "--days", "2"],
      1,
      "cosimas: ERR_SCENARIO_DAY: 2 days from day 365 do not exist",
    ],
    [
      "a module that throws while it loads",
      ["throws-on-load.ts"],
      1,
      "cosimas: ERR_SCENARIO_LOAD: throws-on-load.ts does not load: the profiles are not there",
    ],
    [
      "no default export",
      ["no-default.ts"],
      2,
      "cosimas: ERR_SCENARIO_NO_DEFAULT: no-default.ts has no default export; ",
    ],
    [
      "a default export that is no scenario",
      ["not-defined.ts"],
      2,
      "cosimas: ERR_SCENARIO_NO_DEFAULT: not-defined.ts exports an object that defineScenario has not made by default; ",
    ],
    ["a module that is not there", ["nowhere.ts"], 2, "cosimas: ERR_SCENARIO_NOT_FOUND: there is no file nowhere.ts"],
    ["a folder without a scenario", ["."], 2, "cosimas: ERR_SCENARIO_NOT_FOUND: the folder . has no scenario.ts"],
    [
      "a value out of range",
      ["simulator-throws.ts", "--at", "10"],
      2,
      "cosimas: ERR_CLI_VALUE: --at 10: must be an integer from -1 to 9",
    ],
    ["an unknown option", ["simulator-throws.ts", "--att", "1"], 2, "cosimas: ERR_CLI_USAGE: unknown option '--att'"],
    [
      "an option before the scenario",
      ["--at", "1"],
      2,
      "cosimas: ERR_CLI_USAGE: the scenario comes before its options: ",
    ],
    ["no scenario", [], 2, "cosimas: ERR_CLI_USAGE: missing required argument 'scenario'"],
    [
      "a run that waits for nothing",
      ["waits.ts", "--forever"],
      1,
      "cosimas: ERR_RUN_STUCK: the run waits for something that can never happen",
    ],
    ["a rejection that nobody handles", ["waits.ts", "--floating"], 1, "cosimas: Error: nobody looks at this"],
  ])("%s", async (_what, args, code, message) => {
    const ended = await cosimas(["run", ...args]);
    expect(said(ended)[0]).toContain(message);
    expect(ended.code).toBe(code);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
  });

  it("an import that is not there, by its name", async () => {
    const ended = await cosimas(["run", "imports-nothing.mjs"]);
    expect(ended.code).toBe(1);
    expect(said(ended)[0]).toMatch(/^cosimas: ERR_SCENARIO_LOAD: imports-nothing.mjs does not load: .*nowhere\.mjs/);
  });

  it("an unknown command", async () => {
    expect(await cosimas(["runn"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("unknown command 'runn'"),
    });
    expect(await cosimas([])).toMatchObject({ code: 2, stdout: "" });
  });

  it("with stacks for debugging, and how to do it again", async () => {
    const ended = await cosimas(["run", "simulator-throws.ts", "--debug"]);
    expect(ended.stderr).toMatch(/^\s+at Counter\.step .*two-simulators\.ts/m);
    expect(said(ended).at(-1)).toBe("reproduce: cosimas run simulator-throws.ts --seed 1 --at 3");
    expect(ended.stdout).toBe("");
  });
});

describe("an interrupt", () => {
  it("lets the run clean up", async () => {
    const ended = await cosimas(["run", "waits.ts"], ["SIGINT"]);
    expect(ended).toMatchObject({ code: 130, stdout: "ready\ncleaned up\n" });
    expect(said(ended)[0]).toContain("SIGINT: ending the run");
  });

  it("kills when it comes twice", async () => {
    const ended = await cosimas(["run", "waits.ts", "--stubborn"], ["SIGINT", "SIGINT"]);
    expect(ended).toMatchObject({ code: 130, stdout: "ready\n" });
  });
});

describe("an agent that never ends", () => {
  it.each<NodeJS.Signals>(["SIGINT", "SIGTERM"])(
    "is named with method, time and line; %s ends the process",
    async (signal) => {
      const child = spawn(process.execPath, [MAIN, "run", "loops.ts"], { cwd: HERE });
      let stderr = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
        if (stderr.includes("ends the process")) child.kill(signal);
      });
      const ended = await new Promise((resolve) => child.on("close", (code, by) => resolve([code, by])));
      expect(stderr).toMatch(
        /^cosimas: agent "spinner-1" has been busy for \d+ s in spin, at 5 s \(.*loops\.ts:7:\d+\); if it/m,
      );
      expect(ended).toEqual([null, signal]);
    },
  );
});
