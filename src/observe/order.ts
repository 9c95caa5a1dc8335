import type { TraceEvent } from "../trace.ts";

/**
 * Which of two events stands first in what is kept of a run: by time, round and agent (code units); 0 if neither does.
 *
 * Within a round the events of one agent have an order; agents have none, and where they live must not matter.
 */
export function compareEvents(a: TraceEvent, b: TraceEvent): number {
  if (a.kind === "step" || b.kind === "step") return 0;
  const byTag = a.ticks - b.ticks || a.round - b.round;
  if (byTag !== 0) return byTag;
  const [one, other] = ["agent" in a ? a.agent : "", "agent" in b ? b.agent : ""];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The events of one or more rounds in the order in which they are kept; those of one agent keep theirs. */
export function inOrder(batch: readonly TraceEvent[]): TraceEvent[] {
  return [...batch].sort(compareEvents);
}
