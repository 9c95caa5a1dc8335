/**
 * The seams of a co-simulation: what a master steps ({@link Simulator}), who steps us ({@link Servable}), what agents are
 * to both ({@link Population}), and a population of agents as a simulator. It knows no protocol: that is the adapters'
 * part.
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
export { Bridge, type BridgeInput, type BridgeOptions } from "./bridge.ts";
export { checkCreated } from "./created.ts";
export {
  type CallSite,
  callSimulator,
  isFatal,
  isPromise,
  Loss,
  listed,
  lossAfter,
  simulatorFault,
  ticksOf,
  unknownSimulator,
  unsupported,
  whenThere,
} from "./fault.ts";
export { attrsOf, isPersistent, isTrigger } from "./kinds.ts";
export { checkMeta } from "./meta.ts";
export { checkNextStep } from "./next-step.ts";
export type { Population, PopulationSpawnOptions, Values } from "./population.ts";
export type { MosaikProxy } from "./proxy.ts";
export * from "./scenario.ts";
export * from "./servable.ts";
export { Simulator } from "./simulator.ts";
export type * from "./types.ts";
