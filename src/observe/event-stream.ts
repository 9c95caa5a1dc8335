import { Observable } from "rxjs";
import type { TraceEvent, TraceSource } from "../trace.ts";

/**
 * The events of a source one by one, as an RxJS stream: the only place that knows rxjs.
 *
 * It is fed after the round in which the events happened, so a subscriber cannot change the run. A subscriber that
 * throws gets its error from RxJS; the run goes on. The stream is hot and never completes before the source closes.
 */
export function eventStream(source: TraceSource): Observable<TraceEvent> {
  return new Observable((subscriber) =>
    source.attach((batch) => {
      for (const event of batch) subscriber.next(event);
    }),
  );
}

export type { Observable };
