import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { openRun } from "../observing.ts";
import type { TableColumn } from "../recording/export/parquet.ts";
import { checkTarget, complete, partialOf } from "../recording/target.ts";
import { wallMs } from "../wall.ts";
import { UsageError } from "./errors.ts";
import { ProgressLine } from "./progress.ts";
import { type Figures, figuresIn } from "./result.ts";
import { Interrupt } from "./signals.ts";

/** Runs of one sweep. */
const RUNS_MAX = 100_000;

/** One run of a sweep: option and value of each parameter that is swept. */
export type SweepPoint = readonly (readonly [name: string, value: string])[];

/**
 * The points of a sweep: every combination of the values.
 *
 * @param specs - As `seed=1..20`, `limit=0.8,1.0`; a range has whole numbers, both ends included.
 * @throws UsageError `ERR_CLI_VALUE`.
 */
export function sweepPoints(specs: readonly string[]): SweepPoint[] {
  const axes = specs.map(axisOf);
  const names = new Set(axes.map(({ name }) => name));
  if (names.size < axes.length) throw new UsageError("ERR_CLI_VALUE", "--sweep names a parameter twice");
  const runs = axes.reduce((product, { values }) => product * values.length, 1);
  if (runs > RUNS_MAX) throw new UsageError("ERR_CLI_VALUE", `--sweep has ${runs} runs, at most ${RUNS_MAX} are made`);
  let points: SweepPoint[] = [[]];
  for (const { name, values } of axes) {
    points = points.flatMap((point) => values.map((value) => [...point, [name, value] as const]));
  }
  return points;
}

function axisOf(spec: string): { readonly name: string; readonly values: readonly string[] } {
  const parts = /^([A-Za-z][\w-]*)=(.+)$/.exec(spec);
  if (parts === null) throw new UsageError("ERR_CLI_VALUE", `--sweep ${spec}: write name=1..20 or name=a,b,c`);
  const [, name, text] = parts as unknown as [string, string, string];
  const range = /^(-?\d+)\.\.(-?\d+)$/.exec(text);
  if (range === null) return { name, values: text.split(",") };
  const [first, last] = [Number(range[1]), Number(range[2])];
  if (!(last >= first && last - first < RUNS_MAX)) {
    throw new UsageError("ERR_CLI_VALUE", `--sweep ${spec}: the range must ascend, with at most ${RUNS_MAX} values`);
  }
  return { name, values: Array.from({ length: last - first + 1 }, (_, i) => String(first + i)) };
}

/** Name of a run's folder and recording, as `seed=3,limit=0.8`. */
export function nameOf(point: SweepPoint): string {
  return point.map(([name, value]) => `${name}=${value.replace(/[^\w.+-]/g, "_")}`).join(",");
}

/** How a sweep is made. */
export interface SweepRequest {
  /** Scenario as it was given. */
  readonly given: string;
  /** Options that all runs have. */
  readonly args: readonly string[];
  readonly points: readonly SweepPoint[];
  /** Folder for all runs: each has a folder of its own in it, and a recording. */
  readonly out: string;
  /** Runs at a time; default: the cores of the machine. */
  readonly jobs?: number;
  /** Whether recordings and the table of an earlier sweep may be replaced. */
  readonly force: boolean;
}

/** What became of one run. */
interface SweptRun {
  readonly name: string;
  readonly point: SweepPoint;
  readonly exitCode: number;
  readonly seconds: number;
  readonly traceHash: string | undefined;
  readonly figures: Figures;
}

/**
 * Run a scenario once for each point, each in a process of its own, over the cores; then write `runs.parquet`, a row for
 * each run: its parameters, figures, exit code, trace hash, wall seconds and recording.
 *
 * @throws RecordingError `ERR_RECORDING_EXISTS` if a file of an earlier sweep would be replaced, and not `force`.
 * @returns Exit code: 0 if all runs had it, 1, or that of an interrupt.
 */
export async function runSweep({ given, args, points, out, jobs, force }: SweepRequest): Promise<number> {
  const index = join(out, "runs.parquet");
  for (const path of [index, ...points.map((point) => join(out, `${nameOf(point)}.mcap`))]) {
    checkTarget(path, { replace: force });
  }
  mkdirSync(out, { recursive: true });
  const progress = new ProgressLine(process.stderr);
  const children = new Set<ChildProcess>();
  const interrupt = new Interrupt(() => {
    progress.clear();
    for (const child of children) child.kill("SIGINT");
  });
  const swept: SweptRun[] = [];
  const waiting = [...points];
  const work = async (): Promise<void> => {
    for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
      if (interrupt.signal.aborted) return;
      swept.push(await runOne(point, given, args, out, children));
      progress.update(swept.length / points.length, `${swept.length} of ${points.length} runs`);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(jobs ?? availableParallelism(), points.length) }, work));
  } finally {
    progress.clear();
    interrupt.release();
  }
  const order = new Map(points.map((point, i) => [point, i]));
  swept.sort((a, b) => order.get(a.point)! - order.get(b.point)!);
  const { writeTable } = await import("../recording/export/parquet.ts");
  const partial = partialOf(index);
  writeFileSync(partial, writeTable(columnsOf(swept)));
  complete(partial, index, { replace: force });
  const failed = swept.filter(({ exitCode }) => exitCode !== 0);
  for (const { name, exitCode } of failed)
    process.stderr.write(`cosimas: ${name} ended with ${exitCode}, see its log\n`);
  process.stdout.write(`${swept.length} runs, ${failed.length} failed, ${index}\n`);
  return interrupt.exitCode ?? (failed.length > 0 ? 1 : 0);
}

async function runOne(
  point: SweepPoint,
  given: string,
  args: readonly string[],
  out: string,
  children: Set<ChildProcess>,
): Promise<SweptRun> {
  const name = nameOf(point);
  const folder = join(out, name);
  mkdirSync(folder, { recursive: true });
  const recording = join(out, `${name}.mcap`);
  const own = point.flatMap(([option, value]) => wordsOf(option, value));
  const options = [...args, ...own, "--out", folder, "--may-record", recording];
  const startMs = wallMs();
  const program = [...process.execArgv, process.argv[1]!, "run", given, ...options];
  const child = spawn(process.execPath, program, { stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  const log = createWriteStream(join(folder, "log.txt"));
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const exitCode = await new Promise<number>((resolve) => {
    child.once("error", () => resolve(127));
    child.once("close", (code) => resolve(code ?? 128));
  });
  children.delete(child);
  log.end();
  const seconds = (wallMs() - startMs) / 1000;
  const figures = exitCode === 0 ? figuresIn(folder) : {};
  return { name, point, exitCode, seconds, traceHash: await hashOf(recording), figures };
}

/** A switch has no value. */
function wordsOf(option: string, value: string): string[] {
  if (value === "true") return [`--${option}`];
  return value === "false" ? [`--no-${option}`] : [`--${option}`, value];
}

async function hashOf(recording: string): Promise<string | undefined> {
  try {
    const run = await openRun(recording);
    await run.close();
    return run.summary?.traceHash;
  } catch {
    return undefined; // a run that failed early has none
  }
}

function columnsOf(swept: readonly SweptRun[]): TableColumn[] {
  const names = [...new Set(swept.flatMap(({ point }) => point.map(([name]) => name)))];
  const figures = [...new Set(swept.flatMap((run) => Object.keys(run.figures)))];
  return [
    ...names.map((name) =>
      columnOf(name, numbers(swept.map(({ point }) => point.find(([other]) => other === name)![1]))),
    ),
    ...figures.map((name) =>
      columnOf(
        name,
        swept.map((run) => run.figures[name] ?? null),
      ),
    ),
    { name: "exit_code", type: "INT32" as const, data: swept.map(({ exitCode }) => exitCode) },
    { name: "trace_hash", type: "STRING" as const, data: swept.map(({ traceHash }) => traceHash ?? null) },
    { name: "wall_s", type: "DOUBLE" as const, data: swept.map(({ seconds }) => seconds) },
    {
      name: "recording",
      type: "STRING" as const,
      data: swept.map((run) => (run.traceHash ? `${run.name}.mcap` : null)),
    },
  ];
}

/** The numbers that the texts stand for, if all do. */
function numbers(texts: readonly string[]): readonly (number | string)[] {
  return texts.every((text) => text !== "" && Number.isFinite(Number(text))) ? texts.map(Number) : texts;
}

/** Numbers if all are, else texts; null where a run has none. */
function columnOf(name: string, values: readonly (number | string | boolean | null)[]): TableColumn {
  if (values.every((value) => value === null || typeof value === "number")) {
    return { name, type: "DOUBLE", data: [...values] };
  }
  return { name, type: "STRING", data: values.map((value) => (value === null ? null : String(value))) };
}
