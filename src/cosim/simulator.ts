import type { MosaikProxy } from "./proxy.ts";
import type { CreateResult, InitParams, InputData, Meta, OutputData, OutputRequest, SimId, Time } from "./types.ts";

/**
 * A simulator behind mosaik's interface; the names are mosaik's own, in camelCase.
 *
 * The world, or mosaik, calls `init` once, `create` as often as the scenario asks, `setupDone` once before the first step, then
 * `step` and, if somebody is connected, `getData` after each, and `finalize` once. It never makes two calls at a
 * time to one simulator while a run goes on. Every method may answer with a promise; the others of the same time wait.
 *
 * An exception in any of them ends the run with a `BridgeError` that names simulator, call and time.
 *
 * Values pass between in-process simulators as they are, without a copy: give away what you do not change afterwards.
 *
 * Source: mosaik-api-v3 `Simulator`.
 */
export abstract class Simulator {
  /** What this simulator offers. Declared `as const`, its model names and parameters type the scenario. */
  abstract readonly meta: Meta;

  /** Requests back to the world; set before `init` is called. */
  declare mosaik: MosaikProxy;

  /**
   * Take the id and the parameters of this instance.
   *
   * @returns The meta data that hold from now on.
   */
  init(_sid: SimId, _params: InitParams): Meta | Promise<Meta> {
    return this.meta;
  }

  /**
   * Make `num` entities of `model`.
   *
   * @returns Exactly `num` entities of type `model`, their ids unique in this simulator; children may be of other models.
   */
  abstract create(
    num: number,
    model: string,
    params: Readonly<Record<string, unknown>>,
  ): readonly CreateResult[] | Promise<readonly CreateResult[]>;

  /** All entities exist and are connected; the first step follows. */
  setupDone(): void | Promise<void> {}

  /**
   * Go on from `time` to the next step.
   *
   * @param time - Present time in steps; the first is 0, each later one is what the step before returned.
   * @param inputs - Newest values of what is connected; yours to keep or change.
   * @param maxAdvance - Time up to which nothing can interfere; for a time-based simulator the end of the run.
   * @returns Time of the next step: an integer > `time`, or null for none but those that inputs cause; a time-based
   *   simulator must name one. At or after the end of the run it ends this simulator's part.
   */
  abstract step(time: Time, inputs: InputData, maxAdvance: Time): Time | null | Promise<Time | null>;

  /**
   * Values of the attributes in `outputs`, as of the step just made; none is undefined. A time-based simulator gives
   * all of them; what another leaves out is no event. Besides the entities there may be `time`, an integer: when the
   * values hold, if that is later than the step.
   */
  abstract getData(outputs: OutputRequest): OutputData | Promise<OutputData>;

  /** The run is over, or has failed: release what this simulator holds. */
  finalize(): void | Promise<void> {}
}
