import type { Attr, EntityId, OutputData } from "../../../src/cosim/index.ts";
import { simulatorFault } from "../../../src/cosim/index.ts";
import type { Entity } from "../scheduler/entity.ts";
import type { SimNode } from "../scheduler/sim-node.ts";

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
  entities: Iterable<Entity>,
  attrs: readonly Attr[],
  nodeOf: (entity: Entity) => SimNode,
): Promise<Map<Entity, Record<Attr, unknown>>> {
  const asked = new Map<Entity, Record<Attr, unknown>>();
  const requests = new Map<SimNode, Entity[]>();
  for (const entity of entities) {
    const sim = nodeOf(entity);
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
