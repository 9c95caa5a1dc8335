import type { ExternalClock } from "../clock/external-clock.ts";
import type { CodecName, ValueType } from "../codec/index.ts";
import type { Limits } from "../limits.ts";
import type { TraceLevel } from "./tracer.ts";

/** How to make a container. */
export interface ContainerOptions {
  /** Where to listen for live peers, as `tcp://127.0.0.1:0`; without it the container opens no socket. */
  address?: string;
  /** The clock that drives it; it belongs to this container alone. Default: a new ExternalClock. */
  clock?: ExternalClock;
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
  /** Bounds that differ from the defaults. */
  limits?: Partial<Limits>;
}
