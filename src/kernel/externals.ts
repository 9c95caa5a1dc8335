import { AgentError, describeError, RunError } from "../errors.ts";
import { Delivery, Kind } from "./delivery.ts";
import type { Kernel } from "./kernel.ts";
import type { AgentRecord } from "./record.ts";

/** Real I/O that an agent has opened at a tag and whose end the next round waits for. */
export interface External {
  readonly record: AgentRecord;
  /** Number of the emission, under which its agent's wait is kept. */
  readonly seq: number;
  readonly cause: string | undefined;
  readonly promise: Promise<unknown>;
}

/** How an external ended. */
export type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

/** Results of externals that a recording has: of the agent's external of this number. */
export type RecordedExternals = (agent: string, seq: number) => Promise<unknown>;

/** Wait for one external; never rejects. */
export async function settle(external: External): Promise<Outcome> {
  try {
    return { ok: true, value: await external.promise };
  } catch (error) {
    return { ok: false, error };
  }
}

/**
 * Wait for all externals of a tag, in wall time.
 *
 * @param timeoutMs - Bound on all of them together.
 * @returns Their outcomes, in the given order.
 * @throws {@link AgentError} `ERR_EXTERNAL_TIMEOUT` naming the agents that still wait.
 */
export async function settleExternals(externals: readonly External[], timeoutMs: number): Promise<Outcome[]> {
  const waiting = new Set(externals);
  const outcomes = externals.map(async (external) => {
    const outcome = await settle(external);
    waiting.delete(external);
    return outcome;
  });
  const late = () => {
    const agents = [...new Set([...waiting].map((external) => external.record.id))].slice(0, 10);
    const message = `external waits of ${agents.join(", ")} did not settle within ${timeoutMs} ms`;
    return new AgentError("ERR_EXTERNAL_TIMEOUT", message, { agent: agents[0] ?? "" });
  };
  return within(Promise.all(outcomes), timeoutMs, late);
}

/** What the agent gets: a copy of the value, or what may be told of the error. */
export function resultOf({ record, seq, cause }: External, outcome: Outcome, kernel: Kernel): Delivery {
  let content: { ok: boolean; content: unknown };
  try {
    if (!outcome.ok) throw outcome.error;
    content = { ok: true, content: kernel.copyFor(record.id, outcome.value, `${record.id}.external()`) };
  } catch (error) {
    content = { ok: false, content: [...describeError(error)] };
  }
  return Delivery.own(Kind.external, record, seq, content, -1, undefined, cause);
}

/** Wait, in wall time, until agents have stopped. Gives the error of the first that failed, or of those that did not end. */
export async function settleStops(stops: readonly Promise<void>[], timeoutMs: number): Promise<RunError | undefined> {
  const late = () => new RunError("ERR_RUN_STOP", `an agent's stop did not end within ${timeoutMs} ms`);
  try {
    for (const stop of await within(Promise.allSettled(stops), timeoutMs, late)) {
      if (stop.status === "fulfilled") continue;
      return new RunError("ERR_RUN_STOP", `an agent failed in stop: ${stop.reason}`, { cause: stop.reason });
    }
    return undefined;
  } catch (error) {
    return error as RunError;
  }
}

async function within<T>(work: Promise<T>, timeoutMs: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
