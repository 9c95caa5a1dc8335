/** What a coordinator and its containers tell each other: types only; `wire/` writes and reads them. */
import type { MessagePort } from "node:worker_threads";
import type { PopulationNames } from "../agent/populations.ts";
import type { CommunicationModel } from "../kernel/communication.ts";
import type { StepFailure } from "../kernel/faults.ts";
import type { EmittedEvent } from "../kernel/outside.ts";
import type { TraceLevel } from "../kernel/tracer.ts";
import type { Limits } from "../limits.ts";
import type { TraceEvent } from "../trace.ts";

/** What a container says when it joins. */
export interface Joining {
  /** The number that it was given; null if the coordinator is to give it one. */
  readonly index: number | null;
  /** SHA-256 of its module of agents. */
  readonly hash: string;
  /** What runs it, as `process 4711`. */
  readonly host: string;
}

/** What a container that a platform starts is told at its start. */
export interface Assignment {
  readonly index: number;
  /** Module of agents. */
  readonly module: string;
  readonly limits: Limits;
  /** Where the coordinator listens; a thread has a port instead. */
  readonly address?: string;
  readonly token?: string;
}

/** What a thread gets as its data. */
export interface ThreadAssignment extends Assignment {
  readonly port: MessagePort;
}

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
  /** Of a platform whose population is one of several. */
  readonly populations?: PopulationNames | undefined;
}

/** What the coordinator asks of a container, at the present tag. Orders are carried out one after the other. */
export interface Order {
  readonly ticks: number;
  readonly round: number;
  /** Whether somebody observes. */
  readonly observed: boolean;
  /** What has come from other containers and from outside since the last order: see `wire/batch.ts`. */
  readonly batches: readonly Uint8Array[];
  readonly task: Task;
}

/** Serve the round of this tag. All containers that serve it get the same task. */
export interface RoundTask {
  readonly what: "round";
  /**
   * Go on with the next rounds of this time up to this one, as long as nothing is sent to other containers, which have
   * nothing to do then, and no call from outside is answered. This round itself: do not.
   */
  readonly lastRound: number;
  /** Name the agents that are served. */
  readonly named: boolean;
  /**
   * If nothing is left to do here then, and nothing was sent, the advance may well end: do what `finish` says, too, and
   * tell so. It may turn out that another round follows.
   */
  readonly ends: boolean;
  /** As of `finish`. */
  readonly reads: boolean;
  /** Of one of several populations: what is sent to the others is due at this tick or later. */
  readonly horizonTicks: number | undefined;
}

/** What an order asks for. */
export type Task =
  | RoundTask
  | {
      /** The advance ends here, everything has settled. */
      readonly what: "finish";
      /** Read what was read after the last advance: it will be asked for again. What cannot be read is left out. */
      readonly reads: boolean;
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
      /** Make agents, between advances. */
      readonly what: "spawn";
      readonly agents: readonly NewAgent[];
    }
  | {
      /** Read outputs of agents: of those of the last request, if none is given. */
      readonly what: "read";
      readonly request: ReadRequest | undefined;
    }
  | {
      /** Call `stop` of all agents. */
      readonly what: "close";
    };

/** An agent to make: its class by name, its id, its constructor's arguments, the agents that it knows, if that was said. */
export type NewAgent = readonly [type: string, id: string, args: readonly unknown[], neighbours?: readonly string[]];

/** Whose outputs to read, and which. */
export type ReadRequest = readonly (readonly [agent: string, names: readonly string[]])[];

/** Values of outputs, of each agent in the order of the request. */
export interface OutputValues {
  /** Number of agents. */
  readonly count: number;
  /** The first of the names that were asked for of each agent, the second, and so on; nothing where it has fewer. */
  readonly columns: readonly ArrayLike<unknown>[];
}

/** What a container has sent to another: its number, the first tick at which something of it is due, the batch. */
export type Sent = readonly [to: number, dueTicks: number, batch: Uint8Array];

/** What one population sends to another: all messages since the last call. */
export interface Pack {
  readonly peer: string;
  /** Ticks at which the first of them is due. */
  readonly dueTicks: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** Answer to a call from outside: the call's number, whether it succeeded, the result or `[code, name, message]`. */
export type Answer = readonly [seq: number, ok: boolean, content: unknown];

/** What a container answers to an order. */
export interface Report extends ReportDetails {
  /** Whether something is left to do at the present time. */
  readonly busy: boolean;
  /** Tick of its next timer. */
  readonly due: number | undefined;
  /** Number of the next round of the present time. */
  readonly round: number;
  readonly sent: readonly Sent[];
  readonly answers: readonly Answer[];
  readonly failures: readonly StepFailure[];
  /** What was observed, in order. */
  readonly events: readonly TraceEvent[];
}

/** What only some orders bring. */
export interface ReportDetails {
  /** Of a round that may be the last: whether it has done what `finish` says. */
  readonly finished?: boolean | undefined;
  /** Of a round, where asked for: ids of the first agents that were served. */
  readonly agents?: readonly string[] | undefined;
  /** Of `read`, and with `reads`: the values of the request, up to the first agent that could not be read. */
  readonly values?: OutputValues | undefined;
  /** Of `spawn`: why an agent could not be made; null if it was. */
  readonly refused?: readonly (Error | null)[] | undefined;
  /** What has changed among its agents since they were told the last time. */
  readonly changes?: Changes | undefined;
  /** What its agents have sent to other populations, told with `changes`. */
  readonly packs?: readonly Pack[] | undefined;
  /** Why the order could not be carried out. */
  readonly error?: Error | undefined;
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
  readonly outputs: readonly (readonly [agent: string, events: Readonly<Record<string, readonly EmittedEvent[]>>])[];
  /** Events that there was no room for; left out if there was for all. */
  readonly lost?: number;
  /** Deliveries to its agents so far, by kind. */
  readonly deliveries: readonly number[];
}
