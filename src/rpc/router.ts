import { boundMethods, hasMember, isService, type Service } from "./expose.ts";
import { isCallableName } from "./names.ts";
import { joinPath, type Method, notExposed, notFound, type Resolver } from "./resolver.ts";

/** What can be served: a service object, a resolver, or services under names. */
export type Servable = Service | Resolver | Routes;

/** Services under names, as a plain object or a `Map`; they can be nested. */
export type Routes = { readonly [name: string]: Servable } | ReadonlyMap<string, Servable>;

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
  readonly #below: ReadonlyMap<string, Servable>;
  readonly #root: Resolver | undefined;

  constructor(routes: Routes, root: Service | Resolver | undefined) {
    this.#routes = routes;
    this.#below = routes instanceof Map ? routes : new Map(Object.entries(routes));
    this.#root = root && toResolver(root);
    for (const [name, service] of this.#below) {
      if (!(this.#below === routes ? isKey(name) : isCallableName(name))) {
        throw new TypeError(`a service cannot be named "${name}"`);
      }
      toResolver(service);
    }
  }

  resolve(path: readonly string[], from: Parameters<Resolver["resolve"]>[1]): Method {
    const below = this.#below.get(path[0]!);
    if (below !== undefined && path.length > 1) return toResolver(below).resolve(path.slice(1), from);
    if (below !== undefined || this.#root === undefined) throw notFound(path);
    return this.#root.resolve(path, from);
  }

  serviceAt(path: readonly string[]): object | undefined {
    const [name] = path;
    if (name === undefined) return this.#root === undefined ? this : this.#root.serviceAt?.(path);
    const below = this.#below.get(name);
    return (below === undefined ? this.#root : toResolver(below))?.serviceAt?.(path.slice(below === undefined ? 0 : 1));
  }

  pathOf(service: object): string | undefined {
    if (service === this || service === this.#routes) return "";
    for (const [name, below] of this.#below) {
      const path = toResolver(below).pathOf?.(service);
      if (path !== undefined) return joinPath(name, path);
    }
    return this.#root?.pathOf?.(service);
  }
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

  resolve(path: readonly string[], from: Parameters<Resolver["resolve"]>[1]): Method {
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
