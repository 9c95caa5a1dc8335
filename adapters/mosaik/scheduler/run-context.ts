import type { Time } from "../../../src/cosim/index.ts";
import type { TraceEvent } from "../../../src/index.ts";
import type { Pace } from "./pace.ts";
import type { Patience } from "./patience.ts";
import type { SimRunner } from "./sim-runner.ts";

/** What a run needs of its world. */
export interface RunContext {
  readonly sims: readonly SimRunner[];
  /** End of the run: no step is made at or after it. */
  readonly until: Time;
  /** Seconds in one step. */
  readonly timeResolution: number;
  /** Sub-steps at one time; one more is an error. */
  readonly maxLoopIterations: number;
  readonly patience: Patience;
  readonly pace: Pace | undefined;
  readonly signal: AbortSignal | undefined;
  /** Called once for each time at which something stepped, with the time of the next step, or `until`. */
  readonly onTime: (time: Time, next: Time) => void;
  /** Is there an observer? Events are made for one only. */
  readonly observed: () => boolean;
  readonly emit: (batch: readonly TraceEvent[]) => void;
}
