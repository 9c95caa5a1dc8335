import { Causes } from "../observe/comparison.ts";
import type { AgentTraceEvent, TraceEvent } from "../trace.ts";
import { CellCounts } from "./cell-counts.ts";
import type { RunHeader, RunSummary } from "./entry.ts";
import { openRun } from "./reader.ts";
import type { RowCursor } from "./row-cursor.ts";
import { kindOf, ROW } from "./rows/rows.ts";
import { type RunFilter, selected } from "./selection.ts";

/** Agents, and pairs of agents with a method, that are counted. */
const NAMES_KEPT = 1_000_000;

/** What a recording has. */
export interface RunInspection {
  readonly header: RunHeader;
  readonly summary: RunSummary | undefined;
  /** What is missing at its end; undefined if it is whole. */
  readonly missing: string | undefined;
  readonly events: number;
  /** Events by kind. */
  readonly kinds: ReadonlyMap<string, number>;
  /** Events by agent. */
  readonly agents: ReadonlyMap<string, number>;
  /** Requests, one-way messages and inputs by `sender -> receiver.method`. */
  readonly messages: ReadonlyMap<string, number>;
  /** What was done to the run, by kind. */
  readonly feeds: ReadonlyMap<string, number>;
  readonly faults: readonly TraceEvent[];
  /** Seconds. */
  readonly firstS: number;
  readonly lastS: number;
}

/** Faults that are kept. */
const FAULTS_KEPT = 100;

/** Read a recording once and count. @throws RecordingError if it cannot be read. */
export async function inspectRun(path: string): Promise<RunInspection> {
  const run = await openRun(path);
  try {
    const counts = new Counts();
    const cursor = await run.eachBatch((rows) => counts.take(rows));
    const { header, summary, missing } = run;
    return { header, summary, missing, ...counts.result(cursor, header.ticksPerSecond) };
  } finally {
    await run.close();
  }
}

/** Counts rows where they lie, by their cells: names are put together once, in the end. */
class Counts {
  readonly #kinds = new CellCounts(ROW.last + 1);
  readonly #agents = new CellCounts(NAMES_KEPT);
  readonly #messages = new CellCounts(NAMES_KEPT);
  readonly #feeds = new CellCounts(NAMES_KEPT);
  readonly #faults: TraceEvent[] = [];
  #events = 0;
  #firstTicks: number | undefined;
  #lastTicks = 0;

  /** The rows of a batch, before which `cursor` stands. */
  take(cursor: RowCursor): void {
    while (cursor.next()) {
      const { code } = cursor;
      if (code !== ROW.step) {
        this.#firstTicks ??= cursor.ticks;
        this.#lastTicks = cursor.ticks;
      }
      if (code === ROW.feed) {
        this.#feeds.add(cursor.op);
        continue;
      }
      this.#events++;
      this.#kinds.add(code);
      if (code < ROW.firstOfAgent) continue;
      this.#agents.add(cursor.agent);
      if (code <= ROW.lastOfMessages) this.#messages.add(cursor.peer, cursor.agent, cursor.method);
      if (code === ROW.fault && this.#faults.length < FAULTS_KEPT) this.#faults.push(cursor.entry() as TraceEvent);
    }
  }

  result(cursor: RowCursor, ticksPerSecond: number): Omit<RunInspection, "header" | "summary" | "missing"> {
    const nameOf = (cell: number) => cursor.name(cell);
    return {
      events: this.#events,
      kinds: this.#kinds.named(kindOf),
      agents: this.#agents.named(nameOf),
      messages: this.#messages.named((peer, agent, method) => `${nameOf(peer)} -> ${nameOf(agent)}.${nameOf(method)}`),
      feeds: this.#feeds.named(nameOf),
      faults: this.#faults,
      firstS: (this.#firstTicks ?? 0) / ticksPerSecond,
      lastS: this.#lastTicks / ticksPerSecond,
    };
  }
}

/**
 * The event of this id and those that led to it, the last first.
 *
 * @returns Undefined if there is no such event.
 */
export async function causesOf(path: string, id: string): Promise<readonly TraceEvent[] | undefined> {
  return atEvent(path, id, (event, causes) => [event, ...causes.of(event)]);
}

/** Read up to the event of this id, and give what `take` makes of it and of what came before. */
async function atEvent<T>(
  path: string,
  id: string,
  take: (event: AgentTraceEvent, causes: Causes) => T,
): Promise<T | undefined> {
  const run = await openRun(path);
  const causes = new Causes();
  try {
    for await (const batch of run.batches()) {
      for (const entry of batch) {
        if (entry.kind === "feed") continue;
        causes.add(entry);
        if ("id" in entry && entry.id === id) return take(entry, causes);
      }
    }
    return undefined;
  } finally {
    await run.close();
  }
}

/** One event of a chain, with what the handler that it resumed had waited for beside it. */
export interface ChainLink {
  readonly event: TraceEvent;
  /** Answers that the handler had got before, that of the agent asked about first. */
  readonly answers: readonly TraceEvent[];
  /** Lines that the handler had logged before it waited. */
  readonly logs: readonly TraceEvent[];
}

/** As {@link causesOf}, with all that was awaited together. @returns Undefined if there is no such event. */
export async function chainOf(path: string, id: string): Promise<readonly ChainLink[] | undefined> {
  return atEvent(path, id, (asked, causes) => {
    const causing = causes.of(asked).map((event) => ({ event, ...causes.awaitedWith(event, asked.agent) }));
    return [{ event: asked, answers: [], logs: [] }, ...causing];
  });
}

/** The events of a recording that `filter` lets through, one by one. @throws RecordingError if it cannot be read. */
export async function* eventsOf(
  path: string,
  filter: RunFilter = {},
): AsyncGenerator<{ readonly event: TraceEvent; readonly ticksPerSecond: number }, void, undefined> {
  const run = await openRun(path);
  try {
    const { ticksPerSecond } = run.header;
    for await (const batch of selected(run, filter)) for (const event of batch) yield { event, ticksPerSecond };
  } finally {
    await run.close();
  }
}
