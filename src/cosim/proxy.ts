import type { Attr, EntityGraphData, EntityNode, FullId, Time } from "./types.ts";

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
