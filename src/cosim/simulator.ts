import type {
  Attr,
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

/** What a simulator may ask the world, or the mosaik, that steps it, while one of its methods is being called. */
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

  /**
   * Newest outputs of other entities; only of simulators that are connected to this one with `async_requests`.
   *
   * mosaik calls it deprecated, and may answer with values of the step before; a World asks the simulator itself.
   */
  getData(outputs: Readonly<Record<FullId, readonly Attr[]>>): Promise<Record<FullId, Record<Attr, unknown>>>;

  /**
   * Inputs for the next step of other entities, once: own entity, other entity, attribute, value. Under the same
   * condition as `getData`.
   */
  setData(data: Readonly<Record<FullId, Readonly<Record<FullId, Readonly<Record<Attr, unknown>>>>>>): Promise<void>;

  /**
   * Be stepped at `time`, in a run in real time; the one request that may be made at any time.
   *
   * @throws `RemoteError` if mosaik does not run in real time; `RunError` `ERR_RUN_EVENT` if a World does not, or has
   *   begun a step at that time or later.
   */
  setEvent(time: Time): Promise<void>;
}

/** Arguments by name, see {@link keywords}. */
export class Keywords {
  readonly values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values;
  }
}

/**
 * Arguments by name of an extra method, the last of its arguments: `sim.hello(1, keywords({ b: 3 }))` is `hello(1, b=3)` in
 * Python. A simulator in JavaScript gets them as an object.
 */
export function keywords(values: Readonly<Record<string, unknown>>): Keywords {
  return new Keywords(values);
}
