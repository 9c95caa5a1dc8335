import { AgentError, RemoteError } from "../errors.ts";
import { timeoutTicks } from "../kernel/communication.ts";
import type { Emissions } from "../kernel/emissions.ts";
import type { AgentRecord } from "../kernel/model.ts";
import {
  anything,
  checkArgument,
  checkOptions,
  listOf,
  number,
  type OptionChecks,
  required,
  shown,
  text,
} from "../options.ts";
import { idOfProxy, isLiveId } from "./references.ts";

/** Options of a gathering. */
export interface GatherOptions {
  /** Seconds until the deadline, above 0. */
  readonly within: number;
}

/** What one agent has answered. */
export interface GatheredAnswer<T = unknown, P = unknown> {
  /** Of the agent that answered. */
  readonly id: string;
  /** The same agent as it was given: its proxy, or its id. */
  readonly peer: P;
  readonly value: T;
}

/** Why one agent has not: what its method threw, or that there is no such agent. */
export interface GatheredRefusal<P = unknown> {
  readonly id: string;
  readonly peer: P;
  /** Its `code` tells: `ERR_REMOTE` for an error without one, `ERR_AGENT_UNKNOWN`, `ERR_AGENT_GONE`, … */
  readonly error: RemoteError;
}

/** What has come of a gathering; each list in the order in which the peers were given. */
export interface Gathered<T = unknown, P = unknown> {
  readonly answers: readonly GatheredAnswer<T, P>[];
  readonly refusals: readonly GatheredRefusal<P>[];
  /** Ids of those who had not answered before the deadline. */
  readonly late: readonly string[];
}

/** Arguments of a proxy's method. */
// biome-ignore lint/suspicious/noExplicitAny: of an untyped proxy nothing is known
export type MethodArguments<F> = 0 extends 1 & F ? readonly any[] : F extends (...args: infer A) => unknown ? A : never;

/** What a proxy's method resolves to. */
// biome-ignore lint/suspicious/noExplicitAny: any arguments will do
export type MethodResult<F> = F extends (...args: any[]) => infer R ? Awaited<R> : never;

const CHECKS: OptionChecks<GatherOptions> = { within: required(number({ above: 0, unit: "seconds" })) };

/** Call `method` of all `peers`, as `Agent.gather` says. Throws as it does. */
export async function gather(
  emissions: Emissions,
  record: AgentRecord,
  peers: readonly (string | object)[],
  method: string,
  args: readonly unknown[],
  options: GatherOptions,
  log: (message: string, fields: Record<string, unknown>) => void,
): Promise<Gathered> {
  const { kernel } = emissions;
  checkArgument("gather", "peers", peers, listOf(anything));
  checkArgument("gather", "method", method, text);
  checkArgument("gather", "args", args, listOf(anything));
  checkOptions("gather", options, CHECKS);
  const ticks = timeoutTicks(options.within, kernel.clock.resolution);
  const ids = idsOf(peers, record, kernel.references);
  const outcomes = await Promise.allSettled(ids.map((id) => emissions.call(record, id, method, args, false, ticks)));
  const answers: GatheredAnswer[] = [];
  const refusals: GatheredRefusal[] = [];
  const late: string[] = [];
  for (const [i, outcome] of outcomes.entries()) {
    const id = ids[i]!;
    const peer = peers[i]!;
    if (outcome.status === "fulfilled") answers.push({ id, peer, value: outcome.value });
    // What its own calls have come to is a RemoteError, whatever the code.
    else if (outcome.reason instanceof RemoteError) refusals.push({ id, peer, error: outcome.reason });
    else if (outcome.reason.code === "ERR_CALL_TIMEOUT") late.push(id);
    else throw outcome.reason;
  }
  if (late.length > 0) log(`gather: the answers of ${late.length} of ${ids.length} to ${method} are late`, { late });
  return { answers, refusals, late };
}

/** Ids of the peers. @throws AgentError `ERR_AGENT_PEER`. */
function idsOf(peers: readonly (string | object)[], record: AgentRecord, home: object): string[] {
  const ids = new Set<string>();
  for (const peer of peers) {
    const id = typeof peer === "string" ? peer : idOfPeer(peer, home);
    if (id === undefined || id === "" || isLiveId(id)) {
      const text = `gather: a peer is an agent of this run, by its id or as a proxy of it, got ${shown(peer)}`;
      throw new AgentError("ERR_AGENT_PEER", text, { agent: record.id });
    }
    if (ids.has(id)) {
      throw new AgentError("ERR_AGENT_PEER", `gather: "${id}" is there twice`, { agent: record.id });
    }
    ids.add(id);
  }
  return [...ids];
}

function idOfPeer(peer: unknown, home: object): string | undefined {
  const isProxy = (typeof peer === "object" && peer !== null) || typeof peer === "function";
  return isProxy ? idOfProxy(peer, home) : undefined;
}
