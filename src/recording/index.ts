/**
 * Recordings: files of a run, written, read, recovered, compared, exported. It knows the events of `trace.ts` and what was
 * done to the run, nothing of agents.
 */
export { compareRuns, type RunComparison } from "./compare.ts";
export type { FeedEntry, RunEntry, RunHeader, RunSummary } from "./entry.ts";
export { EXPORT_FORMATS, type ExportFormat, type ExportOptions, exportRun } from "./export/export-run.ts";
export { causesOf, eventsOf, inspectRun, type RunInspection } from "./inspect.ts";
export { openRun, type RunFile } from "./reader.ts";
export { Recording, type RecordingOptions } from "./recording.ts";
export { type Recovered, recoverRun } from "./recovery.ts";
export type { RowCursor } from "./row-cursor.ts";
export { RunIndex, type WantedRows } from "./run-index.ts";
export type { RunFilter } from "./selection.ts";
export { RunWriter, type RunWriterOptions } from "./writer.ts";
