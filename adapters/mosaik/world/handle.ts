import type { CreateResult, EntityId, Meta, ModelMeta, SimId, Simulator } from "../../../src/cosim/index.ts";
import {
  checkCreated,
  DEFAULT_LIMITS,
  Keywords,
  listed,
  ScenarioError,
  shown,
  simulatorFault,
} from "../../../src/cosim/index.ts";
import { Entity, type EntityGraph, unknownEntity } from "../scheduler/entity.ts";
import type { SimNode } from "../scheduler/sim-node.ts";

/** Makes entities of one model: one when called, several with `create`. */
export interface ModelFactory<P = Record<string, unknown>> {
  /** Make one entity. */
  (params?: P): Promise<Entity>;
  /**
   * Make `num` entities with the same parameters.
   *
   * @param num - An integer >= 0.
   */
  create(num: number, params?: P): Promise<Entity[]>;
}

/** A started simulator, besides its models and extra methods. */
export interface SimulatorHandle {
  /** Its id in the world. */
  readonly sid: SimId;
  readonly meta: Meta;
  /**
   * One of its entities, a child or not.
   *
   * @throws `ScenarioError` `ERR_SCENARIO_UNKNOWN_ENTITY` that lists those there are.
   */
  entity(eid: EntityId): Entity;
}

type Params<M extends ModelMeta> = M["params"] extends readonly (infer P extends string)[]
  ? string extends P
    ? Record<string, unknown>
    : { readonly [K in P]?: unknown }
  : Record<string, unknown>;

type Methods<S extends Simulator> = S["meta"]["extra_methods"] extends readonly (infer K extends keyof S & string)[]
  ? { readonly [N in K]: S[N] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never }
  : unknown;

/** Models and extra methods of a simulator as far as its `meta` is declared `as const`; otherwise anything goes. */
export type ModelsOf<S extends Simulator> = string extends keyof S["meta"]["models"]
  ? // biome-ignore lint/suspicious/noExplicitAny: without literal names nothing is known about the models
    any
  : { readonly [K in keyof S["meta"]["models"] & string]: ModelFactory<Params<S["meta"]["models"][K]>> } & Methods<S>;

/** What a handle needs of its world. */
export interface HandleContext {
  readonly graph: EntityGraph;
  /** Throws if the scenario can no longer be changed. */
  readonly assertOpen: (doing: string) => void;
}

/** Entities that are made at a time: more cannot be told by a message. */
const CREATE_MAX = DEFAULT_LIMITS.nodesMax;

/** Names that others ask any object for; an unknown one of these is just not there. */
const ASKED_OF_ALL = new Set(["then", "toJSON", "asymmetricMatch", "nodeType", "tagName", "inspect", "$$typeof"]);

/** The handle of a started simulator; asking it for a model that it does not have is an error that lists those it has. */
export function createHandle(sim: SimNode, context: HandleContext): SimulatorHandle {
  const { sid, meta, entities } = sim;
  const members: Record<string, unknown> = {
    sid,
    meta,
    toString: () => sid,
    entity(eid: EntityId): Entity {
      const entity = entities.get(eid);
      if (entity === undefined) throw unknownEntity(`simulator ${sid} has no entity "${eid}"`, entities.values());
      return entity;
    },
  };
  const open: string[] = [];
  for (const [name, model] of Object.entries(meta.models)) {
    if (model.public === false) continue;
    members[name] = modelFactory(sim, name, model, context);
    open.push(name);
  }
  for (const name of meta.extra_methods ?? []) members[name] = extraMethod(sim, name);
  const handle = new Proxy(Object.freeze(members), {
    get(target, name) {
      if (typeof name === "symbol" || Object.hasOwn(target, name)) return Reflect.get(target, name);
      if (name in Object.prototype) return Reflect.get(target, name);
      if (ASKED_OF_ALL.has(name)) return undefined;
      const hidden = Object.hasOwn(meta.models, name)
        ? "does not let a scenario create model"
        : "has no model or method";
      const text = `simulator ${sid} ${hidden} "${name}"; it has: ${listed([...open, ...(meta.extra_methods ?? [])])}`;
      throw new ScenarioError("ERR_SCENARIO_UNKNOWN_MODEL", text);
    },
  });
  return handle as unknown as SimulatorHandle;
}

function extraMethod(sim: SimNode, name: string): (...args: unknown[]) => Promise<unknown> {
  const method: unknown = Reflect.get(sim.simulator, name);
  if (typeof method !== "function") {
    throw simulatorFault(
      "ERR_BRIDGE_META",
      sim.site("init"),
      `extra method "${name}" is not a method of the simulator`,
    );
  }
  return async (...args) => {
    const last = args.at(-1);
    if (last instanceof Keywords && sim.remote === undefined) args.splice(-1, 1, last.values);
    return sim.call(name, (simulator) => Reflect.apply(method, simulator, args));
  };
}

function modelFactory(sim: SimNode, name: string, model: ModelMeta, context: HandleContext): ModelFactory {
  const create = async (num: number, params: Record<string, unknown> = {}): Promise<Entity[]> => {
    if (!(Number.isSafeInteger(num) && num >= 0 && num <= CREATE_MAX)) {
      const range = `num must be an integer from 0 to ${CREATE_MAX}, got ${shown(num)}`;
      throw new RangeError(`${name}.create: ${range}; write ${name}.create(3, { … })`);
    }
    checkParams(name, params);
    context.assertOpen(`creating a ${name}`);
    const allowed = model.params ?? [];
    const unknown = Object.keys(params).filter((param) => !allowed.includes(param));
    if (unknown.length > 0) {
      const text = `unknown parameter "${unknown[0]}" of model ${name} of simulator ${sim.sid}; it has: ${listed(allowed)}`;
      throw new ScenarioError("ERR_SCENARIO_UNKNOWN_PARAMETER", text);
    }
    const results = await sim.call("create", (simulator) => simulator.create(num, name, params));
    return adopt(sim, results, num, name, context.graph);
  };
  const one = async (params?: Record<string, unknown>) => (await create(1, params))[0]!;
  return Object.assign(one, { create });
}

/** @throws TypeError unless they have names. */
function checkParams(name: string, params: unknown): void {
  if (typeof params === "object" && params !== null && !Array.isArray(params)) return;
  const instead = typeof params === "number" ? `; ${params} entities are ${name}.create(${params}, { … })` : "";
  throw new TypeError(`${name}: parameters have names, as ${name}({ a: 1 }), got ${shown(params)}${instead}`);
}

/** Check what `create` made, and make entities of it; all or none. */
function adopt(
  sim: SimNode,
  results: readonly CreateResult[],
  num: number,
  type: string,
  graph: EntityGraph,
): Entity[] {
  const site = sim.site("create");
  const ids = checkCreated(site, results, num, type, sim.meta, (eid) => sim.entities.has(eid));
  const made: Entity[] = [];
  const relations: (readonly [EntityId, EntityId])[] = [];
  const build = ({ eid, type: model, rel = [], children = [], extra_info }: CreateResult): Entity => {
    for (const other of rel) relations.push([eid, other]);
    const built = children.map(build);
    const entity = new Entity(sim.sid, eid, model, sim.meta.models[model]!, sim.meta.type, built, extra_info);
    made.push(entity);
    return entity;
  };
  const entities = results.map(build);
  for (const [a, b] of relations) {
    if (ids.has(b) || sim.entities.has(b)) continue;
    throw simulatorFault("ERR_BRIDGE_CREATE", site, `entity "${a}" is related to "${b}", which is not there`);
  }
  for (const entity of made) {
    sim.entities.set(entity.eid, entity);
    graph.add(entity);
  }
  for (const [a, b] of relations) graph.relate(`${sim.sid}.${a}`, `${sim.sid}.${b}`);
  return entities;
}
