import { Observable, type Observer, Subscriber, type Subscription } from "rxjs";
import type { TraceEvent, TraceSource } from "../trace.ts";

/**
 * The events of a source one by one, as an RxJS stream: the only place that knows rxjs.
 *
 * It is fed after the round in which the events happened, so a subscriber cannot change the run. One that throws is
 * unsubscribed and warned about, the run goes on; what throws in an operator of a `pipe` is RxJS's to report. The stream is
 * hot and does not complete.
 */
export function eventStream(source: TraceSource): Observable<TraceEvent> {
  return new EventStream((subscriber) =>
    source.attach((batch) => {
      for (const event of batch) subscriber.next(event);
    }),
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
          process.emitWarning(`an observer threw and was unsubscribed: ${thrown}`, { code: "COSIMAS_OBSERVER" });
        }
      },
    };
    const subscription = super.subscribe(own);
    return subscription;
  }
}

export type { Observable };
