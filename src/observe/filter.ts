import { listOf, nested, number, type OptionChecks, oneOf, string } from "../options.ts";
import type { EventId, TraceEvent } from "../trace.ts";

const KINDS: Record<TraceEvent["kind"], true> = {
  ...{ tick: true, input: true, request: true, oneway: true, reply: true, failure: true, timer: true, external: true },
  ...{ log: true, created: true, removed: true, output: true, fault: true, step: true },
};

/** The kinds of events that there are. */
export const EVENT_KINDS: readonly string[] = Object.keys(KINDS);

/** Which events are wanted; what is not given does not matter. */
export interface EventFilter {
  /** Agents to which they happened, or that were their peers. */
  readonly agents?: readonly string[];
  readonly methods?: readonly string[];
  readonly kinds?: readonly string[];
  /** Seconds: not before, and not after. */
  readonly from?: number;
  readonly to?: number;
  /** Events that this one has led to, itself included; known only if they are looked at in order, from the start. */
  readonly causedBy?: EventId;
}

/** Beyond any finite time is a time, too: nothing is left out there. */
const SECONDS = number({ infinite: true, unit: "seconds" });

const FILTER_CHECKS: OptionChecks<EventFilter> = {
  agents: listOf(string),
  methods: listOf(string),
  kinds: listOf(oneOf(EVENT_KINDS)),
  from: SECONDS,
  to: SECONDS,
  causedBy: string,
};

/** A filter as an option. */
export const EVENT_FILTER = nested(FILTER_CHECKS);

/** Looks at events in order and says which are wanted. */
export function eventFilter(filter: EventFilter, ticksPerSecond: number): (event: TraceEvent) => boolean {
  const { agents, methods, kinds, from = 0, to = Number.POSITIVE_INFINITY, causedBy } = filter;
  const [first, last] = [from * ticksPerSecond, to * ticksPerSecond];
  const wanted = { agents: setOf(agents), methods: setOf(methods), kinds: setOf(kinds) };
  const led = new Set<EventId>(causedBy === undefined ? [] : [causedBy]);
  return (event) => {
    if (causedBy !== undefined && !follows(event, led)) return false;
    if (wanted.kinds !== undefined && !wanted.kinds.has(event.kind)) return false;
    if (event.kind === "step") return wanted.agents === undefined && wanted.methods === undefined;
    if (event.ticks < first || event.ticks > last) return false;
    if (wanted.agents !== undefined) {
      const own = "agent" in event && wanted.agents.has(event.agent);
      if (!own && !("peer" in event && wanted.agents.has(event.peer))) return false;
    }
    return wanted.methods === undefined || ("method" in event && wanted.methods.has(event.method));
  };
}

function follows(event: TraceEvent, led: Set<EventId>): boolean {
  if (!("id" in event)) return false;
  const isOne = led.has(event.id) || (event.cause !== undefined && led.has(event.cause));
  if (isOne) led.add(event.id);
  return isOne;
}

function setOf(names: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return names === undefined || names.length === 0 ? undefined : new Set(names);
}
