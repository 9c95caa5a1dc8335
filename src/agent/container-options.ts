import type { ExternalClock } from "../clock/external-clock.ts";
import type { RealTimeClock } from "../clock/real-time-clock.ts";
import type { CodecName, ValueType } from "../codec/index.ts";
import type { CommunicationModel } from "../kernel/communication.ts";
import type { RecordedExternals } from "../kernel/kernel.ts";
import type { TraceLevel } from "../kernel/tracer.ts";
import type { Limits } from "../limits.ts";
import {
  anything,
  boolean,
  checkOptions,
  either,
  func,
  LIMITS,
  listOf,
  nested,
  number,
  type OptionChecks,
  object,
  oneOf,
  string,
  text,
  withMethods,
} from "../options.ts";
import type { Journal } from "../trace.ts";
import type { SpawnOptions } from "./agent.ts";
import { LIVE_CHECKS, type LiveOptions } from "./peers.ts";
import type { PeerPopulations } from "./populations.ts";

/** How to make a container. */
export interface ContainerOptions extends LiveOptions {
  /** Where to listen for live peers, as `tcp://127.0.0.1:0`; without it the container opens no socket. */
  address?: string;
  /**
   * The clock that drives it; it belongs to this container alone. Default: a new ExternalClock, moved by `advance`. On a
   * RealTimeClock the container runs by itself.
   */
  clock?: ExternalClock | RealTimeClock;
  /** Codec on the wire to live peers; the peer must use the same. Default `msgpack`. */
  codec?: CodecName;
  /**
   * Registered types besides luxon's DateTime, which is the first: instances of these classes cross between agents, and
   * to live peers with ids from 1 on, in this order. All containers of a run need the same.
   */
  types?: readonly ValueType[];
  /** Seed of the agents' random numbers. Default 0. */
  seed?: number | string;
  /** Default `hash`. */
  trace?: TraceLevel;
  /**
   * Find agent code that would not repeat: in a handler, timer or task the use of the wall's time, of chance, of a Node
   * timer or of I/O outside `this.external` fails the run with `ERR_AGENT_STRICT`, and a handler that a step leaves open
   * without a simulated wait with `ERR_AGENT_OPEN_HANDLER`. It slows agents down; `docs/determinism.md` has the list
   * and the cost. Default false.
   */
  strict?: boolean;
  /** How messages between agents travel. Default: without delay, all of them arrive. */
  communication?: CommunicationModel;
  /**
   * Keeps the run, from which it can be made again: `new Recording("run.mcap")`. It belongs to this container, which
   * awaits it at the end of each advance. The arguments of `spawn` have to be values then. Not on a RealTimeClock.
   */
  record?: Journal | undefined;
  /** Bounds that differ from the defaults. */
  limits?: Partial<Limits>;
  /** What a recording has of the agents' real I/O, which then is not done. @internal */
  recorded?: RecordedExternals | undefined;
  /** Takes what is for the agents of other populations. @internal */
  populations?: PeerPopulations | undefined;
}

/** A call of one of an agent's methods by what stands outside the simulation. */
export interface AgentInput {
  readonly agent: string;
  readonly method: string;
  readonly args: readonly unknown[];
  /**
   * Values and containers in `args`, if these are one object of canonical numbers, or of such objects, that was made for the
   * agent and that nobody else has: it is its copy.
   *
   * @internal
   */
  readonly ownNodes?: number;
}

/** What the options of every run may be, be it of a container or of a platform. */
export const RUN_CHECKS = {
  seed: either(number(), string),
  trace: oneOf(["off", "hash", "full"]),
  strict: boolean,
  // Its numbers are checked where they are used: there it is known whose they are.
  communication: nested<CommunicationModel>({
    links: either(object, listOf(object)),
    partitions: listOf(object),
    callTimeout: anything,
  }),
  record: withMethods("a Recording", "begin", "feed", "events", "settle", "end"),
  limits: LIMITS,
};

const CHECKS: OptionChecks<ContainerOptions> = {
  ...LIVE_CHECKS,
  ...RUN_CHECKS,
  address: text,
  clock: withMethods("an ExternalClock or a RealTimeClock", "time", "utcnow", "ticksAt"),
  codec: oneOf(["msgpack", "json", "msgpack-blosc", "mosaik-json"] satisfies CodecName[]),
  types: listOf(object),
  recorded: func,
  populations: object,
};

/** Check the options of `Container.create`. @throws TypeError or RangeError with a code, as `checkOptions`. */
export function checkContainerOptions(options: ContainerOptions): void {
  checkOptions("Container.create", options, CHECKS);
}

/** Check the options of `container.spawn`; ids are checked as ids. Throws as {@link checkContainerOptions}. */
export function checkSpawnOptions(options: SpawnOptions): void {
  checkOptions("container.spawn", options, SPAWN_CHECKS);
}

const SPAWN_CHECKS = { id: anything, args: listOf(anything), neighbours: listOf(anything) };
