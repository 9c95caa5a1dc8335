import type { Agent } from "../agent/agent.ts";
import { AgentError, type Tag } from "../errors.ts";
import { Hash64 } from "../hash.ts";
import type { Activity } from "./activity.ts";
import type { LinkState } from "./communication.ts";
import { type Delivery, RANK_NONE, type Sender } from "./delivery.ts";
import { expectRejection } from "./rejections.ts";
import type { Wait } from "./wait.ts";

/** Life of an agent: `new` until its birth is served, `setup` until its setup has settled. */
export type LifeState = "new" | "setup" | "ready" | "removed";

/** What the engine knows about a class of agents. */
export interface AgentType {
  readonly name: string;
  /** Methods that a peer may call. */
  readonly exposed: ReadonlyMap<string, (...args: unknown[]) => unknown>;
  /** Names of what a bridge may read and the agent may emit. */
  readonly outputs: readonly string[];
}

const NONE: readonly never[] = Object.freeze([]);

/** What few agents ever have; made with the first of it. */
class Seldom {
  /** Children spawned without a name. */
  children = 0;
  /** Simulated waits beyond the first, by number. */
  moreWaits: Map<number, Wait> | undefined = undefined;
  /** Messages that came before its setup had settled. */
  held: Delivery[] | undefined = undefined;
  /** Its links to other agents, if it has used one of a communication model. */
  links: Map<string, LinkState> | undefined = undefined;
  /** Errors of its own so far. */
  faults = 0;
  /** Reported as waiting on nothing simulated. */
  reported = false;
  /** Its random numbers. */
  random: (() => number) | undefined = undefined;
}

/**
 * What the engine keeps about one agent, beside the user's object. There may be a million: what most agents never use
 * is made when it is first used, and a removed agent keeps only what its id and its part of the trace hash need.
 */
export class AgentRecord implements Sender {
  readonly id: string;
  rank = RANK_NONE;
  readonly type: AgentType;
  agent: Agent | undefined;
  state: LifeState = "new";
  /** Emissions so far: the number of the next one. */
  seq = 0;
  /** Runs of its code that have not ended. */
  open: readonly Activity[] = NONE;
  /** Simulated waits that have not ended: the first one here, others in `Seldom`. Most agents wait for one thing at a time. */
  #wait: Wait | undefined;
  /** Those of its waits that nobody awaits yet: futures whose promise was not asked for. */
  unawaited = 0;
  /** First of its timers in the queue, linked by `nextOwn` and `previousOwn`. */
  #timers: Delivery | undefined;
  /** Chain over everything delivered to it. */
  readonly chain = new Hash64();
  /** Turn of the event loop before which it was last served. */
  servedAtTurn = -1;
  #seldom: Seldom | undefined;

  constructor(id: string, type: AgentType) {
    this.id = id;
    this.type = type;
  }

  /** Number of simulated waits that have not ended. */
  get waits(): number {
    return (this.#wait === undefined ? 0 : 1) + (this.#seldom?.moreWaits?.size ?? 0);
  }

  /** What it has of what few agents have, to write to. */
  get seldom(): Seldom {
    this.#seldom ??= new Seldom();
    return this.#seldom;
  }

  /** Messages that came before its setup had settled. */
  get held(): readonly Delivery[] {
    return this.#seldom?.held ?? NONE;
  }

  /** Whether it was reported as waiting on nothing simulated. */
  get reported(): boolean {
    return this.#seldom?.reported === true;
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
      const { seldom } = this;
      seldom.moreWaits ??= new Map();
      seldom.moreWaits.set(wait.seq, wait);
    }
  }

  /** Take out the wait of number `seq`; undefined if it has ended before. */
  takeWait(seq: number): Wait | undefined {
    const first = this.#wait;
    if (first !== undefined && first.seq === seq) {
      this.#wait = undefined;
      return first;
    }
    const more = this.#seldom?.moreWaits;
    const wait = more?.get(seq);
    if (wait !== undefined) more?.delete(seq);
    return wait;
  }

  /** The wait of number `seq`, which stays. */
  waitOf(seq: number): Wait | undefined {
    return this.#wait?.seq === seq ? this.#wait : this.#seldom?.moreWaits?.get(seq);
  }

  /** Note a timer of its own that goes into the queue. */
  addTimer(timer: Delivery): void {
    const next = this.#timers;
    timer.nextOwn = next;
    if (next !== undefined) next.previousOwn = timer;
    this.#timers = timer;
  }

  /** Forget a timer that has left the queue. */
  dropTimer(timer: Delivery): void {
    const { nextOwn, previousOwn } = timer;
    if (previousOwn !== undefined) previousOwn.nextOwn = nextOwn;
    else if (this.#timers === timer) this.#timers = nextOwn;
    if (nextOwn !== undefined) nextOwn.previousOwn = previousOwn;
    timer.nextOwn = undefined;
    timer.previousOwn = undefined;
  }

  /** Take all its timers out; the caller cancels them. */
  takeTimers(): Delivery[] {
    const timers: Delivery[] = [];
    for (let timer = this.#timers; timer !== undefined; timer = this.#timers) {
      this.dropTimer(timer);
      timers.push(timer);
    }
    return timers;
  }

  /** Keep a message until its setup has settled. */
  hold(delivery: Delivery): void {
    const { seldom } = this;
    if (seldom.held === undefined) seldom.held = [delivery];
    else seldom.held.push(delivery);
  }

  /** The messages that were kept; none is any more. */
  takeHeld(): readonly Delivery[] {
    const { held } = this;
    if (this.#seldom !== undefined) this.#seldom.held = undefined;
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
    const waits = [...(this.#wait === undefined ? [] : [this.#wait]), ...(this.#seldom?.moreWaits?.values() ?? [])];
    this.#wait = undefined;
    if (this.#seldom !== undefined) {
      this.#seldom.moreWaits = undefined;
      this.#seldom.links = undefined;
    }
    this.unawaited = 0;
    for (const wait of waits) wait.reject(expectRejection(this.gone(tag)));
    this.agent = undefined;
    this.open = NONE;
  }

  /** The error for whoever uses this agent after its removal. */
  gone(tag: Tag): AgentError {
    return new AgentError("ERR_AGENT_GONE", `agent "${this.id}" was removed`, { agent: this.id, tag });
  }
}
