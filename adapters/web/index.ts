/**
 * `cosimas/browser`: what a page gets. Connections and remote calls over the browser's own WebSocket (`client`), and the
 * engine with simulators of the page itself (`engine`): agents, containers, clocks, `World`, with the trace hash that Node
 * gives. It has no sockets of its own, no files, threads and processes.
 *
 * A page that needs one of the two loads it alone, as `cosimas/browser/client` or `cosimas/browser/engine`.
 */

// Both have it; here it is that of `connect`.
export type { ConnectOptions } from "../../src/browser/index.ts";
export * from "../../src/browser/index.ts";
export * from "./engine.ts";
