import { AgentError } from "../errors.ts";
import { createHook, HOST_CLOCKS } from "../host.ts";
import type { Kernel } from "./kernel.ts";
import { Activity, type AgentRecord, current, type StrictMode } from "./model.ts";

/** Strict mode of one container: what its agents may not do fails the run, and says who did it where. */
export class Strict implements StrictMode {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Let the run fail because the activity's code called `what`; gives the error for that code. */
  caught(activity: Activity, what: string, instead: string): AgentError {
    const { tag, clock } = this.#kernel;
    const { record, name } = activity;
    const text =
      `agent "${record.id}" used ${what} in ${name} at ${clock.time()} s, which strict mode does not allow; ` +
      `use ${instead}`;
    const error = new AgentError("ERR_AGENT_STRICT", text, { agent: record.id, method: name, tag });
    const known = this.#kernel.failures.some(({ error: { message } }) => message === text);
    if (!known) this.#kernel.fail(record.id, error);
    return error;
  }
}

/** Run code of an agent that is no handler, under the container's strict mode if it has it. */
export function underTraps<T>(kernel: Kernel, record: AgentRecord, name: string, code: () => T): T {
  if (kernel.strict === undefined) return code();
  setTraps();
  try {
    return current.run(new Activity(record, name, kernel.cause, undefined, kernel.strict), code);
  } finally {
    endTraps();
  }
}

/** Run code of `external`, which may do what it likes. */
export function untrapped<T>(start: () => T): T {
  return current.getStore() === undefined ? start() : current.run(undefined, start);
}

/**
 * Traps of strict mode: what brings wall time, chance or I/O into a run, caught while agent code runs.
 *
 * They stand in the globals of the process only while a strict container serves agents, look first whose code it is
 * that calls, and let everybody else's through.
 */

/** Replacement of one property while the traps stand. */
interface Patch {
  readonly owner: object;
  readonly key: string;
  readonly original: PropertyDescriptor;
  readonly value: unknown;
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/** What may not be called, where it lives, and what to use instead; the host's own clocks besides. */
const FUNCTIONS: readonly (readonly [owner: () => object | undefined, key: string, name: string, instead: string])[] = [
  [() => Date, "now", "Date.now", "this.clock.time() or this.clock.utcnow()"],
  [() => Math, "random", "Math.random", "this.random()"],
  [() => Object.getPrototypeOf(performance), "now", "performance.now", "this.clock.time()"],
  [() => Object.getPrototypeOf(globalThis.crypto), "randomUUID", "crypto.randomUUID", "this.random()"],
  [() => Object.getPrototypeOf(globalThis.crypto), "getRandomValues", "crypto.getRandomValues", "this.random()"],
  [() => globalThis, "setTimeout", "setTimeout", "this.clock.callIn or this.clock.sleep"],
  [() => globalThis, "setInterval", "setInterval", "this.clock.callIn"],
  [() => globalThis, "setImmediate", "setImmediate", "this.clock.callIn(0, …)"],
  [() => globalThis, "fetch", "fetch", "this.external(() => …)"],
];

/**
 * Kinds of Node's asynchronous resources that are I/O, however they were come by. Output to the console is not among
 * them. Source: Node's documentation of async_hooks, "type".
 */
const IO = new Set([
  "Timeout",
  "Immediate",
  "FSEVENTWRAP",
  "FSREQCALLBACK",
  "FSREQPROMISE",
  "FILEHANDLE",
  "STATWATCHER",
  "GETADDRINFOREQWRAP",
  "GETNAMEINFOREQWRAP",
  "QUERYWRAP",
  "HTTPCLIENTREQUEST",
  "PIPECONNECTWRAP",
  "TCPWRAP",
  "TCPCONNECTWRAP",
  "TCPSERVERWRAP",
  "UDPWRAP",
  "UDPSENDWRAP",
  "PROCESSWRAP",
  "WORKER",
  "ZLIB",
  "CIPHERREQUEST",
  "DERIVEBITSREQUEST",
  "HASHREQUEST",
  "KEYEXPORTREQUEST",
  "KEYGENREQUEST",
  "KEYPAIRGENREQUEST",
  "PBKDF2REQUEST",
  "RANDOMBYTESREQUEST",
  "RANDOMPRIMEREQUEST",
  "SCRYPTREQUEST",
  "SIGNREQUEST",
  "VERIFYREQUEST",
]);

let patches: Patch[] = [];
/** Strict containers that serve agents now. */
let standing = 0;

const hook = createHook({
  init(_id, type) {
    // An error thrown here would end the process, so the run fails at the end of its round.
    if (IO.has(type)) caller()?.strict?.caught(caller()!, `I/O (${type})`, "this.external(() => …)");
  },
});

/** Set the traps up. Whoever calls it also calls {@link endTraps}. */
export function setTraps(): void {
  if (standing++ > 0) return;
  for (const [owner, key, name, instead] of FUNCTIONS) patch(owner(), key, trapped(name, instead));
  for (const [owner, key, name] of HOST_CLOCKS) patch(owner, key, trapped(name, "this.clock.time()"));
  patch(globalThis, "Date", trappedDate);
  hook.enable();
}

/** Take the traps away with the last strict container; what somebody else has replaced meanwhile stays. */
export function endTraps(): void {
  if (--standing > 0) return;
  hook.disable();
  for (const { owner, key, original, value } of patches.reverse()) {
    if (Object.getOwnPropertyDescriptor(owner, key)?.value === value) Object.defineProperty(owner, key, original);
  }
  patches = [];
}

/** The agent's activity whose code runs now, if it has strict mode. */
function caller(): Activity | undefined {
  const activity = current.getStore();
  return activity?.strict === undefined ? undefined : activity;
}

function patch(owner: object | undefined, key: string, replace: (original: AnyFunction) => unknown): void {
  const found = owner && Object.getOwnPropertyDescriptor(owner, key);
  if (owner === undefined || found?.configurable !== true) return;
  // Some of Node's globals are accessors, which load what they give when they are first asked.
  const callable = (found.get === undefined ? found.value : found.get.call(owner)) as unknown;
  if (typeof callable !== "function") return;
  const value = replace(callable as AnyFunction);
  const { enumerable = true } = found;
  Object.defineProperty(owner, key, { configurable: true, enumerable, writable: true, value });
  patches.push({ owner, key, original: found, value });
}

function trapped(name: string, instead: string) {
  return (original: AnyFunction): AnyFunction => {
    const trap: AnyFunction = function (...args) {
      const activity = caller();
      if (activity !== undefined) throw activity.strict!.caught(activity, name, instead);
      return original.apply(this, args);
    };
    return Object.defineProperties(trap, Object.getOwnPropertyDescriptors(original)) as AnyFunction;
  };
}

/** Dates of given times stay allowed. */
function trappedDate(original: AnyFunction): object {
  const check = () => {
    const activity = caller();
    if (activity !== undefined) throw activity.strict!.caught(activity, "new Date()", "this.clock.utcnow()");
  };
  return new Proxy(original, {
    construct(target, args, newTarget) {
      if (args.length === 0) check();
      return Reflect.construct(target, args, newTarget) as object;
    },
    apply(target, self, args) {
      check();
      return Reflect.apply(target, self, args);
    },
  });
}
