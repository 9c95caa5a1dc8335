/**
 * cosimas: co-simulated multi-agent systems. Agents in containers, on a clock that a simulator sets, in runs that
 * repeat.
 *
 * This is the whole public surface besides the adapters (`cosimas/mosaik`); the layers are also there one by one, as
 * `cosimas/channel`, `cosimas/rpc`, `cosimas/clock`, `cosimas/agent`, `cosimas/observe`.
 */
export * from "./agent/index.ts";
export * as channel from "./channel/index.ts";
export * from "./clock/index.ts";
export { type CodecName, serializable, type Value, type ValueType } from "./codec/index.ts";
export type { AgentPair, AgentTopology, SmallWorldOptions } from "./cosim/agent-topology.ts";
export {
  Bridge,
  type BridgeInput,
  type BridgeOptions,
  type Population,
  type PopulationOptions,
  type PopulationSpawnOptions,
  type Values,
} from "./cosim/index.ts";
export * from "./cosim/scenario.ts";
export * from "./cosim/servable.ts";
export { Topology, type TopologyEdge, type TopologyNode, type TopologyScale } from "./cosim/topology.ts";
export * from "./errors.ts";
export { Hash64 } from "./hash.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export * from "./observing.ts";
export * from "./platform/index.ts";
export * from "./replay/index.ts";
export * as rpc from "./rpc/index.ts";
export { asRemote, type Remote } from "./rpc/index.ts";
export type * from "./trace.ts";
export type { PageOptions, RunPage } from "./watching.ts";
