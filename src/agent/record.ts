import { AgentError, type Tag } from "../errors.ts";
import { Hash64 } from "../hash.ts";
import type { Activity } from "./activity.ts";
import type { Agent } from "./agent.ts";
import type { LinkState } from "./communication.ts";
import type { Delivery, Sender } from "./delivery.ts";
import { expectRejection } from "./rejections.ts";

/** A call or another simulated wait whose promise the agent holds. */
export interface Wait {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Whom it waits for. */
  readonly peer: string;
  readonly method: string;
  /** Ends a call that has a time-out. */
  deadline: Delivery | undefined;
  /** Activity that opened it, if the run is observed. */
  readonly activity: Activity | undefined;
}

/** Life of an agent: `new` until its birth is served, `setup` until its setup has settled. */
export type LifeState = "new" | "setup" | "ready" | "removed";

/** What the engine keeps about one agent, beside the user's object. */
export class AgentRecord implements Sender {
  readonly id: string;
  rank = 0;
  /** Name of the class. */
  readonly type: string;
  /** Methods that a peer may call. */
  readonly exposed: ReadonlyMap<string, (...args: unknown[]) => unknown>;
  /** Names of what a bridge may read and the agent may emit. */
  readonly outputs: readonly string[];
  agent: Agent | undefined;
  state: LifeState = "new";
  /** Emissions so far: the number of the next one. */
  seq = 0;
  /** Children spawned without a name. */
  children = 0;
  /** Runs of its code that have not ended. */
  readonly open: Activity[] = [];
  /** Simulated waits that have not ended, by the number of their emission. */
  readonly pending = new Map<number, Wait>();
  /** Those of `pending` that nobody awaits yet: futures whose promise was not asked for. */
  unawaited = 0;
  /** Messages that came before its setup had settled. */
  held: Delivery[] = [];
  /** Chain over everything delivered to it. */
  readonly chain = new Hash64();
  /** Its links to other agents, if it has used one of a communication model. */
  links: Map<string, LinkState> | undefined;
  /** Errors of its own so far. */
  faults = 0;
  /** Reported as waiting on nothing simulated. */
  reported = false;

  constructor(
    id: string,
    type: string,
    exposed: ReadonlyMap<string, (...args: unknown[]) => unknown>,
    outputs: readonly string[],
  ) {
    this.id = id;
    this.type = type;
    this.exposed = exposed;
    this.outputs = outputs;
  }

  /** Whether some code of the agent runs, or waits for something that is not simulated. */
  get unsettled(): boolean {
    return this.open.length > this.pending.size - this.unawaited;
  }

  /** Whether code of the agent is open and nothing simulated can let it go on. */
  get stuck(): boolean {
    return this.open.length > 0 && this.pending.size === this.unawaited;
  }

  /** Note that `activity` goes on after its handler returned. */
  opened(activity: Activity): void {
    activity.slot = this.open.length;
    this.open.push(activity);
  }

  /** Note that `activity` has ended. */
  closed(activity: Activity): void {
    const last = this.open.pop();
    if (last !== undefined && last !== activity) {
      this.open[activity.slot] = last;
      last.slot = activity.slot;
    }
    activity.slot = -1;
  }

  /** Reject every wait, so that `finally` runs, and let go of the user's object. */
  end(tag: Tag): void {
    const waits = [...this.pending.values()];
    this.pending.clear();
    this.unawaited = 0;
    for (const wait of waits) wait.reject(expectRejection(this.gone(tag)));
    this.agent = undefined;
    this.links = undefined;
  }

  /** The error for whoever uses this agent after its removal. */
  gone(tag: Tag): AgentError {
    return new AgentError("ERR_AGENT_GONE", `agent "${this.id}" was removed`, { agent: this.id, tag });
  }
}
