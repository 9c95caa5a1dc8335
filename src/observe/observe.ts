import type { TraceEvent, TraceSource } from "../trace.ts";
import { type EventFilter, eventFilter } from "./filter.ts";
import { eventStream, type Observable } from "./stream.ts";

/** Which events are observed, and how much of each. */
export interface ObserveOptions {
  readonly filter?: EventFilter;
  /**
   * `full`, the default: all of an event; `envelope`: without what it carries, only who, when, what and why. What is not
   * to be observed at all is not subscribed to.
   */
  readonly level?: "full" | "envelope";
  /** Changes an event before anybody sees it, or leaves it out by giving undefined. It must not change the one it is given. */
  readonly redact?: (event: TraceEvent) => TraceEvent | undefined;
  /** Of the run's clock, for the filter's times; default 1,000,000. */
  readonly ticksPerSecond?: number;
}

/** Fields of events that carry content. */
const CONTENT = ["args", "content", "fields", "inputs", "outputs"] as const;

/**
 * The events of a container, platform or world that are wanted, as a stream; see `eventStream`. Neither filter nor
 * redaction changes the run, its trace hash or a recording.
 */
export function observe(source: TraceSource, options: ObserveOptions = {}): Observable<TraceEvent> {
  const { filter = {}, level = "full", redact, ticksPerSecond = 1_000_000 } = options;
  return eventStream({
    attach(sink) {
      const isWanted = eventFilter(filter, ticksPerSecond);
      return source.attach((batch) => {
        const seen: TraceEvent[] = [];
        for (const event of batch) {
          if (!isWanted(event)) continue;
          const kept = redact === undefined ? event : redact(event);
          if (kept !== undefined) seen.push(level === "full" ? kept : envelope(kept));
        }
        if (seen.length > 0) sink(seen);
      });
    },
  });
}

function envelope(event: TraceEvent): TraceEvent {
  const rest: Record<string, unknown> = { ...event };
  for (const field of CONTENT) if (field in rest) rest[field] = field === "args" ? [] : null;
  return rest as unknown as TraceEvent;
}
