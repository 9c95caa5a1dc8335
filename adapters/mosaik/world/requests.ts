import type { Attr, EntityId, FullId, MosaikProxy, SimId, Time } from "../../../src/cosim/index.ts";
import { BridgeError, isPromise, RunError, withoutFloats } from "../../../src/cosim/index.ts";
import type { Cursor } from "../scheduler/cursor.ts";
import type { EntityGraph } from "../scheduler/entity.ts";
import type { SimNode } from "../scheduler/sim-node.ts";

/** What requests need of their world. */
export interface RequestContext {
  readonly graph: EntityGraph;
  readonly sims: ReadonlyMap<SimId, SimNode>;
  /** Where it is; undefined before the first run. */
  readonly cursorOf: (sim: SimNode) => Cursor | undefined;
  /** Percent. */
  readonly progress: () => number;
  /** Schedules a step for an event from outside; throws if the run is not in real time, or the time has passed. */
  readonly addEvent: (sim: SimNode, time: Time) => void;
}

/** What `sim` asks its world by. */
export function proxyOf(sim: SimNode, context: RequestContext): MosaikProxy {
  const { graph, progress, addEvent } = context;
  const related = async (entities?: FullId | readonly FullId[] | null): Promise<unknown> => {
    if (entities === undefined || entities === null) return graph.data();
    if (typeof entities === "string") return graph.related(entities);
    return Object.fromEntries(entities.map((id) => [id, graph.related(id)]));
  };
  return {
    getProgress: async () => progress(),
    getRelatedEntities: related as MosaikProxy["getRelatedEntities"],
    getData: async (outputs) => getData(sim, context, outputs),
    setData: async (data) => setData(sim, context, data),
    setEvent: async (time) => addEvent(sim, time),
  };
}

/** Always asks the simulator itself; it is not within a step, since it waits for who asks. */
async function getData(
  sim: SimNode,
  context: RequestContext,
  outputs: Readonly<Record<FullId, readonly Attr[]>>,
): Promise<Record<FullId, Record<Attr, unknown>>> {
  const requests = new Map<SimNode, Record<EntityId, readonly Attr[]>>();
  for (const [id, attrs] of Object.entries(outputs)) {
    const { source, eid } = sourceOf(sim, context, "getData", id);
    const request = requests.get(source) ?? {};
    request[eid] = attrs;
    requests.set(source, request);
  }
  const data: Record<FullId, Record<Attr, unknown>> = {};
  for (const [source, request] of requests) {
    const got = source.call("getData", (simulator) => simulator.getData(request));
    const plain = isPromise(got) ? await got : got;
    const exact = sim.remote && source.remote?.exact(plain);
    for (const [eid, attrs] of Object.entries(exact ?? plain)) {
      if (typeof attrs === "object") data[`${source.sid}.${eid}`] = attrs;
    }
  }
  return data;
}

function setData(sim: SimNode, context: RequestContext, data: Parameters<MosaikProxy["setData"]>[0]): void {
  const { cursorOf } = context;
  for (const [source, dests] of Object.entries(data)) {
    for (const [id, attrs] of Object.entries(dests)) {
      const { source: target, eid } = sourceOf(sim, context, "setData", id);
      for (const [attr, value] of Object.entries(attrs)) {
        cursorOf(target)!.inputs.set({
          ...{ order: cursorOf(sim)!.plan.order, eid, attr, source },
          value: target.remote === undefined ? withoutFloats(value) : value,
        });
      }
    }
  }
}

/** Whose entity `id` is, if `sim` may make such requests about it, and now. */
function sourceOf(
  sim: SimNode,
  { sims, cursorOf }: RequestContext,
  method: string,
  id: FullId,
): { readonly source: SimNode; readonly eid: EntityId } {
  if (cursorOf(sim)?.current === undefined) {
    throw new BridgeError("ERR_BRIDGE_OUTSIDE_CALL", `simulator ${sim.sid}, ${method}(): make it within step()`, {
      method,
    });
  }
  const dot = id.indexOf(".");
  const [sid, eid] = [id.slice(0, dot), id.slice(dot + 1)];
  const source = sims.get(sid);
  if (source === undefined || !source.entities.has(eid)) {
    throw new BridgeError(
      "ERR_BRIDGE_UNKNOWN_ENTITY",
      `simulator ${sim.sid}, ${method}(): there is no entity "${id}"`,
      {
        method,
      },
    );
  }
  if (!sim.incoming.some((link) => link.source === source && link.asyncRequests)) {
    const text = `simulator ${sim.sid}, ${method}(): it may not, connect an entity of ${sid} to one of it with asyncRequests`;
    throw new BridgeError("ERR_BRIDGE_ASYNC_REQUESTS", text, { method });
  }
  return { source, eid };
}

/** An event from outside cannot be taken in. */
export function eventError(sim: SimNode, time: Time, problem: string): RunError {
  return new RunError("ERR_RUN_EVENT", `simulator ${sim.sid}, setEvent(${time}): ${problem}`, { method: "setEvent" });
}
