import type { TraceEvent } from "../../../src/index.ts";
import type { EventLine, LineFilter } from "./protocol.ts";

/** Characters of what an event carries that are kept. */
export const TEXT_MAX = 400;
/** Items of a list or object that are looked at. */
const ITEMS_MAX = 40;
const DEPTH_MAX = 6;

/** An event as a row. @param ticks - Of the event before it, for those that have no time of their own. */
export function lineOf(event: TraceEvent, ticks: number): EventLine {
  const has = event as Partial<Record<"agent" | "peer" | "method" | "id" | "cause" | "sim", string>> & {
    readonly ticks?: number;
    readonly round?: number;
  };
  return {
    ticks: has.ticks ?? ticks,
    round: has.round ?? 0,
    kind: event.kind,
    agent: has.agent ?? has.sim ?? "",
    peer: has.peer ?? "",
    method: has.method ?? "",
    id: has.id ?? "",
    cause: has.cause ?? "",
    text: carried(event),
  };
}

function carried(event: TraceEvent): string {
  switch (event.kind) {
    case "tick":
    case "timer":
      return "";
    case "log": {
      const fields = shortText(event.fields ?? null);
      return fields === "null" || fields === "{}" ? event.message.slice(0, TEXT_MAX) : `${event.message} ${fields}`;
    }
    case "created":
    case "removed":
      return event.type;
    case "fault":
      return `${event.code}: ${event.message}`.slice(0, TEXT_MAX);
    case "step":
      return shortText({ next: event.next ?? null, inputs: event.inputs, outputs: event.outputs });
    case "output":
      return shortText(event.values);
    case "reply":
    case "failure":
    case "external":
      return shortText(event.content ?? null);
    case "input":
    case "request":
    case "oneway":
      return shortText(event.args);
  }
}

/** A value as JSON, of bounded length and cost however large it is. */
export function shortText(value: unknown): string {
  const parts: string[] = [];
  let left = TEXT_MAX;
  const put = (text: string): void => {
    parts.push(text);
    left -= text.length;
  };
  const write = (item: unknown, depth: number): void => {
    if (left <= 0) return;
    if (typeof item === "string") put(JSON.stringify(item.length > left ? `${item.slice(0, left)}…` : item));
    else if (typeof item === "number") put(String(Object.is(item, -0) ? 0 : item));
    else if (typeof item !== "object" || item === null) put(String(item ?? null));
    else if (item instanceof Uint8Array) put(`<${item.length} bytes>`);
    else if (depth === DEPTH_MAX) put("…");
    else if (Array.isArray(item)) list(item, depth);
    else object(item instanceof Map ? Object.fromEntries([...item].slice(0, ITEMS_MAX + 1)) : item, depth);
  };
  const list = (items: readonly unknown[], depth: number): void => {
    put("[");
    for (let i = 0; i < items.length && left > 0; i++) {
      if (i > 0) put(",");
      if (i === ITEMS_MAX) return void put(`… ${items.length - i} more]`);
      write(items[i], depth + 1);
    }
    put("]");
  };
  const object = (item: object, depth: number): void => {
    put("{");
    let i = 0;
    for (const key in item) {
      if (left <= 0) break;
      if (i > 0) put(", ");
      if (i++ === ITEMS_MAX) return void put("…}");
      put(`${key}: `);
      write((item as Record<string, unknown>)[key], depth + 1);
    }
    put("}");
  };
  write(value, 0);
  const text = parts.join("");
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}

/** Says which rows are wanted. */
export function lineFilter(filter: LineFilter = {}): (line: EventLine) => boolean {
  const [agents, methods, kinds] = [filter.agents, filter.methods, filter.kinds].map((names) =>
    names === undefined || names.length === 0 ? undefined : new Set(names),
  );
  const text = filter.text?.toLowerCase() ?? "";
  return (line) => {
    if (kinds !== undefined && !kinds.has(line.kind)) return false;
    if (agents !== undefined && !agents.has(line.agent) && !agents.has(line.peer)) return false;
    if (methods !== undefined && !methods.has(line.method)) return false;
    return (
      text === "" || `${line.kind} ${line.agent} ${line.peer} ${line.method} ${line.text}`.toLowerCase().includes(text)
    );
  };
}
