/**
 * A page to watch and steer a run, live or recorded: `watchRun` serves it for a container, a platform or a world, `view` for
 * a recording. It sees what every observer sees, and knows none of them but by that.
 *
 * `model` counts events and answers questions, wherever it runs; `server` takes them from a run, holds it, and serves
 * pages; `page` is what runs in the browser.
 */
export type { Topology, TopologyEdge, TopologyNode, TopologyScale } from "./model/protocol.ts";
export { serveMetrics } from "./server/metrics.ts";
export type { PageServerOptions } from "./server/page-server.ts";
export { exportReport, type ReportOptions } from "./server/report.ts";
export { type RecordingPage, view, Watch, type Watchable, type WatchOptions, watchRun } from "./server/watch.ts";
