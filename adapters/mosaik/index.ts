/**
 * mosaik's two sides: the simulator interface, and a master that steps simulators as mosaik does.
 *
 * A scenario starts simulators in a {@link World}, creates entities, connects their attributes and runs; a power grid,
 * a set of devices and a population of agents are simulators alike, in this process or in others.
 */
export {
  type AgentInput,
  type AgentModel,
  type AgentModelSpec,
  type AgentOutput,
  agentModel,
  type InputArity,
} from "./agent-model.ts";
export { AgentSimulator, type AgentSimulatorOptions } from "./agent-simulator.ts";
export { type ColumnModel, ColumnSimulator, Columns } from "./column-simulator.ts";
export {
  connectManyToOne,
  connectRandomly,
  connectZip,
  type RandomConnectOptions,
} from "./connect-many.ts";
export type { AttrPair, ConnectArgs, ConnectOptions } from "./connection.ts";
export { defineSimulator } from "./define-simulator.ts";
export { Entity } from "./entity.ts";
export { type Keywords, keywords } from "./keywords.ts";
export type { ModelFactory, ModelsOf, SimulatorHandle } from "./model-factory.ts";
export type { RunOptions, RunProgress, StartParams, WorldOptions } from "./options.ts";
export type { MosaikProxy } from "./proxy.ts";
export type { CommandEntry, ConnectEntry } from "./reach.ts";
export type { LocalEntry, SimConfig, SimConfigEntry } from "./sim-config.ts";
export { Simulator } from "./simulator.ts";
export type { SimulatorStarter } from "./starting.ts";
export { type RunSummary, type SimulatorSummary, summaryTable } from "./summary.ts";
export type * from "./types.ts";
export { World } from "./world.ts";
