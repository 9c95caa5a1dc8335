import type { Timed } from "../clock/timer-queue.ts";
import type { AgentRecord } from "./record.ts";

/** What a delivery is. The numbers go into the trace hash: never renumber them. */
export const Kind = { input: 0, timer: 1, reply: 2, failure: 3, external: 4, request: 5, oneway: 6 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Names of the kinds in the trace. */
export const KIND_NAMES = ["input", "timer", "reply", "failure", "external", "request", "oneway"] as const;

/** Class in which a kind is served: 0 inputs, 1 timers, 2 replies, 3 messages. */
export const CLASS_OF: readonly number[] = [0, 1, 2, 2, 2, 3, 3];

/** Number of classes. */
export const CLASSES = 4;

/** Who emits: an agent, or what stands outside the simulation. */
export interface Sender {
  readonly id: string;
  /**
   * Place among all senders in the order of their ids; negative for what is outside, which comes before every agent.
   * `RANK_NONE`: not given yet.
   */
  readonly rank: number;
}

/** Rank of an agent that has none yet: its id is compared. */
export const RANK_NONE = 2 ** 31 - 1;

/** Sender of what comes from outside: a bridge's inputs and calls, live peers. */
export const OUTSIDE: Sender = { id: "@", rank: -1 };

/** Sender of the answer that the caller of an agent gets which does not exist. */
export function nobody(caller: string): Sender {
  return { id: `${NOBODY}${caller}`, rank: -2 };
}

/** What the ids of such senders begin with. */
export const NOBODY = "@unknown/";

/** Order of senders and receivers: by id, in code units; ranks say the same in less time. */
export function compareSenders(a: Sender, b: Sender): number {
  const byRank = a.rank - b.rank;
  if (a.rank < 0 || b.rank < 0 || (a.rank !== RANK_NONE && b.rank !== RANK_NONE)) return byRank;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** One thing that happens to an agent at a tag. One shape for all kinds, so that the engine sees one. */
export class Delivery implements Timed {
  dueTicks = -1;
  slot = -1;
  readonly kind: Kind;
  readonly to: string;
  /** Record of `to`, once it is known. */
  receiver: AgentRecord | undefined;
  readonly from: Sender;
  /** Number among the sender's emissions. */
  readonly seq: number;
  readonly method: string;
  /** Arguments, result, `[code, name, message]` of a failure, or undefined. */
  readonly content: unknown;
  /** For an answer or a time-out, the number of the call that it ends; otherwise -1. */
  readonly callSeq: number;
  /** What a timer runs. */
  readonly run: (() => unknown) | undefined;
  /** Id of the event during which it was emitted, if the run is observed. */
  readonly cause: string | undefined;
  /** True once a timer has run or was cancelled. */
  spent = false;
  /** Neighbours among the agent's timers in the queue. */
  nextOwn: Delivery | undefined = undefined;
  previousOwn: Delivery | undefined = undefined;

  constructor(
    kind: Kind,
    to: string,
    receiver: AgentRecord | undefined,
    from: Sender,
    seq: number,
    method: string,
    content: unknown,
    callSeq: number,
    run: (() => unknown) | undefined,
    cause: string | undefined,
  ) {
    this.kind = kind;
    this.to = to;
    this.receiver = receiver;
    this.from = from;
    this.seq = seq;
    this.method = method;
    this.content = content;
    this.callSeq = callSeq;
    this.run = run;
    this.cause = cause;
  }

  /** What an agent gives itself: a timer, or the end of an external. */
  static own(
    kind: Kind,
    record: AgentRecord,
    seq: number,
    content: unknown,
    callSeq: number,
    run: (() => unknown) | undefined,
    cause: string | undefined,
  ): Delivery {
    return new Delivery(kind, record.id, record, record, seq, "", content, callSeq, run, cause);
  }

  /** What comes from outside. */
  static outside(kind: Kind, to: string, seq: number, method: string, content: unknown): Delivery {
    return new Delivery(kind, to, undefined, OUTSIDE, seq, method, content, -1, undefined, undefined);
  }

  /** The same once more. */
  copy(): Delivery {
    const { kind, to, receiver, from, seq, method, content, callSeq, run, cause } = this;
    return new Delivery(kind, to, receiver, from, seq, method, content, callSeq, run, cause);
  }

  /** The event's id, the same for any number of containers. */
  get id(): string {
    return `${this.from.id}#${this.seq}`;
  }
}
