import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { openRun } from "../observe/index.ts";
import { writeTable } from "../recording/parquet.ts";
import { Interrupt } from "./interrupt.ts";
import { ProgressLine } from "./progress.ts";
import { nameOf, type SweepPoint } from "./sweep.ts";

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
}

/** What became of one run. */
interface SweptRun {
  readonly name: string;
  readonly point: SweepPoint;
  readonly exitCode: number;
  readonly seconds: number;
  readonly traceHash: string | undefined;
}

/**
 * Run a scenario once for each point, each in a process of its own, over the cores; then write `runs.parquet`, a row for
 * each run: its parameters, exit code, trace hash, wall seconds and recording.
 *
 * @returns Exit code: 0 if all runs had it, 1, or that of an interrupt.
 */
export async function runSweep({ given, args, points, out, jobs }: SweepRequest): Promise<number> {
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
  const index = join(out, "runs.parquet");
  writeFileSync(index, writeTable(columnsOf(swept)));
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
  const startMs = performance.now();
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
  const seconds = (performance.now() - startMs) / 1000;
  return { name, point, exitCode, seconds, traceHash: await hashOf(recording) };
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

function columnsOf(swept: readonly SweptRun[]) {
  const names = [...new Set(swept.flatMap(({ point }) => point.map(([name]) => name)))];
  const valueIn = ({ point }: SweptRun, name: string) => point.find(([other]) => other === name)![1];
  const isNumber = (name: string) => swept.every((run) => Number.isFinite(Number(valueIn(run, name))));
  return [
    ...names.map((name) =>
      isNumber(name)
        ? { name, type: "DOUBLE" as const, data: swept.map((run) => Number(valueIn(run, name))) }
        : { name, type: "STRING" as const, data: swept.map((run) => valueIn(run, name)) },
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
