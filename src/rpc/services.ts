import type { Value } from "../codec/index.ts";
import { RpcError } from "../errors.ts";
import type { Exposing, RpcPeer } from "./types.ts";

/** Takes the arguments of a call, which belong to it, and gives its result, or a promise of it. */
export type Method = (args: Value[], kwargs: Record<string, Value>) => unknown;

/** Finds methods by their path: what a service object and a router are turned into, and what can be served directly. */
export interface Resolver {
  /**
   * The method at `path`, called at once and then never again.
   *
   * @param path - At least one part, at most `limits.pathPartsMax`; what the peer sent between the slashes, unchecked.
   * @param from - The connection on which the call came, for calls back.
   * @throws RpcError if there is none; {@link notFound} makes it.
   */
  resolve(path: readonly string[], from: RpcPeer): Method;

  /** The service at `path` itself, empty for the root: what a reference that comes home stands for. */
  serviceAt?(path: readonly string[]): object | undefined;

  /** Where `service` stands here, as `sub` or "" for the root: what a peer gets for it. Undefined if it is not here. */
  pathOf?(service: object): string | undefined;
}

/** `ERR_RPC_NOT_FOUND` for a path that leads to no method. */
export function notFound(path: readonly string[]): RpcError {
  return new RpcError("ERR_RPC_NOT_FOUND", `there is no method "${path.join("/").slice(0, 200)}"`);
}

/** `ERR_RPC_NOT_EXPOSED` for a name that a service has, and keeps to itself. */
export function notExposed(name: string): RpcError {
  return new RpcError("ERR_RPC_NOT_EXPOSED", `"${name.slice(0, 200)}" is not exposed`);
}

/** `below` under `name`. */
export function joinPath(name: string, below: string): string {
  return below === "" ? name : `${name}/${below}`;
}

/** What can be served: a service object, a resolver, or services and functions under names. */
export type Servable = Service | Resolver | Routes;

/** Services, and functions as methods, under names, as a plain object or a `Map`; they can be nested. */
export type Routes = { readonly [name: string]: Route } | ReadonlyMap<string, Route>;

/** What stands under a name: a service, or a function, which takes positional arguments alone. */
// biome-ignore lint/suspicious/noExplicitAny: a function's parameters are its own affair
export type Route = Servable | ((...args: any[]) => unknown);

/**
 * Services under names: `router({ sub })` offers `sub`'s method `mul` as `sub/mul`.
 *
 * A plain object is read once. A `Map` is looked into at each call, so that services come and go with its entries; its
 * keys are any text without a slash and without `$` or `~` in front, as the ids of agents; `RpcConnection.at` reaches
 * those that are no names.
 *
 * @param root - Offers its methods without a name in front; a route goes before a method of the same name.
 * @throws TypeError for a name that cannot be called, or something that cannot be served.
 */
export function router(routes: Routes, root?: Service | Resolver): Router {
  return new Router(routes, root);
}

/** Services under names; {@link router} makes it. It may be passed as an argument or a result, as a service may. */
export class Router implements Resolver {
  readonly #routes: Routes;
  readonly #below: ReadonlyMap<string, Route>;
  readonly #root: Resolver | undefined;

  constructor(routes: Routes, root: Service | Resolver | undefined) {
    this.#routes = routes;
    this.#below = routes instanceof Map ? routes : new Map(Object.entries(routes));
    this.#root = root && toResolver(root);
    for (const [name, service] of this.#below) {
      if (!(this.#below === routes ? isKey(name) : isCallableName(name))) {
        throw new TypeError(`a service cannot be named "${name}"`);
      }
      if (typeof service !== "function") toResolver(service);
      else if ("exposed" in service)
        throw new TypeError(`"${name}" is the class ${service.name}; serve an instance of it`);
    }
  }

  resolve(path: readonly string[], from: RpcPeer): Method {
    const below = this.#below.get(path[0]!);
    if (typeof below === "function") {
      if (path.length > 1) throw notFound(path);
      return called(path[0]!, below as AnyMethod);
    }
    if (below !== undefined && path.length > 1) return toResolver(below).resolve(path.slice(1), from);
    if (below !== undefined || this.#root === undefined) throw notFound(path);
    return this.#root.resolve(path, from);
  }

  serviceAt(path: readonly string[]): object | undefined {
    const [name] = path;
    if (name === undefined) return this.#root === undefined ? this : this.#root.serviceAt?.(path);
    const below = this.#below.get(name);
    if (typeof below === "function") return undefined;
    return (below === undefined ? this.#root : toResolver(below))?.serviceAt?.(path.slice(below === undefined ? 0 : 1));
  }

  pathOf(service: object): string | undefined {
    if (service === this || service === this.#routes) return "";
    for (const [name, below] of this.#below) {
      const path = typeof below === "function" ? undefined : toResolver(below).pathOf?.(service);
      if (path !== undefined) return joinPath(name, path);
    }
    return this.#root?.pathOf?.(service);
  }
}

/** A function as a method. */
function called(name: string, code: AnyMethod): Method {
  return (args, kwargs) => code(...bound(name, undefined, args, kwargs));
}

/** `$` and `~` begin the paths of references. */
function isKey(name: unknown): boolean {
  return typeof name === "string" && /^[^$~/][^/]*$/s.test(name) && name !== "__proto__";
}

const resolvers = new WeakMap<object, Resolver>();

/** The resolver of what is served; one for each object. @throws TypeError for something that cannot be served. */
export function toResolver(service: Servable): Resolver {
  if (typeof service !== "object" || service === null) throw new TypeError(`cannot serve ${String(service)}`);
  let resolver = resolvers.get(service);
  if (resolver === undefined) {
    resolver = createResolver(service);
    resolvers.set(service, resolver);
  }
  return resolver;
}

function createResolver(service: Servable): Resolver {
  if (isService(service)) return new ServiceResolver(service);
  if (typeof (service as Partial<Resolver>).resolve === "function") return service as Resolver;
  const prototype: unknown = Object.getPrototypeOf(service);
  if (service instanceof Map || prototype === Object.prototype || prototype === null) return router(service as Routes);
  throw new TypeError(`cannot serve an instance of ${service.constructor?.name}: its class has no static "exposed"`);
}

/** One service object and what stands below it. */
class ServiceResolver implements Resolver {
  readonly #service: Service;
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #fields: ReadonlySet<string>;
  /** Held while looking below: services may refer to each other. */
  #looking = false;

  constructor(service: Service) {
    const { services = [], name: type } = service.constructor as { services?: readonly string[]; name: string };
    this.#service = service;
    this.#methods = boundMethods(service);
    this.#fields = new Set(services);
    for (const field of this.#fields) {
      if (!isCallableName(field)) throw new TypeError(`${type}.services: "${String(field)}" cannot be a name`);
      if (this.#below(field) === undefined) throw new TypeError(`${type}.services: there is no service "${field}"`);
    }
  }

  resolve(path: readonly string[], from: RpcPeer): Method {
    const name = path[0]!;
    if (path.length > 1) {
      const below = this.#below(name);
      if (below === undefined) throw notFound(path);
      return toResolver(below).resolve(path.slice(1), from);
    }
    const method = this.#methods.get(name);
    if (method !== undefined) return method;
    throw hasMember(this.#service, name) && !this.#fields.has(name) ? notExposed(name) : notFound(path);
  }

  serviceAt(path: readonly string[]): object | undefined {
    if (path.length === 0) return this.#service;
    const below = this.#below(path[0]!);
    return below && toResolver(below).serviceAt?.(path.slice(1));
  }

  pathOf(service: object): string | undefined {
    if (service === this.#service) return "";
    if (this.#looking) return undefined;
    this.#looking = true;
    try {
      for (const field of this.#fields) {
        const below = this.#below(field);
        const path = below && toResolver(below).pathOf?.(service);
        if (path !== undefined) return joinPath(field, path);
      }
    } finally {
      this.#looking = false;
    }
    return undefined;
  }

  /** What the field holds now; getters are not run. */
  #below(field: string): Servable | undefined {
    if (!this.#fields.has(field)) return undefined;
    const value: unknown = Object.getOwnPropertyDescriptor(this.#service, field)?.value;
    return typeof value === "object" && value !== null ? value : undefined;
  }
}

type AnyMethod = (...args: unknown[]) => unknown;

/**
 * An object whose class lists its exposed methods. `parameters`, if the class has it, names the positional parameters
 * of methods that peers may call with keyword arguments: `static readonly parameters = { add: ["a", "b"] }`; if the last is
 * `"**others"`, all other keyword arguments arrive there as one object. `services`,
 * if the class has it, names the fields that hold services of their own, which stand below this one:
 * `static readonly services = ["sub"] as const`.
 */
export type Service = object;

const tables = new WeakMap<Exposing, ReadonlyMap<string, AnyMethod>>();

/**
 * The methods that peers may call, by name. The list is the class's own, or else its parent's: an own list restates
 * what the parents expose. Methods are called with the object as `this`.
 *
 * @throws TypeError if the list names something that is not a method, or has a name that cannot be called.
 */
export function exposedMethods(type: Exposing): ReadonlyMap<string, AnyMethod> {
  const known = tables.get(type);
  if (known !== undefined) return known;
  if (!Array.isArray(type.exposed)) throw new TypeError(`${type.name}.exposed must be an array of names of methods`);
  const table = new Map<string, AnyMethod>();
  for (const name of type.exposed as readonly string[]) table.set(name, methodOf(type, name));
  tables.set(type, table);
  return table;
}

function methodOf(type: Exposing, name: string): AnyMethod {
  if (typeof name !== "string" || !isCallableName(name)) {
    const allowed = "a letter or _, then up to 63 letters, digits or _, and not a name like then or toJSON";
    throw new TypeError(`${type.name}.exposed: "${String(name)}" cannot be called; a name is ${allowed}`);
  }
  const method = memberOf(type.prototype, name)?.value;
  if (typeof method !== "function") throw new TypeError(`${type.name}.exposed: there is no method "${name}"`);
  return method as AnyMethod;
}

/** Own or inherited, without what every object has; getters are not run. */
function memberOf(prototype: object | null, name: string): PropertyDescriptor | undefined {
  for (let at = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    const member = Object.getOwnPropertyDescriptor(at, name);
    if (member !== undefined) return member;
  }
  return undefined;
}

/** Whether `value` is an object whose class has a list of exposed methods. */
export function isService(value: object): boolean {
  const type: unknown = value.constructor;
  return typeof type === "function" && "exposed" in type;
}

/** Methods of one service object, bound to it, by name. @throws TypeError as {@link exposedMethods}, or if `parameters` does not fit. */
function boundMethods(service: Service): ReadonlyMap<string, Method> {
  const type = service.constructor as Exposing;
  const methods = new Map<string, Method>();
  const parameters = parametersOf(type);
  for (const [name, method] of exposedMethods(type)) {
    const names = parameters.get(name);
    methods.set(name, (args, kwargs) => method.apply(service, bound(name, names, args, kwargs) as unknown[]));
  }
  return methods;
}

/** Whether `service` has something of this name that is not every object's; getters are not run. */
function hasMember(service: Service, name: string): boolean {
  return memberOf(service, name) !== undefined;
}

function parametersOf(type: Exposing): ReadonlyMap<string, readonly string[]> {
  const { parameters = {} } = type as { readonly parameters?: Readonly<Record<string, readonly string[]>> };
  const table = new Map(Object.entries(parameters));
  for (const [name, names] of table) {
    if (!exposedMethods(type).has(name)) throw new TypeError(`${type.name}.parameters: "${name}" is not exposed`);
    if (!Array.isArray(names) || new Set(names).size !== names.length) {
      throw new TypeError(`${type.name}.parameters.${name} must be an array of different names`);
    }
  }
  return table;
}

/**
 * The arguments of a call of an exposed method by the parameters that its class names, as {@link Service} says.
 *
 * @throws RpcError `ERR_RPC_ARGUMENTS`.
 */
export function bindArguments(
  type: Exposing,
  method: string,
  args: readonly Value[],
  kwargs: Readonly<Record<string, Value>>,
): readonly unknown[] {
  const names = parametersOf(type).get(method);
  return names === undefined && Object.keys(kwargs).length === 0 ? args : bound(method, names, [...args], kwargs);
}

/** The arguments in their positions, as Python would bind them; a parameter that was left out is undefined. */
function bound(
  method: string,
  names: readonly string[] | undefined,
  args: Value[],
  kwargs: Readonly<Record<string, Value>>,
): readonly unknown[] {
  const all: unknown[] = args;
  const last = names?.at(-1) ?? "";
  const open = last.startsWith(OPEN) ? names!.length - 1 : -1;
  if (open >= 0 && args.length > open) throw badArguments(`${method}() takes ${open} positional arguments`);
  const others: Record<string, Value> = {};
  for (const key in kwargs) {
    const value = kwargs[key]!;
    if (names === undefined)
      throw badArguments(`${method}() takes no keyword arguments; its class names no parameters`);
    const place = names.indexOf(key);
    if (place in all) throw badArguments(`${method}() got two values for "${key}"`);
    if (place >= 0 && place !== open) all[place] = value;
    else if (open >= 0) others[key] = value;
    else throw badArguments(`${method}() has no parameter "${key.slice(0, 64)}"; it has ${names.join(", ")}`);
  }
  if (open >= 0) all[open] = others;
  return all;
}

/** In front of the name of a parameter that takes all other keyword arguments, as in Python. */
const OPEN = "**";

function badArguments(message: string): RpcError {
  return new RpcError("ERR_RPC_ARGUMENTS", message);
}

/** Names of methods and of services below others. Source: FAULTS section 3.3. */
const NAME = /^[A-Za-z_]\w{0,63}$/;

/**
 * Names that the language asks any object for: `await` for `then`, `JSON.stringify` for `toJSON`, a string conversion
 * for the others. On a proxy they are no remote methods.
 */
const RESERVED: ReadonlySet<string> = new Set([
  "then",
  "toJSON",
  "toString",
  "valueOf",
  "constructor",
  "prototype",
  "__proto__",
]);

/** Whether a method or service may have this name. */
export function isCallableName(name: string): boolean {
  return NAME.test(name) && !RESERVED.has(name);
}
