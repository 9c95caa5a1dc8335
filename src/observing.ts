/**
 * Observing runs, all of it (`cosimas/observe`): the stream of trace events, and above it the recordings of whole runs.
 */
export * from "./observe/index.ts";
export * from "./recording/index.ts";
