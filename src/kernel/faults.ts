import type { SimulationClock } from "../clock/simulation-clock.ts";
import { AgentError, ForeignAwaitError, RemoteError, RunError, type Tag, ZenoError } from "../errors.ts";
import { userPlace } from "../frames.ts";
import type { Limits } from "../limits.ts";
import type { AgentRecord } from "./model.ts";
import { byCodeUnits, compareFailures } from "./order.ts";

/** What goes wrong in a run, in words: the errors of the engine that name agents, and their order. */

/** Agents that one message names, at most. */
export const NAMED_AGENTS_MAX = 10;

/** Last rounds before the bound whose agents are taken for those of an endless exchange. */
export const CHAIN_ROUNDS = 10;

/** State of a run: a failed or closed one takes no further steps. */
export type Phase = "idle" | "advancing" | "failed" | "closed";

/** An error that fails the step, with what puts it in order among others of the same round. */
export interface StepFailure {
  readonly agent: string;
  readonly error: Error;
}

/** Of what failed in one round, the error of the first agent and the first of its own; it tells of the others. */
export function firstOf(failures: readonly StepFailure[]): Error {
  const inOrder = [...failures].sort(compareFailures);
  // What is nobody's in particular is told to every container that runs.
  const told = new Set<string>();
  const [first, ...others] = inOrder
    .filter(({ agent, error }) => agent !== "" || (!told.has(error.message) && told.add(error.message)))
    .map((failure) => failure.error);
  if (others.length > 0) {
    const named = others.slice(0, NAMED_AGENTS_MAX).map((error) => error.message);
    first!.message += ` (and ${others.length} more: ${named.join("; ")})`;
  }
  return first!;
}

/** Whether what an agent failed with fails the step already: strict mode and foreign waits tell it where it is found. */
export function isTold(failures: readonly StepFailure[], agent: string, cause: unknown): boolean {
  if (!(cause instanceof AgentError)) return false;
  return failures.some(({ agent: other, error }) =>
    cause instanceof ForeignAwaitError
      ? other === agent && error instanceof ForeignAwaitError
      : error.message === cause.message,
  );
}

/** Calls of calls that an error names. */
const HOPS_MAX = 8;

/** What was thrown where a call failed, or its hops in another container, by the content of the answer. */
const origins = new WeakMap<object, { readonly thrown: unknown } | { readonly hops: string }>();

/** Hops of errors that came from another container. */
const farHops = new WeakMap<RemoteError, string>();

/**
 * Note where the answer of a failed call comes from. It goes with the content from container to container of a platform;
 * it is no part of the trace, and no stranger gets it.
 */
export function noteOrigin(content: object, origin: { readonly thrown: unknown } | { readonly hops: string }): void {
  origins.set(content, origin);
}

/** Text of the hops of the answer of a failed call, for another container; undefined if nothing is known. */
export function hopsOfAnswer(content: object, agent: string, method: string): string | undefined {
  const origin = origins.get(content);
  if (origin === undefined) return undefined;
  if ("hops" in origin) return origin.hops;
  return hopsFrom(agent, method, origin.thrown);
}

/** The error that the caller of `agent` gets; within one process its cause is what was thrown. */
export function failedCall(content: object, agent: string, method: string, tag?: Tag): RemoteError {
  const [code, name, text] = content as readonly [string, string, string];
  const origin = origins.get(content);
  const cause = origin !== undefined && "thrown" in origin ? { cause: origin.thrown } : {};
  const error = new RemoteError(code, name, text, { agent, method, ...(tag && { tag }), ...cause });
  if (origin !== undefined && "hops" in origin) farHops.set(error, origin.hops);
  return error;
}

/**
 * The calls through which an error came to an agent that made one, the nearest first: `EV-17.award at /home/me/agents.ts:12:7`,
 * file and line where the agent threw it itself. Empty for what no call has brought.
 */
export function hopsOf(error: unknown): string {
  if (!(error instanceof RemoteError) || error.agent === undefined) return "";
  return farHops.get(error) ?? hopsFrom(error.agent, error.method ?? "", error.cause);
}

function hopsFrom(agent: string, method: string, thrown: unknown): string {
  const hops = [`${agent}.${method}`];
  for (let at = thrown; ; at = (at as Error).cause) {
    if (!(at instanceof RemoteError) || at.agent === undefined) {
      const place = at instanceof Error ? userPlace(at.stack) : undefined;
      if (place !== undefined) hops[hops.length - 1] += ` at ${place.replace(/^file:\/\//, "")}`;
      break;
    }
    const far = farHops.get(at);
    hops.push(far ?? `${at.agent}.${at.method}`);
    if (far !== undefined || hops.length === HOPS_MAX) break;
  }
  return hops.join(", in ");
}

/** Places of failures of other containers: their stacks stay there. */
const farPlaces = new WeakMap<Error, string | undefined>();

/** Note where a failure of another container comes from, as {@link failurePlace} has told it there. */
export function noteFailurePlace(error: Error, place: string | undefined): void {
  farPlaces.set(error, place);
}

/**
 * File and line of the user's where an agent has failed, as `/home/me/agents.ts:12:7`. Undefined for what a call has
 * brought, whose message says it.
 */
export function failurePlace(error: Error): string | undefined {
  if (farPlaces.has(error)) return farPlaces.get(error);
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (code === "ERR_AGENT_STRICT") {
    // A call brings it with the mistake itself as its cause, if that is known here.
    const at = error instanceof RemoteError ? cause : error;
    return at instanceof AgentError ? userPlace(at.stack) : undefined;
  }
  if (code !== "ERR_AGENT_FAILED" || cause instanceof RemoteError) return undefined;
  const { stack } = (cause ?? {}) as { stack?: unknown };
  return typeof stack === "string" ? userPlace(stack) : undefined;
}

/** Why `what` is not possible in this phase of a run. */
export function refusal(what: string, phase: Exclude<Phase, "idle">, failure: unknown): RunError {
  const code = phase === "advancing" ? "ERR_RUN_BUSY" : phase === "failed" ? "ERR_RUN_FAILED" : "ERR_RUN_CLOSED";
  const details = failure === undefined ? {} : { cause: failure };
  return new RunError(code, `${what} is not possible now: the run is ${phase}`, details);
}

/**
 * The error of an agent that waited on something foreign.
 *
 * @param what - What it did when that was found, as "used sleep" or "ended".
 * @param method - Method that did it; undefined if only the open ones are known.
 */
export function foreignAwait(record: AgentRecord, what: string, method: string | undefined, tag: Tag) {
  const methods = method ?? (openMethods(record) || "code outside its handlers");
  return new ForeignAwaitError(
    "ERR_FOREIGN_AWAIT",
    `agent "${record.id}" ${what} in ${methods} after waiting on something that simulation time does not govern ` +
      "(a Node timer, file or socket); wrap it in this.external(() => …)",
    { agent: record.id, method: methods, tag },
  );
}

/** What is said of an agent whose handlers wait on nothing simulated at the end of a step, and its error in strict mode. */
export function openHandler(record: AgentRecord, tag: Tag): AgentError {
  const method = openMethods(record);
  const text = `agent "${record.id}" is still in ${method} at the end of the step without a simulated wait`;
  return new AgentError("ERR_AGENT_OPEN_HANDLER", text, { agent: record.id, method, tag });
}

/** Names of the agent's open handlers, each once. */
function openMethods(record: AgentRecord): string {
  return [...new Set(record.open.map((activity) => activity.name))].join(", ");
}

/** The error of a time at which agents go on exchanging without end. */
export function zeno(limits: Limits, clock: SimulationClock, round: number, chain: ReadonlySet<string>): ZenoError {
  const agents = [...chain].sort(byCodeUnits).slice(0, NAMED_AGENTS_MAX);
  const text =
    `more than ${limits.roundsMax} rounds at ${clock.time()} s without settling; ` +
    `still exchanging: ${agents.join(", ")}`;
  return new ZenoError("ERR_ZENO", text, { agent: agents[0] ?? "", tag: { ticks: clock.ticks, round } });
}
