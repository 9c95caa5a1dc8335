import { AgentError, type ErrorDetails } from "../errors.ts";
import { interceptTicks, nextTick, onUnhandledRejection, silenceRejections } from "../host.ts";
import { wallMs } from "../wall.ts";

/** What the engine takes of the event loop: when its queues are quiet, when it is due a turn, what was left rejected. */

/** Turns of the queues that a drain goes on for while a handler is open without a simulated wait. */
const EXTRA_HOPS = 16;

/** Turns of the queues after which a drain gives up: somebody queues a tick in every tick, without end. */
const HOPS_MAX = 100_000;

const settled = Promise.resolve();
/** Ticks that the program has queued while containers advanced. */
let ticks = 0;
/** Containers that advance now. */
let watching = 0;

function countedTick(callback: (...args: unknown[]) => void, ...args: unknown[]): void {
  ticks++;
  nextTick(callback, ...args);
}

/**
 * Count the program's ticks from now on: only so can a drain know that none is left. Whoever calls it also calls
 * {@link endTicks}.
 */
export function watchTicks(): void {
  if (watching++ === 0) interceptTicks(countedTick);
}

/** End what {@link watchTicks} began. */
export function endTicks(): void {
  if (--watching === 0) interceptTicks(undefined);
}

/** Run `next` in a microtask, where a drain may begin. */
export function inMicrotask(next: () => void): void {
  void settled.then(next);
}

/**
 * Waits until the microtask and `nextTick` queues are quiet, without a turn of the event loop: whatever runs meanwhile
 * was set going by the deliveries just made, never by a socket or a timer.
 *
 * A tick queued in a microtask runs once all microtasks have: one tick, and a microtask to come back in, is one turn of
 * the queues. It is a callback and no promise because each served class of each round costs one drain.
 */
export class Drain {
  readonly #unsettled: () => boolean;
  readonly #done: () => void;
  #hops = 0;
  /** Ticks queued when the class began, then at the end of each turn. */
  #before = 0;

  /**
   * @param unsettled - Whether some handler still runs without a simulated wait. It may be in a tick that could not be
   *   counted, so the drain goes round some more; what is then still unsettled waits on something foreign.
   * @param done - Called in a tick once the queues are quiet; must not throw.
   */
  constructor(unsettled: () => boolean, done: () => void) {
    this.#unsettled = unsettled;
    this.#done = done;
  }

  /** Note what the queues hold before anything is delivered. */
  prepare(): void {
    this.#before = ticks;
    this.#hops = 0;
  }

  /** Begin, after `prepare` and what was delivered; must be called in a microtask. */
  readonly begin = (): void => nextTick(this.#ticked);

  readonly #ticked = (): void => {
    // Ticks that were queued before the last look have run by now, and all microtasks that they led to.
    const quiet = ticks === this.#before && (this.#hops >= EXTRA_HOPS || !this.#unsettled());
    this.#before = ticks;
    if (quiet || ++this.#hops >= HOPS_MAX) this.#done();
    else inMicrotask(this.begin);
  };
}

/** Decides when the event loop is due a turn between rounds. */
export class TurnClock {
  #last = wallMs();
  #rounds = 0;

  /** True every few milliseconds of wall time; it changes nothing that is simulated. */
  due(): boolean {
    if ((++this.#rounds & 15) !== 0) return false;
    const now = wallMs();
    if (now - this.#last < 4) return false;
    this.#last = now;
    return true;
  }
}

/** Takes a rejection that nobody handled; `owner` is what was passed to {@link ownRejection}. */
export type RejectionSink = (reason: unknown, owner: unknown) => void;

const sinks = new Set<RejectionSink>();
const owners = new WeakMap<object, { readonly sink: RejectionSink; readonly owner: unknown }>();
let stopListening: (() => void) | undefined;

function onUnhandled(reason: unknown): void {
  const known = isObject(reason) ? owners.get(reason) : undefined;
  if (known !== undefined && sinks.has(known.sink)) known.sink(reason, known.owner);
  else for (const sink of sinks) sink(reason, undefined);
}

/**
 * Take promises that agent code let reject without handling them. The host reports them for the program as a whole. While
 * containers advance, such a rejection belongs to one of them: to the one that owns the error if that is known, otherwise
 * to all that advance.
 *
 * @returns Ends it.
 */
export function watchRejections(sink: RejectionSink): () => void {
  if (sinks.size === 0) stopListening = onUnhandledRejection(onUnhandled);
  sinks.add(sink);
  return () => {
    sinks.delete(sink);
    if (sinks.size === 0) stopListening?.();
  };
}

/** Whether the host has been asked to let them end without a word. */
let silenced = false;

/**
 * An AgentError that nobody has to handle, at any time: it tells code of an agent that the agent is no more, and the agent
 * alone can see it. It is known by its private field: a set of a million of them would be half of what closing them costs.
 */
export class ExpectedError extends AgentError {
  static override readonly name = "AgentError";
  readonly #expected = true;

  constructor(code: string, message: string, details: ErrorDetails) {
    super(code, message, details);
    if (!silenced) silenceRejections((reason) => isExpected(reason));
    silenced = true;
  }

  static is(value: object): boolean {
    return #expected in value;
  }
}

/** Errors that one expected error may be wrapped in. */
const WRAPPERS_MAX = 8;

/** Whether an error is an {@link ExpectedError}, or tells of nothing else: has it as its cause, or all of its errors are. */
function isExpected(reason: unknown, wrappers = 0): boolean {
  if (!isObject(reason) || wrappers > WRAPPERS_MAX) return false;
  if (ExpectedError.is(reason)) return true;
  if (!(reason instanceof AggregateError)) return isExpected((reason as { cause?: unknown }).cause, wrappers + 1);
  return reason.errors.length > 0 && reason.errors.every((error) => isExpected(error, wrappers + 1));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Remember whose error this is, in case that nobody handles it. */
export function ownRejection(error: object, sink: RejectionSink, owner: unknown): void {
  owners.set(error, { sink, owner });
}
