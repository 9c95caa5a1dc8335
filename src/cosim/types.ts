/**
 * The data of mosaik's simulator interface, API version 3: types only, no behaviour.
 *
 * Meta is written as on mosaik's wire (snake_case and hyphens), because it goes there as it is.
 *
 * Source: mosaik-api-v3 `types.py`; mosaik documentation, "The Simulator API".
 */

/** Time in whole steps of the world; one step lasts `timeResolution` seconds. */
export type Time = number;

/** Id of a started simulator, as `Grid-0`; it holds no dot. */
export type SimId = string;

/** Id of an entity within its simulator, as `Bus_1`. */
export type EntityId = string;

/** Id of an entity within its world: `<sid>.<eid>`, as `Grid-0.Bus_1`. */
export type FullId = string;

/** Name of an attribute, as `vm_pu`. */
export type Attr = string;

/** When a simulator is stepped: at times of its own choice, when inputs arrive, or both. */
export type SimulatorType = "time-based" | "event-based" | "hybrid";

/** What a simulator says about one of its models. */
export interface ModelMeta {
  /** May a scenario create it? Default true; entities of other models appear as children only. */
  readonly public?: boolean;
  /** Parameters that `create` takes. */
  readonly params?: readonly string[];
  /** Attributes: every one can be read, and set. */
  readonly attrs?: readonly Attr[];
  /** Takes inputs of any name, besides `attrs`. */
  readonly any_inputs?: boolean;
  /** Inputs that cause a step. */
  readonly trigger?: readonly Attr[];
  readonly "non-trigger"?: readonly Attr[];
  /** Outputs that stay valid until the next one. */
  readonly persistent?: readonly Attr[];
  readonly "non-persistent"?: readonly Attr[];
}

/** What a simulator says about itself. */
export interface Meta {
  /** Version of the interface that it speaks, as `"3.0"`. */
  readonly api_version: string;
  readonly type: SimulatorType;
  readonly models: Readonly<Record<string, ModelMeta>>;
  /** Further methods of the simulator that a scenario may call. */
  readonly extra_methods?: readonly string[];
  /** Does it call `set_event`? */
  readonly set_events?: boolean;
}

/** What `init` is given: the world's resolution and what the scenario passed to `world.start`. */
export interface InitParams {
  /** Seconds in one step. */
  readonly timeResolution: number;
  readonly [param: string]: unknown;
}

/** One entity that `create` made. */
export interface CreateResult {
  readonly eid: EntityId;
  /** Name of its model. */
  readonly type: string;
  /** Entities of the same simulator that it is related to. */
  readonly rel?: readonly EntityId[];
  readonly children?: readonly CreateResult[];
  /** Handed to the scenario as `entity.extraInfo`. */
  readonly extra_info?: unknown;
}

/** Inputs of a step: entity, attribute, full id of the source, value. The simulator owns it. */
export type InputData = Record<EntityId, Record<Attr, Record<FullId, unknown>>>;

/** What `getData` is asked for. The world owns it. */
export type OutputRequest = Readonly<Record<EntityId, readonly Attr[]>>;

/**
 * What `getData` answers: entity, attribute, value. The entry `time` may be the time at which the values hold, if no
 * entity is called so.
 */
export type OutputData = Readonly<Record<EntityId, Readonly<Record<Attr, unknown>> | Time>>;

/** An entity as a node of the entity graph. */
export interface EntityNode {
  readonly sid: SimId;
  readonly type: string;
}

/** All entities, and which of them are related or connected. */
export interface EntityGraphData {
  readonly nodes: Readonly<Record<FullId, EntityNode>>;
  readonly edges: readonly (readonly [FullId, FullId, Readonly<Record<string, never>>])[];
}
