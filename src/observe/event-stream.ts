import { Observable } from "rxjs";
import type { TraceEvent, TraceSource } from "../trace.ts";

/**
 * The events of a source one by one, as an RxJS stream: the only place that knows rxjs.
 *
 * It is fed after the round in which the events happened, so a subscriber cannot change the run. An error that a
 * subscriber throws is RxJS's to report, as everywhere: it becomes an uncaught exception of the process. The stream is
 * hot and does not complete.
 */
export function eventStream(source: TraceSource): Observable<TraceEvent> {
  return new Observable((subscriber) =>
    source.attach((batch) => {
      for (const event of batch) subscriber.next(event);
    }),
  );
}

export type { Observable };
