import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ScenarioError } from "../errors.ts";
import { compareRuns } from "../observing.ts";
import { openRun } from "../recording/index.ts";
import { replay } from "../replay/index.ts";
import { differenceLines } from "./event-lines.ts";
import { agentCode, loadModule, SCENARIO } from "./load.ts";

/** How a scenario that can be spread is run once more. */
const SPREAD = ["--containers", "2", "--isolation", "process"];

/** Characters of a run's output that are kept for an error. */
const OUTPUT_CHARS_MAX = 1000;

/** What was found, in lines for the user. */
export interface DeterminismReport {
  readonly same: boolean;
  readonly lines: readonly string[];
}

/**
 * Whether a scenario's agents do the same each time: it is recorded twice, each in a process of its own, which shows clocks,
 * random numbers and I/O that are real; if it can be spread, also on two containers in processes, each of which has modules
 * of its own. Then it is replayed twice in this process, the second time with the agents made in the opposite order: modules
 * stay loaded, so that state which agents share through them (a counter, a static field) shows itself.
 *
 * @param args - Options of the scenario, as `cosimas run` takes them.
 * @throws ScenarioError `ERR_SCENARIO_FAILED` if the scenario cannot be run; RecordingError as for a replay.
 */
export async function checkDeterminism(scenario: string, args: readonly string[]): Promise<DeterminismReport> {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-determinism-"));
  try {
    const [first, second, spread] = ["first", "second", "spread"].map((name) => join(folder, `${name}.mcap`));
    await record(scenario, args, first!, folder);
    await record(scenario, args, second!, folder);
    const two =
      "two runs differ: something real is in it, as the wall clock, random numbers of its own or I/O without external()";
    const lines: string[] = [];
    if (!(await isSame(first!, second!, "two runs, each in its process", two, lines))) return { same: false, lines };
    if ((await loadModule(scenario, SCENARIO)).containers) {
      await record(scenario, [...args, ...SPREAD], spread!, folder);
      const why = `on two containers, in processes: ${SHARED}, or depend on how they are spread`;
      if (!(await isSame(first!, spread!, "on two containers, in processes", why, lines)))
        return { same: false, lines };
    }
    return { same: await isReplayed(first!, lines), lines };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Why agents do otherwise with other neighbours. */
const SHARED = "agents share state through a module (a variable, a static field)";

/** Whether two recordings are the same; `lines` are told so, or why not. */
async function isSame(a: string, b: string, what: string, why: string, lines: string[]): Promise<boolean> {
  const { difference, compared, ticksPerSecond } = await compareRuns(a, b);
  if (difference === undefined) lines.push(`ok ${what}: ${compared} events the same`);
  else lines.push(why, ...differenceLines(difference, ticksPerSecond));
  return difference === undefined;
}

/** Whether two replays here give the same; `lines` are told so, or why not. */
async function isReplayed(path: string, lines: string[]): Promise<boolean> {
  const file = await openRun(path);
  const { header } = file;
  await file.close();
  const { changed: _, ...code } = await agentCode(header, []);
  for (const reversed of [false, true]) {
    const what = reversed ? "once more here, agents made in the opposite order" : "replayed here";
    const { difference, compared } = await replay(path, { ...code, reversed });
    if (difference !== undefined) {
      const why = reversed
        ? `${SHARED}, or depend on the order in which they are made`
        : "a replay differs: agents depend on what the scenario leaves in a module, or on real I/O without external()";
      lines.push(`${what}: ${why}`, ...differenceLines(difference, header.ticksPerSecond));
      return false;
    }
    lines.push(`ok ${what}: ${compared} events the same`);
  }
  return true;
}

/** Run a scenario in a process of its own, recorded. */
function record(scenario: string, args: readonly string[], path: string, folder: string): Promise<void> {
  const own = ["--record", path, "--out", folder];
  const program = [...process.execArgv, process.argv[1]!, "run", scenario, ...args, ...own];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, program, { maxBuffer: 2 ** 26 }, (cause, _stdout, stderr) => {
      if (cause === null) resolve();
      else {
        const text = `${scenario} cannot be run and recorded: ${stderr.trim().slice(-OUTPUT_CHARS_MAX)}`;
        reject(new ScenarioError("ERR_SCENARIO_FAILED", text, { cause }));
      }
    });
  });
}
