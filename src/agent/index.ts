/**
 * Agents and the containers that they live in.
 *
 * A container runs its agents in rounds on super-dense time, so that a run repeats; `docs/determinism.md` has the
 * rules. This layer knows simulated time and live peers; it knows no simulator.
 */

import "./reach-peers.ts";

export type {
  CommunicationModel,
  Link,
  LinkFunction,
  LinkMessage,
  LinkRule,
  Partition,
} from "../kernel/communication.ts";
export type { Counts } from "../kernel/kernel.ts";
export type { EmittedEvent, TakenEvents } from "../kernel/outside.ts";
export type { TraceLevel } from "../kernel/tracer.ts";
export { Agent, type AgentClass, type ConnectOptions, type SendOptions, type SpawnOptions } from "./agent.ts";
export { Container } from "./container.ts";
export type { AgentInput, ContainerOptions } from "./container-options.ts";
export type { Gathered, GatheredAnswer, GatheredRefusal, GatherOptions } from "./gather.ts";
export type { EveryOptions, Periodic } from "./periodic.ts";
export { DATE_TIME } from "./simulation.ts";
export type { AgentFuture, AgentQueue } from "./waits.ts";
