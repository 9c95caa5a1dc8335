import { RunError } from "../../src/cosim/index.ts";

/**
 * Wait for some work, but no longer than until `signal` is aborted; the work itself goes on then.
 *
 * @param begin - Begins the work; not called once the signal is aborted.
 * @throws The signal's reason if it is aborted; what the work throws.
 */
export async function unlessAborted<T>(signal: AbortSignal | undefined, begin: () => PromiseLike<T> | T): Promise<T> {
  if (signal === undefined) return begin();
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    stop = () => signal.removeEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([begin(), aborted]);
  } finally {
    stop();
  }
}

/** Why an advance of a population does not come to its end. */
export function interruptionOf(signal: AbortSignal): RunError {
  return new RunError("ERR_RUN_CLOSED", "the run was interrupted during this advance", { cause: signal.reason });
}
