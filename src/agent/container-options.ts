import type { ExternalClock } from "../clock/external-clock.ts";
import type { RealTimeClock } from "../clock/real-time-clock.ts";
import type { CodecName } from "../codec/index.ts";
import type { Limits } from "../limits.ts";
import type { TraceLevel } from "./tracer.ts";

/** How to make a container. */
export interface ContainerOptions {
  /** Where to listen for live peers, as `tcp://127.0.0.1:0`; without it the container opens no socket. */
  address?: string;
  /**
   * The clock that drives it; it belongs to this container alone. Default: a new ExternalClock, moved by `advance`. On a
   * RealTimeClock the container runs by itself.
   */
  clock?: ExternalClock | RealTimeClock;
  /** Codec on the wire to live peers; the peer must use the same. Default `msgpack`. */
  codec?: CodecName;
  /** Seed of the agents' random numbers. Default 0. */
  seed?: number | string;
  /** Default `hash`. */
  trace?: TraceLevel;
  /** Bounds that differ from the defaults. */
  limits?: Partial<Limits>;
}

/** A call of one of an agent's methods by what stands outside the simulation. */
export interface AgentInput {
  readonly agent: string;
  readonly method: string;
  readonly args: readonly unknown[];
}
