import type { SimulationClock } from "../clock/simulation-clock.ts";
import type { ValueType } from "../codec/index.ts";
import type { Limits } from "../limits.ts";
import type { Journal } from "../trace.ts";
import type { CommunicationModel } from "./communication-model.ts";
import type { RecordedExternals } from "./externals.ts";
import type { TraceLevel } from "./tracer.ts";
import type { Transit } from "./transit.ts";

/** What a container's simulation is made of. */
export interface KernelOptions {
  readonly clock: SimulationClock;
  readonly limits: Limits;
  readonly trace: TraceLevel;
  readonly seed: number | string;
  /** Registered types; their order is that of their ids. */
  readonly types: readonly ValueType[];
  readonly strict: boolean;
  readonly communication: CommunicationModel | undefined;
  /** Keeps the run; undefined: nobody does. */
  readonly journal?: Journal | undefined;
  /** Results of real I/O, which then is not done. */
  readonly recorded?: RecordedExternals | undefined;
  /** Undefined unless the container is one of several. */
  readonly transit?: Transit | undefined;
}
