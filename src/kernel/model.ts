import type { Bucket, Timed } from "../clock/timer-queue.ts";
import { AgentError, type Tag } from "../errors.ts";
import { withoutStack } from "../frames.ts";
import { Hash64 } from "../hash.ts";
import { AsyncLocalStorage } from "../host.ts";
import { ExpectedError } from "./event-loop.ts";
import { type Kind, RANK_NONE, type Sender } from "./order.ts";
import type {
  AgentType,
  LifeState,
  LinkState,
  LivingAgent,
  Neighbours,
  ShownValues,
  TimerOwner,
} from "./record/parts.ts";
import type { Cause } from "./trace/cause.ts";

export * from "./record/parts.ts";

/** One thing that comes to an agent at a tag: a message, an answer, the end of an external. One shape for all kinds. */
export class Delivery {
  readonly kind: Kind;
  readonly to: string;
  /** Record of `to`, once it is known. */
  receiver: AgentRecord | undefined;
  readonly from: Sender;
  /** Number among the sender's emissions. */
  readonly seq: number;
  readonly method: string;
  /** What `content` gives; of a message with one flat argument that argument alone, which saves an array for each. */
  readonly value: unknown;
  /** Whether `value` is one argument. */
  readonly single: boolean;
  /** For an answer, the number of the call that it ends; otherwise -1. */
  readonly callSeq: number;
  /** Event during which it was emitted, if the run is observed. */
  readonly cause: Cause | undefined;

  constructor(
    kind: Kind,
    to: string,
    receiver: AgentRecord | undefined,
    from: Sender,
    seq: number,
    method: string,
    content: unknown,
    callSeq: number,
    cause: Cause | undefined,
    single = false,
  ) {
    this.kind = kind;
    this.to = to;
    this.receiver = receiver;
    this.from = from;
    this.seq = seq;
    this.method = method;
    this.value = content;
    this.single = single;
    this.callSeq = callSeq;
    this.cause = cause;
  }

  /** Arguments, result, `[code, name, message]` of a failure, or undefined. */
  get content(): unknown {
    return this.single ? [this.value] : this.value;
  }

  /** The event's id, the same for any number of containers. */
  get id(): string {
    return `${this.from.id}#${this.seq}`;
  }
}

/** A delivery that is on its way for some time. */
export class DelayedDelivery implements Timed {
  bucket: Bucket | undefined = undefined;
  slot = -1;
  readonly delivery: Delivery;

  constructor(delivery: Delivery) {
    this.delivery = delivery;
  }
}

/** Slot of a timer that has run or was cancelled. */
const SPENT = -2;

/**
 * A timer of an agent: a callback, or the end of a sleep. Nobody but the kernel has it, the agent gets a `TimerHandle`:
 * once it has fired it is set again, see `TimerPool`.
 */
export class AgentTimer implements Timed {
  bucket: Bucket | undefined = undefined;
  slot = -1;
  record: AgentRecord;
  /** Number among the agent's emissions. */
  seq: number;
  /** The callback; undefined: it ends a wait. */
  run: (() => unknown) | undefined;
  /** Event during which it was set, if the run is observed. */
  cause: Cause | undefined;

  constructor(record: AgentRecord, seq: number, run: (() => unknown) | undefined, cause: Cause | undefined) {
    this.record = record;
    this.seq = seq;
    this.run = run;
    this.cause = cause;
  }

  /** Number of the wait that it ends: a sleep has that of its timer. */
  get waitSeq(): number {
    return this.seq;
  }

  /** True once it has run or was cancelled. */
  get spent(): boolean {
    return this.slot === SPENT;
  }

  /** It has run or was cancelled. */
  spend(): void {
    this.slot = SPENT;
  }

  /** The event's id. */
  get id(): string {
    return `${this.record.id}#${this.seq}`;
  }
}

/** The time-out of a call: ends its wait with an error. */
export class Deadline extends AgentTimer {
  readonly #callSeq: number;

  constructor(record: AgentRecord, seq: number, callSeq: number, cause: Cause | undefined) {
    super(record, seq, undefined, cause);
    this.#callSeq = callSeq;
  }

  override get waitSeq(): number {
    return this.#callSeq;
  }
}

/** A call or another simulated wait whose promise the agent holds. */
export class Wait {
  /** Number of the emission that opened it. */
  readonly seq: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Whom it waits for. */
  readonly peer: string;
  readonly method: string;
  /** Activity that opened it, if that is followed. */
  readonly activity: Activity | undefined;
  /** Ends a call that has a time-out. */
  deadline: Deadline | undefined = undefined;

  constructor(
    seq: number,
    resolve: (value: unknown) => void,
    reject: (error: Error) => void,
    peer: string,
    method: string,
    activity: Activity | undefined,
  ) {
    this.seq = seq;
    this.resolve = resolve;
    this.reject = reject;
    this.peer = peer;
    this.method = method;
    this.activity = activity;
  }
}

/** What may stop an agent's code from doing what would not repeat. */
export interface StrictMode {
  /** Let the run fail because the activity's code called `what`; gives the error for that code. */
  caught(activity: Activity, what: string, instead: string): Error;
}

/** One run of an agent's code: from the event that started it to the end of its promise. */
export class Activity {
  readonly record: AgentRecord;
  /** Method, `setup`, `stop`, `timer` or `task`. */
  readonly name: string;
  /** Event that last let it go on: what it emits now is caused by that. */
  cause: Cause | undefined;
  /** The call that waits for its outcome. */
  readonly call: Delivery | undefined;
  /** Strict mode of its container. */
  readonly strict: StrictMode | undefined;
  /** Place in its agent's list of open activities, or -1. */
  slot = -1;
  /** True once its outcome no longer interests anybody: the agent was removed. */
  abandoned = false;

  constructor(
    record: AgentRecord,
    name: string,
    cause: Cause | undefined,
    call: Delivery | undefined,
    strict: StrictMode | undefined,
  ) {
    this.record = record;
    this.name = name;
    this.cause = cause;
    this.call = call;
    this.strict = strict;
  }
}

/**
 * The activity that runs now. It is followed through promises only while a run is observed, because that slows every
 * promise of the process; an unobserved run does not need causes. Strict mode needs it always.
 */
export const current = new AsyncLocalStorage<Activity | undefined>();

/** Uses of its API that an agent is refused before it is mute. */
const REFUSALS_MAX = 100;

const NONE: readonly never[] = Object.freeze([]);

/** What few agents ever have; made with the first of it. */
class RareState {
  /** Children spawned without a name. */
  children = 0;
  /** Simulated waits beyond the first, by number. */
  moreWaits: Map<number, Wait> | undefined = undefined;
  /** Timers beyond the first. */
  moreTimers: Set<AgentTimer> | undefined = undefined;
  /** Messages that came before its setup had settled. */
  held: Delivery[] | undefined = undefined;
  /** Its links to other agents, if it has used one of a communication model. */
  links: Map<string, LinkState> | undefined = undefined;
  /** Errors of its own so far. */
  faults = 0;
  /** Those of its waits that nobody awaits yet: futures whose promise was not asked for. */
  unawaited = 0;
  /** Reported as waiting on nothing simulated. */
  reported = false;
  /** Uses of its API that were refused. */
  refusals = 0;
  /** Its random numbers. */
  random: (() => number) | undefined = undefined;
  /** What observers were told of its outputs. */
  shown: ShownValues | undefined = undefined;
  /** Whom it knows, if its spawn has said so. */
  neighbours: Neighbours | undefined = undefined;
}

/**
 * What the engine keeps about one agent, beside the user's object. There may be a million: what most agents never use
 * is made when it is first used, and a removed agent keeps only what its id and its part of the trace hash need.
 */
export class AgentRecord extends Hash64 implements Sender {
  readonly id: string;
  rank = RANK_NONE;
  readonly type: AgentType<TimerOwner<AgentTimer>>;
  /** The user's object; undefined before it is constructed and after its removal. */
  agent: LivingAgent | undefined;
  state: LifeState = "new";
  /** Emissions so far: the number of the next one. */
  seq = 0;
  /** Runs of its code that have not ended. */
  open: readonly Activity[] = NONE;
  /** Simulated waits that have not ended: the first one here, others in `RareState`. Most agents wait for one thing at a time. */
  #wait: Wait | undefined;
  /** A timer of its that has not fired; others in `RareState`, as with waits. Most agents have one at a time. */
  #timer: AgentTimer | undefined;
  /** To whom it has sent last, by the text that it has used: most agents send to one other again and again. */
  lastTo = "";
  lastReceiver: AgentRecord | undefined = undefined;
  /** Turn of the event loop before which it was last served. */
  servedAtTurn = -1;
  #rare: RareState | undefined;

  constructor(id: string, type: AgentType<TimerOwner<AgentTimer>>) {
    super();
    this.id = id;
    this.type = type;
  }

  /** Chain over everything delivered to it: the record is its own, which is one object less to look up at each delivery. */
  get chain(): Hash64 {
    return this;
  }

  /** Number of simulated waits that have not ended. */
  get waits(): number {
    return (this.#wait === undefined ? 0 : 1) + (this.#rare?.moreWaits?.size ?? 0);
  }

  /** Those of its waits that nobody awaits yet. */
  get unawaited(): number {
    return this.#rare === undefined ? 0 : this.#rare.unawaited;
  }

  /** What it has of what few agents have, to write to. */
  get rare(): RareState {
    this.#rare ??= new RareState();
    return this.#rare;
  }

  /** Messages that came before its setup had settled. */
  get held(): readonly Delivery[] {
    return this.#rare?.held ?? NONE;
  }

  /** Whom it knows, if its spawn has said so. */
  get known(): Neighbours | undefined {
    return this.#rare?.neighbours;
  }

  /** Whether it was reported as waiting on nothing simulated. */
  get reported(): boolean {
    return this.#rare?.reported === true;
  }

  /**
   * Whether it goes on and on although its run is over, as `for (;;) try { await this.clock.sleep(1) } catch {}` does. From then
   * on nothing it does has an effect and its waits do not end: one more refusal would keep the program busy for ever.
   */
  get mute(): boolean {
    return this.#rare !== undefined && this.#rare.refusals >= REFUSALS_MAX;
  }

  /** Whether some code of the agent runs, or waits for something that is not simulated. */
  get unsettled(): boolean {
    return this.open.length > this.waits - this.unawaited;
  }

  /** Whether code of the agent is open and nothing simulated can let it go on. */
  get stuck(): boolean {
    return this.open.length > 0 && this.waits === this.unawaited;
  }

  /** Note a wait. */
  addWait(wait: Wait): void {
    if (this.#wait === undefined) this.#wait = wait;
    else {
      const { rare } = this;
      rare.moreWaits ??= new Map();
      rare.moreWaits.set(wait.seq, wait);
    }
  }

  /** Take out the wait of number `seq`; undefined if it has ended before. */
  takeWait(seq: number): Wait | undefined {
    const first = this.#wait;
    if (first !== undefined && first.seq === seq) {
      this.#wait = undefined;
      return first;
    }
    const more = this.#rare?.moreWaits;
    const wait = more?.get(seq);
    if (wait !== undefined) more?.delete(seq);
    return wait;
  }

  /** The wait of number `seq`, which stays. */
  waitOf(seq: number): Wait | undefined {
    return this.#wait?.seq === seq ? this.#wait : this.#rare?.moreWaits?.get(seq);
  }

  /** Note a timer of its own that is to fire. */
  addTimer(timer: AgentTimer): void {
    if (this.#timer === undefined) this.#timer = timer;
    else {
      const { rare } = this;
      rare.moreTimers ??= new Set();
      rare.moreTimers.add(timer);
    }
  }

  /** Forget a timer that fires now or was cancelled. */
  dropTimer(timer: AgentTimer): void {
    if (this.#timer === timer) this.#timer = undefined;
    else this.#rare?.moreTimers?.delete(timer);
  }

  /** Take all its timers out; the caller cancels them. */
  takeTimers(): AgentTimer[] {
    const timers = [...(this.#timer === undefined ? [] : [this.#timer]), ...(this.#rare?.moreTimers ?? [])];
    this.#timer = undefined;
    if (this.#rare !== undefined) this.#rare.moreTimers = undefined;
    return timers;
  }

  /** Keep a message until its setup has settled. */
  hold(delivery: Delivery): void {
    const { rare } = this;
    if (rare.held === undefined) rare.held = [delivery];
    else rare.held.push(delivery);
  }

  /** The messages that were kept; none is any more. */
  takeHeld(): readonly Delivery[] {
    const { held } = this;
    if (this.#rare !== undefined) this.#rare.held = undefined;
    return held;
  }

  /** Note that `activity` goes on after its handler returned. */
  opened(activity: Activity): void {
    activity.slot = this.open.length;
    if (this.open === NONE) this.open = [activity];
    else (this.open as Activity[]).push(activity);
  }

  /** Note that `activity` has ended. */
  closed(activity: Activity): void {
    const open = this.open as Activity[];
    const last = open.pop();
    if (last !== undefined && last !== activity) {
      open[activity.slot] = last;
      last.slot = activity.slot;
    }
    activity.slot = -1;
    if (open.length === 0) this.open = NONE;
  }

  /** Reject every wait, so that `finally` runs, and let go of everything that only a living agent needs. */
  end(tag: Tag): void {
    const waits = [this.#wait, ...(this.#rare?.moreWaits?.values() ?? NONE)];
    this.#wait = undefined;
    if (this.#rare !== undefined) {
      this.#rare.moreWaits = undefined;
      this.#rare.links = undefined;
      this.#rare.shown = undefined;
      this.#rare.neighbours = undefined;
      this.#rare.unawaited = 0;
    }
    // Where it is ended is no place of its code, and a stack would be most of what the error costs.
    for (const wait of waits) wait?.reject(withoutStack(() => this.gone(tag, ExpectedError)));
    this.agent = undefined;
    this.lastTo = "";
    this.lastReceiver = undefined;
    this.open = NONE;
  }

  /** The error for whoever uses this agent after its removal, of this class. */
  gone(tag: Tag, Type = AgentError): AgentError {
    return new Type("ERR_AGENT_GONE", `agent "${this.id}" was removed`, { agent: this.id, tag });
  }
}
