import { isService, type Service, serviceResolver } from "./expose.ts";
import { isCallableName } from "./names.ts";
import { notFound, type Resolver } from "./resolver.ts";

/** What can be served: a service object, a resolver, or services under names. */
export type Servable = Service | Resolver | Routes;

/** Services under names, as a plain object or a `Map`; they can be nested. */
export type Routes = { readonly [name: string]: Servable } | ReadonlyMap<string, Servable>;

/**
 * Services under names: `router({ sub })` offers `sub`'s method `mul` as `sub/mul`.
 *
 * @param root - Offers its methods without a name in front; a route goes before a method of the same name.
 * @throws TypeError for a name that cannot be called, or something that cannot be served.
 */
export function router(routes: Routes, root?: Service | Resolver): Resolver {
  const below = new Map<string, Resolver>();
  for (const [name, service] of routes instanceof Map ? routes : Object.entries(routes)) {
    if (!isCallableName(name)) throw new TypeError(`a service cannot be named "${name}"`);
    below.set(name, toResolver(service));
  }
  const own = root && toResolver(root);
  return {
    resolve(path, from) {
      const [name, ...rest] = path;
      const next = below.get(name!);
      if (next !== undefined && rest.length > 0) return next.resolve(rest, from);
      if (next !== undefined || own === undefined) throw notFound(path);
      return own.resolve(path, from);
    },
  };
}

/** @throws TypeError for something that cannot be served. */
export function toResolver(service: Servable): Resolver {
  if (typeof service !== "object" || service === null) throw new TypeError(`cannot serve ${String(service)}`);
  if (isService(service)) return serviceResolver(service);
  if (typeof (service as Partial<Resolver>).resolve === "function") return service as Resolver;
  const prototype: unknown = Object.getPrototypeOf(service);
  if (service instanceof Map || prototype === Object.prototype || prototype === null) return router(service as Routes);
  throw new TypeError(`cannot serve an instance of ${service.constructor?.name}: its class has no static "exposed"`);
}
