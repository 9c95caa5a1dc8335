import { type CallSite, simulatorFault } from "./fault.ts";
import type { CreateResult, EntityId, Meta } from "./types.ts";

/**
 * Check what `create` returned, children included.
 *
 * @param num - Entities that were asked for, of model `type`.
 * @param taken - Is this id in use already?
 * @returns The ids of what was made, children included.
 * @throws `BridgeError` `ERR_BRIDGE_CREATE` that names the entity.
 *
 * Source: mosaik `AsyncModelMock._make_entities`, which asserts some of this and fails with a KeyError at the rest.
 */
export function checkCreated(
  site: CallSite,
  results: readonly CreateResult[],
  num: number,
  type: string,
  { models }: Meta,
  taken: (eid: EntityId) => boolean,
): ReadonlySet<EntityId> {
  const refuse = (problem: string) => simulatorFault("ERR_BRIDGE_CREATE", site, problem);
  if (!Array.isArray(results)) throw refuse(`returned ${String(results)} instead of an array`);
  if (results.length !== num) throw refuse(`${num} entities of ${type} were requested, ${results.length} were created`);
  const ids = new Set<EntityId>();
  const check = (result: CreateResult, wanted: string | undefined): void => {
    const { eid, type: given, rel = [], children = [] } = result ?? {};
    if (typeof eid !== "string" || eid === "" || eid === "__proto__") {
      throw refuse(`${JSON.stringify(eid)} is no entity id`);
    }
    if (ids.has(eid) || taken(eid)) throw refuse(`entity id "${eid}" is there already`);
    ids.add(eid);
    if (wanted !== undefined && given !== wanted) {
      throw refuse(`entity "${eid}" is of type "${given}", not "${wanted}"`);
    }
    if (!Object.hasOwn(models, given)) throw refuse(`entity "${eid}" is of type "${given}", which meta does not name`);
    if (!Array.isArray(rel)) throw refuse(`rel of entity "${eid}" is no array of ids`);
    if (!Array.isArray(children)) throw refuse(`children of entity "${eid}" are no array`);
    for (const child of children as readonly CreateResult[]) check(child, undefined);
  };
  for (const result of results) check(result, type);
  return ids;
}
