/**
 * Observing a run: the stream of trace events.
 *
 * This layer turns batches into streams and files; it knows neither agents nor containers, only the events of
 * `trace.ts`.
 */
export { eventStream } from "./event-stream.ts";
