import { basename } from "node:path";
import type { Command } from "commander";
import { traceJson } from "../../observe/exports.ts";
import { type Moment, secondsOf } from "../../observe/moment.ts";
import { openRun, type RunHeader } from "../../recording/index.ts";
import { type ReplayResult, replay } from "../../replay/index.ts";
import { packageVersion } from "../../version.ts";
import { wallMs } from "../../wall.ts";
import { EXIT_FAILED, EXIT_FINE } from "../errors.ts";
import { differenceLines } from "../event-lines.ts";
import { agentCode } from "../load.ts";
import { MOMENT_FORMS, parseMoment } from "../options.ts";
import { ProgressLine } from "../progress.ts";
import { Interrupt } from "../signals.ts";
import { watch } from "../watchdog.ts";
import { addWatchOptions, splitWatchFlags, untilSignal, type WatchFlags, Watching } from "../watching.ts";

interface ReplayOptions extends WatchFlags {
  readonly module?: readonly string[];
  readonly from?: Moment;
  readonly until?: Moment;
  readonly json?: boolean;
}

/** Add `cosimas replay` to the program. */
export function addReplayCommand(program: Command, ends: (exitCode: number) => void): void {
  const command = program
    .command("replay")
    .description("run the agents of a recording again, and compare every event: 0 the same, 1 they differ")
    .argument("<recording>", "file of cosimas run --record, or of a Recording")
    .option("-m, --module <file...>", "modules of agents; default: those recorded, if they have not changed")
    .option("--from <time>", `compare from this time on: ${MOMENT_FORMS}`, parseMoment)
    .option("--until <time>", "replay up to this time", parseMoment)
    .option("--json", "print the result as JSON")
    .option("--debug", "print the stacks of errors");
  addWatchOptions(command).action(async (path: string, options: ReplayOptions) => ends(await run(path, options)));
}

async function run(path: string, options: ReplayOptions): Promise<number> {
  const [flags, { module: given = [], from, until, json = false }] = splitWatchFlags(options);
  const file = await openRun(path);
  const { header, missing } = file;
  await file.close();
  const { changed, ...code } = await agentCode(header, given);
  const progress = new ProgressLine(process.stderr);
  const interrupt = new Interrupt(() => progress.clear());
  const watching = await Watching.open(flags, shownOf(path, header), (line) => process.stderr.write(`${line}\n`));
  interrupt.signal.addEventListener("abort", () => watching.release());
  const unwatch = watch(interrupt);
  const startMs = wallMs();
  try {
    const result = await replay(path, {
      ...code,
      ...(from !== undefined && { from: secondsOf(from, header.start)! }),
      ...(until !== undefined && { until: secondsOf(until, header.start)! }),
      signal: interrupt.signal,
      onEvents: (events) => watching.step(events),
      progress: (fraction, timeS) => {
        progress.update(fraction ?? 0, `t=${timeS} s`);
        watching.progress(fraction ?? -1, "replay");
      },
    });
    progress.clear();
    const lines = json ? [traceJson(asJson(result))] : linesOf(result, changed, missing, wallMs() - startMs);
    process.stdout.write(`${lines.join("\n")}\n`);
    await watching.end(result.difference === undefined ? "" : lines.join("\n"));
    if (watching.hasPage && interrupt.exitCode === undefined) {
      process.stderr.write(`the replay is over; its page stays until Ctrl-C: ${watching.url}\n`);
      await untilSignal();
    }
    return isSame(result) ? EXIT_FINE : EXIT_FAILED;
  } finally {
    progress.clear();
    unwatch();
    interrupt.release();
    await watching.close();
  }
}

/** What the page says of it. */
function shownOf(path: string, { seed, start, ticksPerSecond }: RunHeader) {
  return { title: `replay of ${basename(path)}`, recording: path, seed, start, ticksPerSecond };
}

function isSame({ difference, traceHash, recordedHash }: ReplayResult): boolean {
  return difference === undefined && (recordedHash === undefined || recordedHash === traceHash);
}

function asJson({ header, failure, ...result }: ReplayResult): object {
  return { same: isSame({ header, failure, ...result }), ...result, failure: failure?.message };
}

function linesOf(
  result: ReplayResult,
  changed: readonly string[],
  missing: string | undefined,
  tookMs: number,
): string[] {
  const { difference, compared, advances, traceHash, recordedHash, header, failure } = result;
  const lines: string[] = [];
  const { cosimas, node } = header.versions;
  if (cosimas !== packageVersion()) lines.push(`recorded with cosimas ${cosimas}, this is ${packageVersion()}`);
  if (node !== process.versions.node) lines.push(`recorded with Node ${node}, this is ${process.versions.node}`);
  if (missing !== undefined) {
    lines.push(
      `the recording is torn: ${missing}; only its chunks are compared, \`cosimas recover\` saves what its .wal has`,
    );
  }
  if (changed.length > 0) lines.push(`not what was recorded: ${changed.join(", ")}`);
  if (difference !== undefined) lines.push(...differenceLines(difference, header.ticksPerSecond));
  if (failure !== undefined) lines.push(`the run failed, as it did when it was recorded: ${failure.message}`);
  const verdict = isSame(result) ? "the same" : difference === undefined ? "the hash differs" : "they differ";
  lines.push(`${verdict}: ${compared} events of ${advances} advances compared in ${(tookMs / 1000).toFixed(2)} s`);
  const wanted = recordedHash === undefined || recordedHash === traceHash ? "" : `, recorded ${recordedHash}`;
  lines.push(`trace hash ${traceHash}${wanted}`);
  return lines;
}
