import { traceJson } from "../observe/exports.ts";
import type { Difference } from "../observing.ts";
import type { TraceEvent } from "../trace.ts";

/** Characters of a value that a line shows. */
const VALUE_CHARS_MAX = 200;

/** One event as a line: when, to whom, what. */
export function eventLine(event: TraceEvent, ticksPerSecond: number): string {
  if (event.kind === "step") return `step ${event.time} of ${event.sim}: ${shown(event.outputs)}`;
  const at = `${event.ticks / ticksPerSecond} s, round ${event.round}`;
  if (event.kind === "tick") return `${at}: the clock`;
  return `${at}, ${event.agent}: ${whatHappened(event)} [${event.id}]`;
}

function whatHappened(event: Exclude<TraceEvent, { kind: "tick" | "step" }>): string {
  switch (event.kind) {
    case "input":
    case "request":
    case "oneway":
      return `${event.kind} ${event.method}${shown(event.args).replace(/^\[/, "(").replace(/\]$/, ")")} from ${event.peer}`;
    case "reply":
    case "failure":
      return `${event.kind} of ${event.peer}.${event.method}: ${shown(event.content)}`;
    case "timer":
      return "a timer or sleep ended";
    case "external":
      return `real I/O ${event.ok ? "gave" : "failed with"} ${shown(event.content)}`;
    case "log":
      return `log ${JSON.stringify(event.message)} ${shown(event.fields)}`;
    case "created":
    case "removed":
      return `${event.kind}, a ${event.type}`;
    case "output":
      return `output ${shown(event.values)}`;
    case "fault":
      return `fault ${event.code}: ${event.message}`;
  }
}

/** Where two runs differ, as lines. */
export function differenceLines(difference: Difference, ticksPerSecond: number): string[] {
  const { what, expected, actual, path, values, causes } = difference;
  const line = (event: TraceEvent) => eventLine(event, ticksPerSecond);
  const lines = [
    ...(what === "changed" ? [`first difference, in ${path}: ${shown(values![0])} became ${shown(values![1])}`] : []),
    ...(what === "missing" ? ["first difference: an event is missing"] : []),
    ...(what === "unexpected" ? ["first difference: an event that was not there"] : []),
    ...(expected === undefined ? [] : [`  expected  ${line(expected)}`]),
    ...(actual === undefined ? [] : [`  actual    ${line(actual)}`]),
  ];
  for (const cause of causes) lines.push(`  caused by ${line(cause)}`);
  return lines;
}

/** A value of a trace as text, shortened. */
export function shown(value: unknown): string {
  const text = traceJson(value);
  return text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX - 1)}…`;
}
