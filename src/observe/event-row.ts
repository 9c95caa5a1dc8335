import type { TraceEvent } from "../trace.ts";
import { traceJson } from "./trace-json.ts";

/** One event as a row of a table. */
export interface EventRow {
  /** Calendar time. */
  readonly time: Date;
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
  { name: "id", type: "STRING" },
  { name: "cause", type: "STRING" },
  { name: "content", type: "STRING" },
] as const satisfies readonly { readonly name: keyof EventRow; readonly type: string }[];

/** Makes rows of the events of a run, which are given in order. */
export function rowMaker(start: string, ticksPerSecond: number): (event: TraceEvent) => EventRow {
  const startMs = Date.parse(start);
  let timeS = 0;
  return (event) => {
    if (event.kind !== "step") timeS = event.ticks / ticksPerSecond;
    const has = event as Partial<Record<"agent" | "peer" | "method" | "id" | "cause", string>>;
    const content = contentOf(event);
    return {
      time: new Date(startMs + timeS * 1000),
      time_s: timeS,
      ticks: event.kind === "step" ? undefined : BigInt(event.ticks),
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
    case "fault":
      return { code: event.code, message: event.message };
    case "step":
      return { time: event.time, next: event.next, inputs: event.inputs, outputs: event.outputs };
    default:
      return undefined;
  }
}
