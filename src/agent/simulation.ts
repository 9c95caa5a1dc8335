import { DateTime, readDateTime, writeDateTime } from "../clock/calendar.ts";
import type { SimulationClock } from "../clock/simulation-clock.ts";
import type { CodecName, ValueType } from "../codec/index.ts";
import { Communication, type CommunicationModel } from "../kernel/communication.ts";
import { Driver } from "../kernel/driver.ts";
import { Emissions } from "../kernel/emissions.ts";
import { Kernel, type KernelOptions } from "../kernel/kernel.ts";
import { Strict } from "../kernel/strict-mode.ts";
import { AgentFactory } from "./agent-factory.ts";
import { callsOf } from "./agent-link.ts";
import { type LiveOptions, Peers } from "./peers.ts";
import { AgentReferences, isLiveId } from "./references.ts";

/**
 * luxon's DateTime, the first type of every container, as Arrow is of aiomas's. It crosses to the millisecond, with
 * its offset in place of its zone.
 */
export const DATE_TIME: ValueType<DateTime> = {
  type: DateTime,
  write: writeDateTime,
  read: readDateTime,
};

/** What makes one container's simulation. */
export interface SimulationOptions extends Omit<KernelOptions, "references"> {
  /** Of this container alone. */
  readonly clock: SimulationClock;
  /** Registered types besides {@link DATE_TIME}, which is the first. */
  readonly types: readonly ValueType[];
  readonly seed: number | string;
  readonly strict: boolean;
  readonly communication: CommunicationModel | undefined;
  /** On the wire to live peers. */
  readonly codec: CodecName;
  /** Connections to live peers. */
  readonly live?: LiveOptions;
}

/** One container's simulation: a container of its own has one, and each container of a platform. */
export interface Simulation {
  readonly kernel: Kernel;
  readonly emissions: Emissions;
  readonly references: AgentReferences;
  readonly driver: Driver;
  readonly factory: AgentFactory;
  readonly peers: Peers;
}

/**
 * Put a simulation together; whoever moves its clock serves it by `driver`.
 *
 * @throws ClockError `ERR_CLOCK_SHARED` if another container has the clock; RangeError for a communication model that is wrong.
 */
export function createSimulation(options: SimulationOptions): Simulation {
  const { clock, types, seed, strict, communication, codec, live = {} } = options;
  // References are asked for agents only once there are some.
  const references: AgentReferences = new AgentReferences(
    (agent) => kernel.registry.get(agent.id)?.agent === (agent as object),
    (receiver, id) => (isLiveId(id) ? peers.callsOf(receiver, id) : callsOf(emissions, receiver, id)),
  );
  const kernel = new Kernel({ ...options, types: [DATE_TIME, ...types], references });
  if (communication !== undefined) kernel.communication = new Communication(kernel, communication, seed);
  if (strict) kernel.strict = new Strict(kernel);
  clock.own();
  const emissions = new Emissions(kernel);
  const driver = new Driver(emissions);
  const peers: Peers = new Peers(emissions, codec, live);
  const factory = new AgentFactory(emissions, driver.rounds.handlers, peers, seed);
  return { kernel, emissions, references, driver, factory, peers };
}
