import type { TraceEvent } from "../trace.ts";
import { EVENT_COLUMNS, type EventRow } from "./event-row.ts";
import { traceJson } from "./trace-json.ts";

/** One event as a line of JSON; its fields are those of `TraceEvent`. */
export function jsonLine(event: TraceEvent): string {
  return `${traceJson(event)}\n`;
}

/** The first line of a CSV file. */
export const CSV_HEADER = `${EVENT_COLUMNS.map(({ name }) => name).join(",")}\r\n`;

/** A row as a line of CSV. Source: RFC 4180. */
export function csvLine(row: EventRow): string {
  const cells = EVENT_COLUMNS.map(({ name }) => {
    const value = row[name];
    if (value === undefined) return "";
    const text = value instanceof Date ? value.toISOString() : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${cells.join(",")}\r\n`;
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
