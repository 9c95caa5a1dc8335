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
