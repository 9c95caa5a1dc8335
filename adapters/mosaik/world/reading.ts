import type { Attr, EntityId, OutputData } from "../../../src/cosim/index.ts";
import { shown, simulatorFault } from "../../../src/cosim/index.ts";
import { assertAttr, assertEntity, checkAwaited } from "../scheduler/connection.ts";
import { Entity } from "../scheduler/entity.ts";
import type { SimNode } from "../scheduler/sim-node.ts";

/**
 * Entities that `world.getData` is asked for.
 *
 * @throws TypeError that says what to write instead.
 */
export function checkEntities(entities: unknown): readonly Entity[] {
  if (entities instanceof Entity) {
    throw new TypeError('getData: it takes several entities, as getData([entity], "p_kw"), got one Entity');
  }
  checkAwaited("getData", "entities", entities);
  if (
    typeof (entities as Iterable<Entity> | undefined)?.[Symbol.iterator] !== "function" ||
    typeof entities === "string"
  ) {
    throw new TypeError(
      `getData: entities must be an array of them, as getData([entity], "p_kw"), got ${shown(entities)}`,
    );
  }
  const list = [...(entities as Iterable<Entity>)];
  for (const [i, entity] of list.entries()) assertEntity("getData", `entities[${i}]`, entity);
  return list;
}

/**
 * Ask simulators, all at the same time, for present values.
 *
 * @param nodeOf - Throws if the entity is of another world.
 * @returns Values by entity and attribute, in the order of `entities`.
 * @throws `BridgeError` `ERR_BRIDGE_OUTPUT` if an entity is left out.
 *
 * Source: mosaik `World.get_data`.
 */
export async function readEntities(
  entities: readonly Entity[],
  attrs: readonly Attr[],
  nodeOf: (entity: Entity) => SimNode,
): Promise<Map<Entity, Record<Attr, unknown>>> {
  const asked = new Map<Entity, Record<Attr, unknown>>();
  const requests = new Map<SimNode, Entity[]>();
  if (attrs.length === 0) throw new TypeError('getData: no attribute is named, as in getData([entity], "p_kw")');
  for (const entity of entities) {
    const sim = nodeOf(entity);
    for (const attr of attrs) assertAttr("getData", entity, attr);
    requests.set(sim, [...(requests.get(sim) ?? []), entity]);
    asked.set(entity, {});
  }
  const read = async ([sim, wanted]: [SimNode, Entity[]]): Promise<void> => {
    const request: Record<EntityId, readonly Attr[]> = Object.fromEntries(wanted.map(({ eid }) => [eid, attrs]));
    const data: OutputData = await sim.call("getData", (simulator) => simulator.getData(request));
    for (const entity of wanted) {
      const values: unknown = data?.[entity.eid];
      if (typeof values !== "object" || values === null) {
        throw simulatorFault("ERR_BRIDGE_OUTPUT", sim.site("getData"), `returned no values of entity ${entity.eid}`);
      }
      asked.set(entity, values as Record<Attr, unknown>);
    }
  };
  await allDone(Array.from(requests, read));
  return asked;
}

/** Wait for all, then throw the first error in their order. */
export async function allDone(promises: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises)) {
    if (result.status === "rejected") throw result.reason;
  }
}
