import { closeSync, openSync, realpathSync, rmSync, writeSync } from "node:fs";
import { basename } from "node:path";
import { RecordingError } from "../../errors.ts";
import {
  csvCell,
  csvLineMaker,
  EVENT_COLUMNS,
  jsonLine,
  perfettoEvents,
  type RowColumn,
  rowMaker,
  type TableRow,
  traceJson,
} from "../../observe/exports.ts";
import { PlotLines } from "../../observe/plot-lines.ts";
import { SequenceDiagram, type SequenceFormat } from "../../observe/sequence.ts";
import { svgPlots } from "../../observe/svg-plot.ts";
import {
  boolean,
  checkOptions,
  func,
  listOf,
  number,
  type OptionChecks,
  object,
  oneOf,
  required,
} from "../../options.ts";
import type { SeriesPlot } from "../../series.ts";
import type { TraceEvent } from "../../trace.ts";
import { openRun, type RunFile } from "../reader.ts";
import { RUN_FILTER, type RunFilter, selected } from "../selection.ts";
import { checkPath, checkTarget, complete, partialOf, REPLACE_CHECKS, type ReplaceOptions } from "../target.ts";
import { outputColumns, outputRows } from "./output-table.ts";

/** The formats that a recording can be exported to. */
export const EXPORT_FORMATS = ["parquet", "csv", "jsonl", "mermaid", "plantuml", "perfetto", "svg"] as const;

/** The formats that a table of outputs can have. */
const TABLE_FORMATS: readonly string[] = ["parquet", "csv"];

/** One of {@link EXPORT_FORMATS}. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Messages and notes of a sequence diagram, by default. */
const DIAGRAM_EVENTS_MAX = 500;

/** Bytes that are collected before they are written. */
const WRITE_BYTES = 1024 * 1024;

/** Wait of wall time before a full pipe is tried again, in milliseconds. */
const FULL_PIPE_MS = 5;

/** What is exported. */
export interface ExportOptions extends ReplaceOptions {
  readonly format: ExportFormat;
  readonly filter?: RunFilter;
  /**
   * What agents have shown, instead of events: a row for each time and agent of which an output changed, with a column for
   * each output; see `outputRows`. In the formats `parquet` and `csv`.
   */
  readonly outputs?: boolean;
  /** With `svg`: what is drawn. Default: a plot for each output of agents, with a line for each agent. */
  readonly series?: readonly SeriesPlot[];
  /** Told the part of the recording that was read, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Events after which a sequence diagram ends, saying how many it left out; default 500. */
  readonly diagramEventsMax?: number;
}

const CHECKS: OptionChecks<ExportOptions> = {
  ...REPLACE_CHECKS,
  format: required(oneOf(EXPORT_FORMATS)),
  filter: RUN_FILTER,
  outputs: boolean,
  series: listOf(object),
  onProgress: func,
  diagramEventsMax: number({ integer: true, min: 0 }),
};

/**
 * Write the events of a recording to a file that other programs read; it is read once, whatever its length.
 *
 * @param to - The file, which appears when it is complete; 1 is standard output.
 * @returns Events, or rows of outputs, that were written.
 * @throws RecordingError if the recording cannot be read, `ERR_RECORDING_FILTER` if it has nothing of what is asked for,
 *   `ERR_RECORDING_DISK` if the file cannot be written,
 *   `ERR_RECORDING_EXISTS` if there is one and not `replace`, or if it is the recording.
 */
export async function exportRun(path: string, to: string | 1, options: ExportOptions): Promise<number> {
  checkPath("exportRun", "path", path);
  if (to !== 1) checkPath("exportRun", "to", to);
  checkOptions("exportRun", options, CHECKS);
  if (options.outputs === true && !TABLE_FORMATS.includes(options.format)) {
    throw new TypeError(`outputs are exported as ${TABLE_FORMATS.join(" or ")}, not as ${options.format}`);
  }
  const run = await openRun(path);
  try {
    if (to !== 1 && isSame(path, to)) {
      throw new RecordingError("ERR_RECORDING_EXISTS", `${to} is the recording itself; give another name`);
    }
    const output = new Output(to, options);
    try {
      const events = await new Export(run, path, options).write((bytes) => output.write(bytes));
      output.close();
      return events;
    } catch (error) {
      output.abandon();
      throw error;
    }
  } finally {
    await run.close();
  }
}

type Write = (data: string | Uint8Array) => void;

class Export {
  readonly #run: RunFile;
  readonly #name: string;
  readonly #options: ExportOptions;
  #count = 0;

  constructor(run: RunFile, name: string, options: ExportOptions) {
    this.#run = run;
    this.#name = name;
    this.#options = options;
  }

  async write(write: Write): Promise<number> {
    const { format, outputs = false } = this.#options;
    if (outputs) {
      const columns = await outputColumns(this.#events(0, 0.5));
      await this.#table(columns, outputRows(this.#events(0.5, 1), columns, this.#run.header), write);
    } else if (format === "parquet" || format === "csv") await this.#table(EVENT_COLUMNS, this.#rows(), write);
    else if (format === "jsonl")
      for await (const events of this.#counted(this.#events())) write(events.map(jsonLine).join(""));
    else if (format === "perfetto") await this.#perfetto(write);
    else if (format === "svg") await this.#picture(write);
    else await this.#sequence(format, write);
    return this.#count;
  }

  /** The wanted events, in batches; while they are read, progress goes from `from` to `to`. */
  #events(from = 0, to = 1): AsyncIterable<readonly TraceEvent[]> {
    const { format, outputs = false, filter = {}, onProgress } = this.#options;
    const wanted = outputs || format === "svg" ? { ...filter, kinds: ["output"] } : filter;
    const all = this.#run.summary?.entries;
    const tell = (entries: number) => all && onProgress?.(from + (to - from) * Math.min(1, entries / all));
    return selected(this.#run, wanted, tell);
  }

  async *#rows(): AsyncGenerator<readonly TableRow[], void, undefined> {
    const { start, ticksPerSecond } = this.#run.header;
    const rowOf = rowMaker(start, ticksPerSecond);
    for await (const events of this.#events()) yield events.map(rowOf) as unknown as TableRow[];
  }

  async #table(
    columns: readonly RowColumn[],
    batches: AsyncIterable<readonly TableRow[]>,
    write: Write,
  ): Promise<void> {
    const counted = this.#counted(batches);
    if (this.#options.format === "parquet") {
      await (await import("./parquet.ts")).writeParquet(columns, counted, write);
      return;
    }
    write(`${columns.map(({ name }) => csvCell(name)).join(",")}\r\n`);
    const lineOf = csvLineMaker(columns);
    for await (const rows of counted) {
      let lines = "";
      for (const row of rows) lines += lineOf(row);
      write(lines);
    }
  }

  async *#counted<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<readonly T[], void, undefined> {
    for await (const rows of batches) {
      this.#count += rows.length;
      yield rows;
    }
  }

  async *#each(): AsyncGenerator<TraceEvent, void, undefined> {
    for await (const events of this.#counted(this.#events())) yield* events;
  }

  async #perfetto(write: Write): Promise<void> {
    const threads = new Map<string, number>();
    write('{"displayTimeUnit":"ms","traceEvents":[\n');
    write(traceJson({ ph: "M", pid: 1, name: "process_name", args: { name: "agents" } }));
    for await (const event of this.#each()) {
      const agent = "agent" in event ? event.agent : "";
      let thread = threads.get(agent);
      if (thread === undefined) {
        thread = threads.size + 1;
        threads.set(agent, thread);
        write(`,\n${traceJson({ ph: "M", pid: 1, tid: thread, name: "thread_name", args: { name: agent } })}`);
      }
      for (const one of perfettoEvents(event, thread, this.#run.header.ticksPerSecond)) write(`,\n${traceJson(one)}`);
    }
    write("\n]}\n");
  }

  async #picture(write: Write): Promise<void> {
    const { header, summary } = this.#run;
    const lines = new PlotLines(this.#options.series);
    for await (const events of this.#counted(this.#events())) lines.take(events, header.ticksPerSecond);
    const plots = lines.plots();
    if (plots.length === 0) throw noSeries(this.#options.series);
    const end = this.#options.filter?.to === undefined ? (summary?.ticks ?? 0) / header.ticksPerSecond : 0;
    const title = basename(this.#name).replace(/\.mcap$/, "");
    write(svgPlots(plots, { title, start: header.start, lastS: Math.max(end, lines.lastS) }));
  }

  async #sequence(format: SequenceFormat, write: Write): Promise<void> {
    const { diagramEventsMax = DIAGRAM_EVENTS_MAX } = this.#options;
    const diagram = new SequenceDiagram(format, this.#run.header.ticksPerSecond);
    let left = 0;
    for await (const event of this.#each()) {
      if (diagram.size >= diagramEventsMax) left++;
      else diagram.add(event, textOf(event));
    }
    write(diagram.text(left));
    this.#count -= left;
  }
}

function noSeries(series: readonly SeriesPlot[] | undefined): RecordingError {
  const shown = "agents show what their classes list in `outputs`";
  const text =
    series === undefined
      ? `the recording has no outputs of these agents and times that are numbers: ${shown}`
      : `the recording has none of the series ${series.flatMap(({ lines }) => lines).join(", ")}: ${shown}; leave the scenario out to draw all outputs`;
  return new RecordingError("ERR_RECORDING_FILTER", text);
}

function textOf(event: TraceEvent): string {
  if ("args" in event) return traceJson(event.args).replace(/^\[/, "(").replace(/\]$/, ")");
  if ("content" in event) return traceJson(event.content ?? null);
  if ("values" in event) return traceJson(event.values);
  return "message" in event ? event.message : "type" in event ? event.type : "";
}

function isSame(path: string, to: string): boolean {
  try {
    return realpathSync(path) === realpathSync(to);
  } catch {
    return false; // there is no file of that name
  }
}

/** A file that is written in large pieces, beside its place until it is complete. */
class Output {
  readonly #to: string | 1;
  readonly #options: ReplaceOptions;
  readonly #partial: string | undefined;
  readonly #file: number;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(to: string | 1, options: ReplaceOptions) {
    this.#to = to;
    this.#options = options;
    this.#partial = to === 1 || checkTarget(to, options).isDevice ? undefined : partialOf(to);
    this.#file = to === 1 ? 1 : this.#try(() => openSync(this.#partial ?? to, "w"));
  }

  write(data: string | Uint8Array): void {
    // What is given may be used again by who gave it.
    const bytes = typeof data === "string" ? Buffer.from(data) : Buffer.from(data);
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= WRITE_BYTES) this.#flush();
  }

  close(): void {
    this.#flush();
    if (this.#to === 1) return;
    const to = this.#to;
    this.#try(() => {
      closeSync(this.#file);
      if (this.#partial !== undefined) complete(this.#partial, to, this.#options);
    });
  }

  abandon(): void {
    if (this.#to === 1) return;
    closeSync(this.#file);
    if (this.#partial !== undefined) rmSync(this.#partial, { force: true });
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    this.#try(() => {
      for (let at = 0; at < bytes.length; ) at += this.#writeSome(bytes, at);
    });
  }

  /** A pipe whose reader is slow takes nothing for a while. */
  #writeSome(bytes: Uint8Array, at: number): number {
    try {
      return writeSync(this.#file, bytes, at);
    } catch (error) {
      if ((error as { code?: unknown }).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_MS);
      return 0;
    }
  }

  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      if (cause instanceof RecordingError) throw cause;
      throw new RecordingError("ERR_RECORDING_DISK", `${this.#to} cannot be written: ${(cause as Error).message}`, {
        cause,
      });
    }
  }
}
