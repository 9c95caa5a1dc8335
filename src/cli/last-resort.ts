import { RunError } from "../errors.ts";

/**
 * Fail when nothing else can: at an error that nobody caught, or when the process has nothing left to do while the
 * run's promise is still open.
 *
 * @returns Ends the watch.
 */
export function lastResort(fail: (error: unknown) => void): () => void {
  const stuck = () => fail(new RunError("ERR_RUN_STUCK", "the run waits for something that can never happen"));
  process.on("uncaughtException", fail);
  process.on("beforeExit", stuck);
  return () => {
    process.off("uncaughtException", fail);
    process.off("beforeExit", stuck);
  };
}
