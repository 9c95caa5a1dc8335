/**
 * mosaik's two sides: the simulator interface, and a master that steps simulators as mosaik does.
 *
 * A scenario starts simulators in a {@link World}, creates entities, connects their attributes and runs; a power grid,
 * a set of devices and a population of agents are simulators alike, in this process or in others.
 */

import "./world/reach-simulators.ts";

export type {
  Attr,
  CreateResult,
  EntityGraphData,
  EntityId,
  EntityNode,
  FullId,
  InitParams,
  InputData,
  Meta,
  ModelMeta,
  MosaikProxy,
  OutputData,
  OutputRequest,
  PopulationOptions,
  SimId,
  SimulatorType,
  Time,
} from "../../src/cosim/index.ts";
export {
  type AgentInput,
  type AgentModel,
  type AgentModelSpec,
  type AgentOutput,
  AgentSimulator,
  type AgentSimulatorOptions,
  agentModel,
  type InputArity,
  type Keywords,
  keywords,
  Simulator,
} from "../../src/cosim/index.ts";
export type { CommandEntry, ConnectEntry } from "./remote/command-line.ts";
export { defineSimulator } from "./remote/define-simulator.ts";
export type { AttrPair, ConnectArgs, ConnectOptions } from "./scheduler/connection.ts";
export { Entity } from "./scheduler/entity.ts";
export type { LocalEntry, SimConfig, SimConfigEntry } from "./world/config.ts";
export {
  connectManyToOne,
  connectRandomly,
  connectZip,
  type RandomConnectOptions,
} from "./world/connect-many.ts";
export type { ModelFactory, ModelsOf, SimulatorHandle } from "./world/handle.ts";
export type { RunOptions, RunProgress, StartParams, WorldOptions } from "./world/options.ts";
export type { SimulatorStarter } from "./world/starter.ts";
export { type RunSummary, type SimulatorSummary, summaryTable } from "./world/summary.ts";
export { World } from "./world/world.ts";
