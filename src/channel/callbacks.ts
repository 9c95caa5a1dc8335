import { warn } from "../host.ts";

/** Whether `value` is a promise, of whatever kind. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/**
 * Call a function of the program's that is only told of something. What it throws, or its promise is rejected with, is the
 * program's mistake, and neither concerns the connection nor ends the process: a warning names it.
 *
 * @param what - Name of the function, as its user writes it: `onState`.
 */
export function tell<A extends unknown[]>(what: string, callback: (...args: A) => unknown, ...args: A): void {
  try {
    const told = callback(...args);
    if (isThenable(told)) told.then(undefined, (error: unknown) => warnOf(what, error));
  } catch (error) {
    warnOf(what, error);
  }
}

/** Warn of what a function of the program's has thrown. */
export function warnOf(what: string, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error);
  warn(`${what} threw, which changes nothing for the connection: ${text}`, "COSIMAS_CALLBACK");
}
