import { byCodeUnits } from "./round.ts";

/** What a message from one agent to another suffers on its way. What is left out does not happen. */
export interface Link {
  /** Seconds on the way, at least 0. */
  readonly delay?: number;
  /** Seconds, at least 0: each message takes up to so much longer, uniformly. Messages may overtake each other. */
  readonly jitter?: number;
  /** Probability that a message is lost, 0 to 1. */
  readonly loss?: number;
  /** Probability that a message arrives twice, 0 to 1; the second one draws a jitter of its own. */
  readonly duplication?: number;
  /**
   * Bytes per second, above 0: messages leave one after the other, each for as long as its method and its arguments, its
   * result or its error take in MsgPack.
   */
  readonly bandwidth?: number;
}

/** A link's quality and whose it is: for one pair of agents, all links of a sender, all of a receiver, or all. */
export interface LinkRule extends Link {
  /** Sender's id; absent: any. */
  readonly from?: string;
  /** Receiver's id; absent: any. */
  readonly to?: string;
}

/** A time in which groups of agents do not reach one another. */
export interface Partition {
  /** Seconds at which it begins; a message sent at this time is lost. */
  readonly at: number;
  /** Seconds at which it is healed; a message sent at this time arrives. Absent: never. */
  readonly until?: number;
  /** Ids of the agents of each group. Those in none form one more group. */
  readonly groups: readonly (readonly string[])[];
}

/** A message as a link function sees it; it must not change anything in it. */
export interface LinkMessage {
  /** `reply` is the answer to a call, be it a result or an error. */
  readonly kind: "request" | "reply" | "oneway";
  readonly method: string;
  /** Arguments, result, or `[code, name, message]`. */
  readonly content: unknown;
  /** Seconds at which it is sent. */
  readonly time: number;
}

/**
 * Quality of the link from one agent to another for this message; undefined: perfect. It must depend on its arguments
 * alone, or a run does not repeat.
 */
export type LinkFunction = (from: string, to: string, message: LinkMessage) => Link | undefined;

/** How messages between agents travel. */
export interface CommunicationModel {
  /**
   * Links as one quality for all, as rules, or as a function. Of several rules that fit, the most special one counts
   * alone: that of the pair, else of the sender, else of the receiver, else of all.
   */
  readonly links?: Link | readonly LinkRule[] | LinkFunction;
  readonly partitions?: readonly Partition[];
  /**
   * Simulated seconds after which a call without an answer fails with `ERR_CALL_TIMEOUT`. Default: none, so that a call
   * whose request or answer is lost waits for ever. `connect` can set another one.
   */
  readonly callTimeout?: number;
}

const BOUNDS: Readonly<Record<keyof Link, readonly [allowed: (value: number) => boolean, text: string]>> = {
  delay: [(value) => value >= 0 && Number.isFinite(value), "a number of seconds of at least 0"],
  jitter: [(value) => value >= 0 && Number.isFinite(value), "a number of seconds of at least 0"],
  loss: [(value) => value >= 0 && value <= 1, "a probability from 0 to 1"],
  duplication: [(value) => value >= 0 && value <= 1, "a probability from 0 to 1"],
  bandwidth: [(value) => value > 0, "a number of bytes per second above 0"],
};

/**
 * Check a link's numbers.
 *
 * @param whose - For the message, as `a to b`.
 * @throws RangeError.
 */
export function checkLink(link: Link, whose: string): Link {
  for (const [name, [allowed, text]] of Object.entries(BOUNDS)) {
    const value = link[name as keyof Link];
    if (value === undefined || (typeof value === "number" && allowed(value))) continue;
    throw new RangeError(`${name} of the link ${whose} must be ${text}, got ${value}`);
  }
  return link;
}

/** The quality of each link, from data. Ids have no white space, so a pair is a string with one. */
export function linkTable(links: Link | readonly LinkRule[]): (from: string, to: string) => Link | undefined {
  const rules: readonly LinkRule[] = Array.isArray(links) ? links : [links as Link];
  const table = new Map<string, Link>();
  for (const rule of rules) {
    const { from = "", to = "" } = rule;
    const key = `${from} ${to}`;
    const whose = `${from || "any"} to ${to || "any"}`;
    if (table.has(key)) throw new RangeError(`there are two rules for the link ${whose}`);
    table.set(key, checkLink(rule, whose));
  }
  const all = table.get(" ");
  if (table.size === 1 && all !== undefined) return () => all;
  return (from, to) => table.get(`${from} ${to}`) ?? table.get(`${from} `) ?? table.get(` ${to}`) ?? all;
}

/** When it begins and ends in ticks, and which group an agent is in. */
export interface Cut {
  readonly atTicks: number;
  readonly untilTicks: number;
  readonly groupOf: ReadonlyMap<string, number>;
}

/**
 * A partition in ticks.
 *
 * @throws RangeError if it ends before it begins, or an agent is in two groups.
 */
export function cutOf({ at, until, groups }: Partition, toTicks: (seconds: number) => number): Cut {
  const atTicks = toTicks(at);
  const untilTicks = until === undefined ? Infinity : toTicks(until);
  if (untilTicks < atTicks) throw new RangeError(`a partition must end after it begins at ${at} s, got ${until} s`);
  const groupOf = new Map<string, number>();
  for (const [group, ids] of groups.entries()) {
    for (const id of [...ids].sort(byCodeUnits)) {
      if (groupOf.has(id)) throw new RangeError(`agent "${id}" is twice in the groups of the partition at ${at} s`);
      groupOf.set(id, group);
    }
  }
  return { atTicks, untilTicks, groupOf };
}
