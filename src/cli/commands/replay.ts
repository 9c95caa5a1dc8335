import type { Command } from "commander";
import { traceJson } from "../../observe/exports.ts";
import { type Moment, secondsOf } from "../../observe/moment.ts";
import { openRun } from "../../recording/index.ts";
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

interface ReplayOptions {
  readonly module?: readonly string[];
  readonly from?: Moment;
  readonly until?: Moment;
  readonly json?: boolean;
}

/** Add `cosimas replay` to the program. */
export function addReplayCommand(program: Command, ends: (exitCode: number) => void): void {
  program
    .command("replay")
    .description("run the agents of a recording again, and compare every event: 0 the same, 1 they differ")
    .argument("<recording>", "file of cosimas run --record, or of a Recording")
    .option("-m, --module <file...>", "modules of agents; default: those recorded, if they have not changed")
    .option("--from <time>", `compare from this time on: ${MOMENT_FORMS}`, parseMoment)
    .option("--until <time>", "replay up to this time", parseMoment)
    .option("--json", "print the result as JSON")
    .option("--debug", "print the stacks of errors")
    .action(async (path: string, options: ReplayOptions) => ends(await run(path, options)));
}

async function run(path: string, { module: given = [], from, until, json = false }: ReplayOptions): Promise<number> {
  const file = await openRun(path);
  const { header } = file;
  await file.close();
  const { changed, ...code } = await agentCode(header, given);
  const progress = new ProgressLine(process.stderr);
  const interrupt = new Interrupt(() => progress.clear());
  const unwatch = watch(interrupt);
  const startMs = wallMs();
  try {
    const result = await replay(path, {
      ...code,
      ...(from !== undefined && { from: secondsOf(from, header.start)! }),
      ...(until !== undefined && { until: secondsOf(until, header.start)! }),
      signal: interrupt.signal,
      progress: (fraction, timeS) => progress.update(fraction ?? 0, `t=${timeS} s`),
    });
    progress.clear();
    const lines = json ? [traceJson(asJson(result))] : linesOf(result, changed, wallMs() - startMs);
    process.stdout.write(`${lines.join("\n")}\n`);
    return isSame(result) ? EXIT_FINE : EXIT_FAILED;
  } finally {
    progress.clear();
    unwatch();
    interrupt.release();
  }
}

function isSame({ difference, traceHash, recordedHash }: ReplayResult): boolean {
  return difference === undefined && (recordedHash === undefined || recordedHash === traceHash);
}

function asJson({ header, failure, ...result }: ReplayResult): object {
  return { same: isSame({ header, failure, ...result }), ...result, failure: failure?.message };
}

function linesOf(result: ReplayResult, changed: readonly string[], tookMs: number): string[] {
  const { difference, compared, advances, traceHash, recordedHash, header, failure } = result;
  const lines: string[] = [];
  const { cosimas, node } = header.versions;
  if (cosimas !== packageVersion()) lines.push(`recorded with cosimas ${cosimas}, this is ${packageVersion()}`);
  if (node !== process.versions.node) lines.push(`recorded with Node ${node}, this is ${process.versions.node}`);
  if (changed.length > 0) lines.push(`not what was recorded: ${changed.join(", ")}`);
  if (difference !== undefined) lines.push(...differenceLines(difference, header.ticksPerSecond));
  if (failure !== undefined) lines.push(`the run failed, as it did when it was recorded: ${failure.message}`);
  const verdict = isSame(result) ? "the same" : difference === undefined ? "the hash differs" : "they differ";
  lines.push(`${verdict}: ${compared} events of ${advances} advances compared in ${(tookMs / 1000).toFixed(2)} s`);
  const wanted = recordedHash === undefined || recordedHash === traceHash ? "" : `, recorded ${recordedHash}`;
  lines.push(`trace hash ${traceHash}${wanted}`);
  return lines;
}
