import type { CommunicationModel } from "../kernel/communication.ts";
import type { StepFailure } from "../kernel/faults.ts";
import type { TraceLevel } from "../kernel/tracer.ts";
import type { Limits } from "../limits.ts";
import type { TraceEvent } from "../trace.ts";

/** What makes all containers of a platform alike. Plain data: it crosses to other processes. */
export interface MemberOptions {
  /** Number of the container, from 0. */
  readonly index: number;
  /** Number of containers. */
  readonly count: number;
  /** Calendar time of second 0, in ISO 8601. */
  readonly start: string;
  /** Ticks in a second. */
  readonly resolution: number;
  readonly seed: number | string;
  readonly trace: TraceLevel;
  readonly strict: boolean;
  /** Instead of the module's; as data where it crosses to other processes. */
  readonly communication: CommunicationModel | undefined;
  readonly limits: Limits;
}

/** What every order says: the present tag, and whether somebody observes. */
interface OrderBase {
  readonly ticks: number;
  readonly round: number;
  readonly observed: boolean;
  /** What has come from other containers and from outside since the last order: see `batch.ts`. */
  readonly batches: readonly Uint8Array[];
}

/** What the coordinator asks of a container. Orders are carried out one after the other. */
export type Order = OrderBase &
  (
    | {
        /** Serve the round of this tag. */
        readonly what: "round";
        /**
         * Go on with the next rounds of this time up to this one, as long as nothing is sent to other containers: they have
         * nothing to do. This round itself: do not.
         */
        readonly lastRound: number;
        /** Name the agents that are served. */
        readonly named: boolean;
      }
    | {
        /** The advance ends here, everything has settled. */
        readonly what: "finish";
      }
    | {
        /** Tell what has failed since the last report. */
        readonly what: "tell";
      }
    | {
        /** The run has failed, here or elsewhere. */
        readonly what: "fail";
        readonly reason: string;
      }
    | {
        /** Make an agent, between advances. */
        readonly what: "spawn";
        readonly type: string;
        readonly id: string;
        readonly args: readonly unknown[];
      }
    | {
        /** Read outputs of an agent. */
        readonly what: "outputs";
        readonly agent: string;
        readonly names: readonly string[];
      }
    | {
        /** Call `stop` of all agents. */
        readonly what: "close";
      }
  );

/** What a container has sent to another: its number, the first tick at which something of it is due, the batch. */
export type Sent = readonly [to: number, dueTicks: number, batch: Uint8Array];

/** Answer to a call from outside: the call's number, whether it succeeded, the result or `[code, name, message]`. */
export type Answer = readonly [seq: number, ok: boolean, content: unknown];

/** What a container answers to an order. */
export interface Report {
  /** Whether something is left to do at the present time. */
  readonly busy: boolean;
  /** Tick of its next timer. */
  readonly due: number | undefined;
  readonly sent: readonly Sent[];
  readonly answers: readonly Answer[];
  readonly failures: readonly StepFailure[];
  readonly events: readonly TraceEvent[];
  /** Number of the next round of the present time. */
  readonly round: number;
  /** Of a round, where asked for: ids of the first agents that were served. */
  readonly agents?: readonly string[];
  /** Of `outputs`. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** What has changed among its agents since the last `finish`, `spawn` or `close`. */
  readonly changes?: Changes;
  /** Why the order could not be carried out. */
  readonly error?: Error;
}

/** What has changed among a container's agents. */
export interface Changes {
  /** Ids of those that were made, in the order of their numbers. */
  readonly born: readonly string[];
  /** Ids of those that were removed. */
  readonly dead: readonly string[];
  /** For each agent whose chain has grown its number and the two words of its chain: signed 32-bit integers. */
  readonly chains: Int32Array;
  /** Events that agents have put out. */
  readonly outputs: readonly (readonly [agent: string, values: Readonly<Record<string, unknown>>])[];
}
