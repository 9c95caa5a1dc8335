/**
 * Observing a run: the stream of trace events.
 *
 * This layer turns batches into streams and files; it knows neither agents nor containers, only the events of
 * `trace.ts`.
 */
export { compareRuns, type RunComparison } from "./compare-runs.ts";
export { Comparison, type Difference } from "./comparison.ts";
export { type EventFilter, eventFilter } from "./event-filter.ts";
export { eventStream } from "./event-stream.ts";
export { EXPORT_FORMATS, type ExportFormat, type ExportOptions, exportRun } from "./export-run.ts";
export { causesOf, eventsOf, inspectRun, type RunInspection } from "./inspect.ts";
export { type ObserveOptions, observe } from "./observe.ts";
export { Recording, type RecordingOptions } from "./recording.ts";
export { type Recovered, recoverRun } from "./recover.ts";
export type { FeedEntry, RunEntry, RunHeader, RunSummary } from "./run-entry.ts";
export { openRun, type RunFile } from "./run-reader.ts";
export { RunWriter, type RunWriterOptions } from "./run-writer.ts";
