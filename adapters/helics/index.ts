/**
 * HELICS: a population of agents as a federate of a federation. HELICS carries what takes simulated time between
 * populations and simulators; what agents do at one time stays among them, inside a grant.
 *
 * It needs the library of HELICS (`pip install helics`) and `koffi`; guide: `docs/helics.md`.
 */
export { type HelicsConfiguration, type InterfaceConfiguration, readConfiguration } from "./configuration.ts";
export { CORE_TYPES, type CoreType } from "./core-type.ts";
export { defineFederate } from "./define-federate.ts";
export { HelicsError, type HelicsErrorDetails } from "./errors.ts";
export { Federate } from "./federate.ts";
export type {
  EndpointSpec,
  FederateOptions,
  HelicsAffinity,
  HelicsIsolation,
  InputSpec,
  Interfaces,
  PublicationSpec,
} from "./federate-options.ts";
export type { AgentMessage, EntitySpec, InputSource, OutputTarget } from "./interfaces.ts";
export { findLibrary } from "./library.ts";
export {
  federatePopulation,
  type PopulationHome,
  type PopulationSetup,
  type PopulationSummary,
} from "./population-federate.ts";
export type {
  FederateOutput,
  Grant,
  IncomingMessage,
  InputInfo,
  Iteration,
  OutgoingMessage,
  ValueTypeName,
} from "./process/protocol.ts";
export { type FederateSetup, type FederateSummary, federate } from "./simulator-federate.ts";
