/**
 * The seams of a co-simulation: what a master steps ({@link Simulator}), who steps us ({@link Servable}), what agents are
 * to both ({@link Population}), and a population of agents as a simulator. It knows no protocol: that is the adapters'
 * part, and this is all that an adapter needs without connections and files.
 */

export { endWithUs } from "../children.ts";
export { TICKS_PER_SECOND } from "../clock/index.ts";
export { type Value, WholeFloat, withoutFloats } from "../codec/index.ts";
export { BridgeError, RunError, ScenarioError } from "../errors.ts";
export { warn } from "../host.ts";
export { Sinks } from "../kernel/tracer.ts";
export { DEFAULT_LIMITS } from "../limits.ts";
export { eventStream, type Observable } from "../observe/stream.ts";
export {
  anything,
  boolean,
  checkArgument,
  checkOptions,
  either,
  func,
  listOf,
  nested,
  number,
  type OptionCheck,
  type OptionChecks,
  object,
  oneOf,
  required,
  shown,
  signal,
  string,
  suggestion,
  text,
  withMethods,
} from "../options.ts";
export type { TraceEvent, TraceSink, TraceSource } from "../trace.ts";
export { after, every, onTurn, wallMs, within } from "../wall.ts";
export { openPage, type PageOptions, type RunPage } from "../watching.ts";
export {
  type AgentInput,
  type AgentModel,
  type AgentModelSpec,
  type AgentOutput,
  agentModel,
  type InputArity,
} from "./agent-model.ts";
export type { AgentPair, AgentTopology, SmallWorldOptions } from "./agent-topology.ts";
export { Bridge, type BridgeInput, type BridgeOptions } from "./bridge.ts";
export * from "./contract.ts";
export { InputLayout, type InputPlace, PlacedInputs, putInput } from "./input-layout.ts";
export { PlacedOutputs } from "./placed-outputs.ts";
export type { Population, PopulationOptions, PopulationSpawnOptions, Values } from "./population.ts";
export { AgentSimulator, type AgentSimulatorOptions, takesPlaces } from "./population-simulator.ts";
export { printedLine } from "./printed-line.ts";
export * from "./scenario.ts";
export { SERIES_PLOTS } from "./series-plots.ts";
export * from "./servable.ts";
export { Keywords, keywords, type MosaikProxy, Simulator } from "./simulator.ts";
export { checkTopology, Topology, type TopologyEdge, type TopologyNode, type TopologyScale } from "./topology.ts";
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
  OutputData,
  OutputRequest,
  SimId,
  SimulatorType,
  Time,
} from "./types.ts";
