/** What an agent's record has that knows of no record itself. */
import type { Cause } from "../trace/cause.ts";

/** One direction between two agents; it belongs to the sender, so that it is the same wherever the receiver lives. */
export interface LinkState {
  /** Draws in the order of the sender's messages on this link alone. */
  readonly random: () => number;
  /** Ticks until which earlier messages take the bandwidth. */
  busyUntilTicks: number;
}

/** What the engine itself calls of the user's object. */
export interface LivingAgent {
  setup(): void | Promise<void>;
  stop(): void | Promise<void>;
}

/** Life of an agent: `new` until its birth is served, `setup` until its setup has settled. */
export type LifeState = "new" | "setup" | "ready" | "removed";

/** Takes timers back; agent code may not at any time. */
export interface TimerOwner<Timer> {
  /** False if it has run or was cancelled before. */
  cancelTimer(timer: Timer): boolean;
}

/** What the engine knows about a class of agents in one container: with it stands what all of them have. */
export interface AgentType<Owner> {
  readonly name: string;
  /** Whose agents they are. */
  readonly owner: Owner;
  /** Methods that a peer may call. */
  readonly exposed: ReadonlyMap<string, (...args: unknown[]) => unknown>;
  /** Names of what a bridge may read and the agent may emit. */
  readonly outputs: readonly string[];
}

/** What observers were told last of one agent's outputs. */
export class ShownValues {
  /** Events so far. */
  count = 0;
  /** Of each output, in the class's order: the value if it is a primitive, else its digest; undefined before the first. */
  readonly last: unknown[] = [];
  /** The last event of the agent in this round; undefined if there was none. */
  served: Cause | undefined = undefined;
}

/** Whom an agent knows. */
export class Neighbours {
  readonly ids: readonly string[];
  /** Proxies of them; made when they are first asked for. */
  proxies: readonly object[] | undefined = undefined;

  constructor(ids: readonly string[]) {
    this.ids = ids;
  }
}
