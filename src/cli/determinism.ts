import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ScenarioError } from "../errors.ts";
import { compareRuns } from "../observing.ts";
import { openRun } from "../recording/index.ts";
import { replay } from "../replay/index.ts";
import { differenceLines } from "./event-lines.ts";
import { agentCode } from "./load.ts";

/** Characters of a run's output that are kept for an error. */
const OUTPUT_CHARS_MAX = 1000;

/** What was found, in lines for the user. */
export interface DeterminismReport {
  readonly same: boolean;
  readonly lines: readonly string[];
}

/**
 * Whether a scenario's agents do the same each time: it is recorded twice, each in a process of its own, which shows clocks,
 * random numbers and I/O that are real. Then it is replayed twice in this process, the second time with the agents made in the
 * opposite order: modules stay loaded, so that state which agents share through them (a counter, a static field) shows
 * itself. The same state would give other results on another number of containers, since each has modules of its own.
 *
 * @throws ScenarioError `ERR_SCENARIO_FAILED` if the scenario cannot be run; RecordingError as for a replay.
 */
export async function checkDeterminism(scenario: string): Promise<DeterminismReport> {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-determinism-"));
  try {
    const [first, second] = [join(folder, "first.mcap"), join(folder, "second.mcap")];
    await record(scenario, first, folder);
    await record(scenario, second, folder);
    const { difference, compared, ticksPerSecond } = await compareRuns(first, second);
    if (difference !== undefined) {
      const why =
        "two runs differ: something real is in it, as the wall clock, random numbers of its own or I/O without external()";
      return { same: false, lines: [why, ...differenceLines(difference, ticksPerSecond)] };
    }
    const lines = [`ok two runs, each in its process: ${compared} events the same`];
    const file = await openRun(first);
    const { header } = file;
    await file.close();
    const { changed: _, ...code } = await agentCode(header, []);
    for (const reversed of [false, true]) {
      const what = reversed ? "once more here, agents made in the opposite order" : "replayed here";
      const result = await replay(first, { ...code, reversed });
      if (result.difference !== undefined) {
        const why = reversed
          ? "agents share state through a module (a variable, a static field), or depend on the order in which they are made"
          : "a replay differs: agents depend on what the scenario leaves in a module, or on real I/O without external()";
        const places = differenceLines(result.difference, ticksPerSecond);
        return { same: false, lines: [...lines, `${what}: ${why}`, ...places] };
      }
      lines.push(`ok ${what}: ${result.compared} events the same`);
    }
    return { same: true, lines };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Run a scenario in a process of its own, recorded. */
function record(scenario: string, path: string, folder: string): Promise<void> {
  const program = [...process.execArgv, process.argv[1]!, "run", scenario, "--record", path, "--out", folder];
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
