import type {
  Attr,
  EntityGraphData,
  EntityId,
  EntityNode,
  FullId,
  ModelMeta,
  SimId,
  SimulatorType,
} from "../../../src/cosim/index.ts";
import { attrsOf, BridgeError, isPersistent, isTrigger, listed, ScenarioError } from "../../../src/cosim/index.ts";

/** An instance of a model: what a scenario connects. */
export class Entity {
  readonly sid: SimId;
  readonly eid: EntityId;
  /** Id within the world, `<sid>.<eid>`. */
  readonly fullId: FullId;
  /** Name of its model. */
  readonly type: string;
  /** Entities that it is made of; they can be connected like any other. */
  readonly children: readonly Entity[];
  /** What the simulator wants the scenario to know about it. */
  readonly extraInfo: unknown;
  readonly #model: ModelMeta;
  readonly #simulatorType: SimulatorType;
  readonly #attrs: ReadonlySet<Attr>;

  /** @internal Entities come from a model's `create`. */
  constructor(
    sid: SimId,
    eid: EntityId,
    type: string,
    model: ModelMeta,
    simulatorType: SimulatorType,
    children: readonly Entity[],
    extraInfo: unknown,
  ) {
    this.sid = sid;
    this.eid = eid;
    this.fullId = `${sid}.${eid}`;
    this.type = type;
    this.children = children;
    this.extraInfo = extraInfo;
    this.#model = model;
    this.#simulatorType = simulatorType;
    this.#attrs = new Set(attrsOf(model));
  }

  /** Names of its attributes. */
  get attrs(): ReadonlySet<Attr> {
    return this.#attrs;
  }

  /** Can `attr` be connected as an input? */
  takes(attr: Attr): boolean {
    return this.#model.any_inputs === true || this.#attrs.has(attr);
  }

  /** Does a value for input `attr` cause a step of the simulator? */
  triggeredBy(attr: Attr): boolean {
    return isTrigger(this.#simulatorType, this.#model, attr);
  }

  /** Does a value of output `attr` stay valid until the next one? */
  isPersistent(attr: Attr): boolean {
    return isPersistent(this.#simulatorType, this.#model, attr);
  }

  /**
   * The child called `eid`.
   *
   * @throws `ScenarioError` `ERR_SCENARIO_UNKNOWN_ENTITY` that lists the children there are.
   */
  child(eid: EntityId): Entity {
    const child = this.children.find((entity) => entity.eid === eid);
    if (child !== undefined) return child;
    throw unknownEntity(`${this.fullId} has no child "${eid}"`, this.children);
  }

  /** Its full id. */
  toString(): string {
    return this.fullId;
  }
}

/** There is no such entity; the message lists those there are. */
export function unknownEntity(problem: string, there: Iterable<Entity>): ScenarioError {
  const names = Array.from(there, (entity) => entity.eid);
  return new ScenarioError("ERR_SCENARIO_UNKNOWN_ENTITY", `${problem}; it has: ${listed(names)}`);
}

/** Which entities of a world are related or connected; undirected, as in mosaik. */
export class EntityGraph {
  readonly #nodes = new Map<FullId, EntityNode>();
  /** For every node its neighbours, in the order in which they were found. */
  readonly #neighbours = new Map<FullId, Set<FullId>>();

  add(entity: Entity): void {
    this.#nodes.set(entity.fullId, { sid: entity.sid, type: entity.type });
    this.#neighbours.set(entity.fullId, new Set());
  }

  /** Both must have been added. */
  relate(a: FullId, b: FullId): void {
    this.#neighbours.get(a)!.add(b);
    this.#neighbours.get(b)!.add(a);
  }

  /** Everything; each edge once. */
  data(): EntityGraphData {
    const edges: [FullId, FullId, Record<string, never>][] = [];
    const done = new Set<FullId>();
    for (const [a, neighbours] of this.#neighbours) {
      for (const b of neighbours) if (!done.has(b)) edges.push([a, b, {}]);
      done.add(a);
    }
    return { nodes: Object.fromEntries(this.#nodes), edges };
  }

  /** Neighbours of `entity`. */
  related(entity: FullId): Record<FullId, EntityNode> {
    const neighbours = this.#neighbours.get(entity);
    if (neighbours === undefined) {
      throw new BridgeError("ERR_BRIDGE_UNKNOWN_ENTITY", `getRelatedEntities(): there is no entity "${entity}"`);
    }
    return Object.fromEntries(Array.from(neighbours, (id) => [id, this.#nodes.get(id)!]));
  }
}
