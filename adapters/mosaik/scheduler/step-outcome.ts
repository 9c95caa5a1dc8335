import type { InputData, Time } from "../../../src/cosim/index.ts";

/** What a step brought. */
export interface StepOutcome {
  readonly inputs: InputData;
  /** Time of the next step, if it named one. */
  readonly next: Time | null;
  /** Values of the output ports, if somebody is connected. */
  readonly values: readonly unknown[];
  /** When they hold. */
  readonly outputTime: Time;
}
