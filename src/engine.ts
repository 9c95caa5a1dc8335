/**
 * The engine alone: agents, containers and clocks, without connections, files and processes. With `host.browser.ts` in
 * the place of `host.ts` it runs in a page, and gives the trace hash that it gives elsewhere.
 */
export { Agent, type AgentClass, type ConnectOptions, type SendOptions, type SpawnOptions } from "./agent/agent.ts";
export { Container } from "./agent/container.ts";
export type { AgentInput, ContainerOptions } from "./agent/container-options.ts";
export type { AgentFuture, AgentQueue } from "./agent/waits.ts";
export * from "./clock/index.ts";
export * from "./errors.ts";
export type { TraceEvent, TraceSink, TraceSource } from "./trace.ts";
