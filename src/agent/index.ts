/**
 * Agents and the containers that they live in.
 *
 * A container runs its agents in rounds on super-dense time, so that a run repeats; `docs/determinism.md` has the
 * rules. This layer knows simulated time and live peers; it knows no simulator.
 */
export { Agent, type AgentClass } from "./agent.ts";
export type { SendOptions, SpawnOptions } from "./agent-link.ts";
export { Container } from "./container.ts";
export type { ContainerOptions } from "./container-options.ts";
export type { Counts } from "./run-state.ts";
export type { TraceLevel } from "./tracer.ts";
export { DATE_TIME } from "./value-types.ts";
export type { AgentFuture, AgentQueue } from "./waits.ts";
