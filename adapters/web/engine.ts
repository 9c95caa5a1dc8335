/**
 * The engine for a page: what of `cosimas` and `cosimas/mosaik` needs neither connections nor files, under the same names.
 */
export { DATE_TIME } from "../../src/agent/simulation.ts";
export { serializable, type Value, type ValueType } from "../../src/codec/index.ts";
export {
  type AgentModel,
  type AgentModelSpec,
  type AgentOutput,
  AgentSimulator,
  type AgentSimulatorOptions,
  type Attr,
  agentModel,
  Bridge,
  type BridgeInput,
  type BridgeOptions,
  type CreateResult,
  DEFAULT_LIMITS,
  type EntityId,
  type InitParams,
  type InputData,
  keywords,
  type Meta,
  type ModelMeta,
  type MosaikProxy,
  type OutputData,
  type OutputRequest,
  type Population,
  type SimId,
  Simulator,
  type SimulatorType,
  type Time,
  Topology,
  type Values,
} from "../../src/cosim/index.ts";
export * from "../../src/cosim/scenario.ts";
export * from "../../src/engine.ts";
export { Hash64 } from "../../src/hash.ts";
export { Comparison, type EventFilter, eventFilter, eventStream, observe } from "../../src/observe/index.ts";
export { asRemote, type Remote } from "../../src/rpc/types.ts";
export type { AttrPair, ConnectArgs } from "../mosaik/scheduler/connection.ts";
export { Entity } from "../mosaik/scheduler/entity.ts";
export type { LocalEntry, SimConfig } from "../mosaik/world/config.ts";
export { connectManyToOne, connectRandomly, connectZip } from "../mosaik/world/connect-many.ts";
export type { ModelFactory, ModelsOf, SimulatorHandle } from "../mosaik/world/handle.ts";
export type { RunOptions, RunProgress, StartParams, WorldOptions } from "../mosaik/world/options.ts";
export type { SimulatorStarter } from "../mosaik/world/starter.ts";
export { summaryTable } from "../mosaik/world/summary.ts";
export { World } from "../mosaik/world/world.ts";
