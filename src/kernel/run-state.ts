import { RunError } from "../errors.ts";

/** State of a run: a failed or closed one takes no further steps. */
export type Phase = "idle" | "advancing" | "failed" | "closed";

/** Counts of what a run has done. */
export interface Counts {
  rounds: number;
  /** Deliveries by kind: input, timer, reply, failure, external, request, oneway. */
  readonly deliveries: number[];
}

/** An error that fails the step, with what puts it in order among others of the same round. */
export interface StepFailure {
  readonly agent: string;
  readonly error: Error;
}

/** Why `what` is not possible in this phase of a run. */
export function refusal(what: string, phase: Exclude<Phase, "idle">, failure: unknown): RunError {
  const code = phase === "advancing" ? "ERR_RUN_BUSY" : phase === "failed" ? "ERR_RUN_FAILED" : "ERR_RUN_CLOSED";
  const details = failure === undefined ? {} : { cause: failure };
  return new RunError(code, `${what} is not possible now: the run is ${phase}`, details);
}
