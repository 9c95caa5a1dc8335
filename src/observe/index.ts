/**
 * Observing a run: the stream of trace events.
 *
 * This layer turns batches into streams and files; it knows neither agents nor containers, only the events of
 * `trace.ts`.
 */
export { compareRuns, type RunComparison } from "../recording/compare-runs.ts";
export type { FeedEntry, RunEntry, RunHeader, RunSummary } from "../recording/entry.ts";
export { EXPORT_FORMATS, type ExportFormat, type ExportOptions, exportRun } from "../recording/export.ts";
export { causesOf, eventsOf, inspectRun, type RunInspection } from "../recording/inspect.ts";
export { openRun, type RunFile } from "../recording/reader.ts";
export { Recording, type RecordingOptions } from "../recording/recording.ts";
export { type Recovered, recoverRun } from "../recording/recovery.ts";
export { RunIndex } from "../recording/run-index.ts";
export { RunWriter, type RunWriterOptions } from "../recording/writer.ts";
export { Comparison, type Difference } from "./comparison.ts";
export { type EventFilter, eventFilter } from "./filter.ts";
export { type ObserveOptions, observe } from "./observe.ts";
export { eventStream } from "./stream.ts";
