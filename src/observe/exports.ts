import type { TraceEvent } from "../trace.ts";

/** One event as a row of a table. */
export interface EventRow {
  /** Calendar time, in whole microseconds since 1970-01-01 UTC. */
  readonly time: bigint;
  readonly time_s: number;
  /** Whole ticks since the start; undefined for a step of a world. */
  readonly ticks: bigint | undefined;
  readonly round: number | undefined;
  readonly kind: string;
  /** Agent, or simulator. */
  readonly agent: string | undefined;
  readonly peer: string | undefined;
  readonly method: string | undefined;
  readonly id: string | undefined;
  readonly cause: string | undefined;
  /** Arguments, result, fields or message as JSON. */
  readonly content: string | undefined;
}

/** Parquet's types of columns; a timestamp is in microseconds since 1970-01-01 UTC. */
export type ColumnType = "TIMESTAMP" | "DOUBLE" | "INT64" | "INT32" | "BOOLEAN" | "STRING";

/** A column of a table that is written row by row. */
export interface RowColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Texts that hardly ever occur twice: Parquet looks for no repetitions among them, and keeps no bounds of them. */
  readonly distinct?: boolean;
}

/** Cells by the names of their columns; undefined and null are none. */
export type TableRow = Readonly<Record<string, unknown>>;

const QUOTED = /[",\r\n]/;

/** Columns of {@link EventRow} in their order, with Parquet's types. */
export const EVENT_COLUMNS = [
  { name: "time", type: "TIMESTAMP" },
  { name: "time_s", type: "DOUBLE" },
  { name: "ticks", type: "INT64" },
  { name: "round", type: "INT32" },
  { name: "kind", type: "STRING" },
  { name: "agent", type: "STRING" },
  { name: "peer", type: "STRING" },
  { name: "method", type: "STRING" },
  { name: "id", type: "STRING", distinct: true },
  { name: "cause", type: "STRING", distinct: true },
  { name: "content", type: "STRING" },
] as const satisfies readonly (RowColumn & { readonly name: keyof EventRow })[];

/** Makes rows of the events of a run, which are given in order. */
export function rowMaker(start: string, ticksPerSecond: number): (event: TraceEvent) => EventRow {
  const startUs = Date.parse(start) * 1000;
  let timeS = 0;
  let time = BigInt(startUs);
  let ticks = 0n;
  return (event) => {
    // Most events have the time of the one before: a million new bigints would be most of an export's garbage.
    if (event.kind !== "step" && Number(ticks) !== event.ticks) {
      timeS = event.ticks / ticksPerSecond;
      time = BigInt(startUs + Math.round(timeS * 1e6));
      ticks = BigInt(event.ticks);
    }
    const has = event as Partial<Record<"agent" | "peer" | "method" | "id" | "cause", string>>;
    const content = contentOf(event);
    return {
      time,
      time_s: timeS,
      ticks: event.kind === "step" ? undefined : ticks,
      round: event.kind === "step" ? undefined : event.round,
      kind: event.kind,
      agent: event.kind === "step" ? event.sim : has.agent,
      peer: has.peer,
      method: has.method,
      id: has.id,
      cause: has.cause,
      content: content === undefined ? undefined : traceJson(content),
    };
  };
}

function contentOf(event: TraceEvent): unknown {
  switch (event.kind) {
    case "input":
    case "request":
    case "oneway":
      return event.args;
    case "reply":
    case "failure":
    case "external":
      return event.content ?? null;
    case "log":
      return { message: event.message, fields: event.fields };
    case "created":
    case "removed":
      return event.type;
    case "output":
      return event.values;
    case "fault":
      return { code: event.code, message: event.message };
    case "step":
      return { time: event.time, next: event.next, inputs: event.inputs, outputs: event.outputs };
    default:
      return undefined;
  }
}

/** One event as a line of JSON; its fields are those of `TraceEvent`. */
export function jsonLine(event: TraceEvent): string {
  return `${traceJson(event)}\n`;
}

/** ISO 8601 in UTC, to the millisecond, or to the microsecond if it has any. */
function calendarTime(us: bigint): string {
  const text = new Date(Number(us / 1000n)).toISOString();
  const rest = us % 1000n;
  return rest === 0n ? text : `${text.slice(0, -1)}${String(rest).padStart(3, "0")}Z`;
}

/** Makes lines of CSV of rows; those of one time come one after the other. Source: RFC 4180. */
export function csvLineMaker(columns: readonly RowColumn[]): (row: TableRow) => string {
  let time: unknown;
  let timeText = "";
  return (row) => {
    let line = "";
    for (let i = 0; i < columns.length; i++) {
      const { name, type } = columns[i]!;
      const value = row[name];
      if (i > 0) line += ",";
      if (value === undefined || value === null) continue;
      if (type === "TIMESTAMP") {
        // A calendar time takes as long as all other cells, and most rows have that of the row before.
        if (value !== time) timeText = calendarTime(value as bigint);
        time = value;
        line += timeText;
      } else line += typeof value === "number" ? value : csvCell(String(value));
    }
    return `${line}\r\n`;
  };
}

/** A cell of text as it stands in CSV. */
export function csvCell(text: string): string {
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * An event in the trace format of Chrome and Perfetto: agents are threads, simulation time is time, in microseconds; an
 * arrow leads from what caused it.
 *
 * @param thread - Number of the agent.
 */
export function perfettoEvents(event: TraceEvent, thread: number, ticksPerSecond: number): object[] {
  if (event.kind === "step" || event.kind === "tick") return [];
  const ts = (event.ticks / ticksPerSecond) * 1e6;
  const name = "method" in event ? `${event.kind} ${event.method}` : event.kind;
  const base = { pid: 1, tid: thread, ts };
  const { kind: _, ...args } = event;
  const events: object[] = [{ ...base, ph: "X", dur: 1, name, cat: event.kind, args }];
  if (event.cause !== undefined) events.push({ ...base, ph: "f", bp: "e", id: event.id, name: "cause", cat: "cause" });
  return events;
}

/**
 * A value of a trace as JSON, or as near to it as JSON allows: bigints and numbers that are not finite as text, bytes in
 * hexadecimal digits after `0x`, maps as pairs.
 */
export function traceJson(value: unknown): string {
  const special = isPlain(value, 0) ? undefined : (_key: string, item: unknown) => plain(item);
  return JSON.stringify(value, special) ?? "null";
}

/** Values of ordinary messages need no look by `JSON.stringify` at each of them, which costs most of an export. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return typeof value !== "bigint";
  if (value === null) return true;
  if (depth > 32) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isPlain(value[i], depth + 1)) return false;
    return true;
  }
  if (value instanceof Map || value instanceof Uint8Array || "toJSON" in value) return false;
  for (const key in value) if (!isPlain((value as Record<string, unknown>)[key], depth + 1)) return false;
  return true;
}

function plain(item: unknown): unknown {
  if (typeof item === "bigint") return item.toString();
  if (typeof item === "number" && !Number.isFinite(item)) return String(item);
  if (item instanceof Uint8Array) return `0x${Buffer.from(item).toString("hex")}`;
  return item instanceof Map ? [...item] : item;
}
