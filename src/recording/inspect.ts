import { Causes } from "../observe/comparison.ts";
import type { AgentTraceEvent, TraceEvent } from "../trace.ts";
import type { RunHeader, RunSummary } from "./entry.ts";
import { openRun } from "./reader.ts";
import { type RunFilter, selected } from "./selection.ts";

/** Pairs of agents that are kept, by the number of their messages. */
const PAIRS_KEPT = 1_000_000;

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
  const counts = { kinds: new Map(), agents: new Map(), messages: new Map(), feeds: new Map() } satisfies Record<
    string,
    Map<string, number>
  >;
  const faults: TraceEvent[] = [];
  let events = 0;
  let first: number | undefined;
  let last = 0;
  try {
    for await (const batch of run.batches()) {
      for (const entry of batch) {
        if (entry.kind !== "step") {
          first ??= entry.ticks;
          last = entry.ticks;
        }
        if (entry.kind === "feed") {
          count(counts.feeds, entry.op);
          continue;
        }
        events++;
        count(counts.kinds, entry.kind);
        if ("agent" in entry) count(counts.agents, entry.agent);
        if ("args" in entry) count(counts.messages, `${entry.peer} -> ${entry.agent}.${entry.method}`);
        if (entry.kind === "fault" && faults.length < FAULTS_KEPT) faults.push(entry);
      }
    }
  } finally {
    await run.close();
  }
  const { header, summary, missing } = run;
  const perSecond = header.ticksPerSecond;
  const times = { firstS: (first ?? 0) / perSecond, lastS: last / perSecond };
  return { header, summary, missing, events, ...counts, faults, ...times };
}

function count(counts: Map<string, number>, name: string): void {
  const known = counts.get(name);
  if (known !== undefined || counts.size < PAIRS_KEPT) counts.set(name, (known ?? 0) + 1);
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
