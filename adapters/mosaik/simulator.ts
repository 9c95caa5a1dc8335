import type {
  CreateResult,
  EntityGraphData,
  EntityNode,
  FullId,
  InitParams,
  InputData,
  Meta,
  OutputData,
  OutputRequest,
  SimId,
  Time,
} from "./types.ts";

/** What a simulator may ask the world that steps it. */
export interface MosaikProxy {
  /**
   * How far the run has come: the mean of all simulators' times, in percent of the run's end; 0 before the run.
   *
   * It counts what was finished before the steps that are being made now.
   */
  getProgress(): Promise<number>;
  /** The whole entity graph: entities, what they are related to, and what they are connected with. */
  getRelatedEntities(): Promise<EntityGraphData>;
  /**
   * The neighbours of one entity.
   *
   * @throws `BridgeError` `ERR_BRIDGE_UNKNOWN_ENTITY` if there is no such entity.
   */
  getRelatedEntities(entity: FullId): Promise<Record<FullId, EntityNode>>;
  /** The neighbours of each of `entities`. */
  getRelatedEntities(entities: readonly FullId[]): Promise<Record<FullId, Record<FullId, EntityNode>>>;
}

/**
 * A simulator behind mosaik's interface; the names are mosaik's own, in camelCase.
 *
 * The world calls `init` once, `create` as often as the scenario asks, `setupDone` once before the first step, then
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
   * @returns Time of the next step: an integer > `time`; a time-based simulator must name one. At or after the end of
   *   the run it ends this simulator's part.
   */
  abstract step(time: Time, inputs: InputData, maxAdvance: Time): Time | null | Promise<Time | null>;

  /** Values of the attributes in `outputs`, as of the step just made; each must be there, and not undefined. */
  abstract getData(outputs: OutputRequest): OutputData | Promise<OutputData>;

  /** The run is over, or has failed: release what this simulator holds. */
  finalize(): void | Promise<void> {}
}
