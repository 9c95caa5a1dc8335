/**
 * Observing a run: the stream of trace events, which of them are wanted, how two runs compare, how events are written.
 *
 * This layer turns batches into streams, rows and text; it knows neither agents nor containers nor files, only the events
 * of `trace.ts`.
 */

export { Comparison, type Difference } from "./comparison.ts";
export { type EventFilter, eventFilter } from "./filter.ts";
export type { Moment } from "./moment.ts";
export { eventStream, type ObserveOptions, observe } from "./stream.ts";
