import type { Observer, Subscription } from "rxjs";
// The classes alone, as the package exports them: loading all operators costs more than the rest of a container.
import { Observable } from "rxjs/internal/Observable";
import { Subscriber } from "rxjs/internal/Subscriber";
import { warn } from "../host.ts";
import { checkArgument, checkOptions, func, number, type OptionChecks, oneOf, withMethods } from "../options.ts";
import type { TraceEvent, TraceSource } from "../trace.ts";
import { EVENT_FILTER, type EventFilter, eventFilter } from "./filter.ts";

/**
 * The events of a source one by one, as an RxJS stream: the only place that knows rxjs.
 *
 * It is fed after the round in which the events happened, so a subscriber cannot change the run. One that throws is
 * unsubscribed and warned about, the run goes on; what throws in an operator of a `pipe` is RxJS's to report. The stream is
 * hot and completes when the run was closed.
 */
export function eventStream(source: TraceSource): Observable<TraceEvent> {
  return new EventStream((subscriber) =>
    source.attach(
      (batch) => {
        for (const event of batch) subscriber.next(event);
      },
      () => subscriber.complete(),
    ),
  );
}

class EventStream extends Observable<TraceEvent> {
  override subscribe(
    observer?: Partial<Observer<TraceEvent>> | ((event: TraceEvent) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    if (observer instanceof Subscriber) return super.subscribe(observer);
    const given = typeof observer === "function" ? { next: observer } : (observer ?? {});
    const own: Partial<Observer<TraceEvent>> = {
      ...(error && { error }),
      ...(complete && { complete }),
      ...(given.error !== undefined && { error: (cause) => given.error!(cause) }),
      ...(given.complete !== undefined && { complete: () => given.complete!() }),
      next: (event) => {
        try {
          given.next?.(event);
        } catch (thrown) {
          subscription.unsubscribe();
          warn(`an observer threw and was unsubscribed: ${thrown}`, "COSIMAS_OBSERVER");
        }
      },
    };
    const subscription = super.subscribe(own);
    return subscription;
  }
}

export type { Observable };

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

const CHECKS: OptionChecks<ObserveOptions> = {
  filter: EVENT_FILTER,
  level: oneOf(["full", "envelope"]),
  redact: func,
  ticksPerSecond: number({ integer: true, min: 1 }),
};

/** Fields of events that carry content. */
const CONTENT = ["args", "content", "fields", "inputs", "outputs", "values"] as const;

/**
 * The events of a container, platform or world that are wanted, as a stream; see `eventStream`. Neither filter nor
 * redaction changes the run, its trace hash or a recording.
 *
 * @throws TypeError or RangeError for an option that there is not, or that is none of what it may be.
 */
export function observe(source: TraceSource, options: ObserveOptions = {}): Observable<TraceEvent> {
  checkArgument("observe", "source", source, withMethods("a container, platform or world", "attach"));
  checkOptions("observe", options, CHECKS);
  const { filter = {}, level = "full", redact, ticksPerSecond = 1_000_000 } = options;
  return eventStream({
    attach(sink, ended) {
      const isWanted = eventFilter(filter, ticksPerSecond);
      return source.attach((batch) => {
        const seen: TraceEvent[] = [];
        for (const event of batch) {
          if (!isWanted(event)) continue;
          const kept = redact === undefined ? event : redact(event);
          if (kept !== undefined) seen.push(level === "full" ? kept : envelope(kept));
        }
        if (seen.length > 0) sink(seen);
      }, ended);
    },
  });
}

function envelope(event: TraceEvent): TraceEvent {
  const rest: Record<string, unknown> = { ...event };
  for (const field of CONTENT) if (field in rest) rest[field] = field === "args" ? [] : field === "values" ? {} : null;
  return rest as unknown as TraceEvent;
}
