import type { EntityGraph } from "./entity.ts";
import { unsupported } from "./fault.ts";
import type { MosaikProxy } from "./proxy.ts";
import type { FullId } from "./types.ts";

/** What a simulator of this process asks its world by. */
export function mosaikProxy(graph: EntityGraph, progress: () => number): MosaikProxy {
  const related = async (entities?: FullId | readonly FullId[] | null): Promise<unknown> => {
    if (entities === undefined || entities === null) return graph.data();
    if (typeof entities === "string") return graph.related(entities);
    return Object.fromEntries(entities.map((id) => [id, graph.related(id)]));
  };
  return {
    getProgress: async () => progress(),
    getRelatedEntities: related as MosaikProxy["getRelatedEntities"],
    getData: async () => refuse("getData"),
    setData: async () => refuse("setData"),
    setEvent: async () => refuse("setEvent"),
  };
}

function refuse(request: string): never {
  throw unsupported(`mosaik.${request}()`);
}
