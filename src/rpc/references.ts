import { CodecError, RpcError } from "../errors.ts";
import { isService, type Service } from "./expose.ts";
import { Kwargs } from "./kwargs.ts";
import { createProxy, type Invoke, type ProxyTarget, proxyTarget } from "./proxy.ts";
import { joinPath, type Method, notFound, type Resolver } from "./resolver.ts";
import { Router, toResolver } from "./router.ts";

/** In front of the number of a service that was passed and stands nowhere in what is served; no name begins so. */
const PASSED = "$";
/** First part of a path that leads back to whoever reads it. */
const HOME = "~";
/** Method by which a peer of our kind says how many of the references it got it has no use for any more. */
export const RELEASE = "$release";

/** Whether a path leads to what was passed, not to what is served. */
export function isReference(path: string): boolean {
  return path.startsWith(PASSED) || path.startsWith(HOME);
}

/** Characters of a path that are looked at; a longer one leads nowhere. */
export const PATH_CHARS_MAX = 4096;

/** The name of the type of services in a registry; there are no instances of it. */
export class ServiceReference {}

/** A service that this side has passed. */
interface Passed {
  readonly id: string;
  readonly service: object;
  readonly resolver: Resolver;
  /** References sent and not released. */
  references: number;
}

/** What one side of a connection has to say about references. */
export interface ReferencesOptions {
  /** What is served on this side. */
  readonly resolver: Resolver | undefined;
  /** Calls the peer. */
  readonly invoke: Invoke;
  readonly passedServicesMax: number;
  readonly remoteServicesMax: number;
  /** The peer's `count` references to its own `id` are not needed any more. */
  readonly release: (id: string, count: number) => void;
  readonly peer: string;
}

/**
 * Services as values of one connection: what crosses for a service is its path at its owner, and what arrives is a
 * proxy of that path. The same service gives the same proxy as long as that is in use.
 *
 * | what is passed | path | what arrives |
 * |---|---|---|
 * | a service within what this side serves | its own, "" for the root | a proxy |
 * | any other service, or a router | `$1`, `$2`, …, never used again | a proxy |
 * | a proxy of this connection | `~` and its path | the service itself, at its owner |
 * | a proxy of another connection | `$n` | a proxy; calls are passed on |
 *
 * Those with `$` are kept for the peer until it releases them (peers of our kind do when their garbage collector takes
 * the proxy), they are revoked, or the connection ends.
 */
export class References {
  /** The proxy of what the peer serves. */
  readonly root: object;
  readonly #options: ReferencesOptions;
  readonly #passed = new Map<string, Passed>();
  readonly #ids = new Map<object, Passed>();
  #lastId = 0;
  /** Paths of services that were found within what is served; each is checked when it is used again. */
  readonly #paths = new WeakMap<object, string>();
  readonly #proxies = new Map<string, { readonly proxy: WeakRef<object>; received: number }>();
  readonly #collected: FinalizationRegistry<string>;

  constructor(options: ReferencesOptions) {
    this.#options = options;
    this.root = createProxy(options.invoke);
    this.#collected = new FinalizationRegistry((path) => this.#forget(path));
  }

  /** Services that this side has passed and keeps for the peer. */
  get passedServices(): number {
    return this.#passed.size;
  }

  /** Whether `value` is a service, or a proxy that may be passed here. */
  accepts(value: object): boolean {
    const target = proxyTarget(value);
    if (target !== undefined) return relays.has(target.invoke);
    return isService(value) || value instanceof Router || this.#ownPath(value) !== undefined;
  }

  /** What crosses for a value that is accepted. @throws RpcError `ERR_RPC_PASSED_SERVICES`. */
  write(value: object): string {
    const target = proxyTarget(value);
    if (target !== undefined) return this.#pathOfProxy(value, target);
    return this.#ownPath(value) ?? this.#pass(value, toResolver(value as Service));
  }

  /** The proxy, or this side's own service, that `path` stands for. @throws CodecError `ERR_CODEC_TYPE`. */
  read(path: unknown): object {
    if (typeof path !== "string" || path.length > PATH_CHARS_MAX) {
      throw new CodecError("ERR_CODEC_TYPE", "a service is not given by its path");
    }
    return (path.startsWith(HOME) ? this.#atHome(path.split("/").slice(1)) : undefined) ?? this.#received(path);
  }

  /** The method at a path that {@link isReference}. @throws RpcError. */
  resolve(path: readonly string[], from: Parameters<Resolver["resolve"]>[1]): Method {
    const [first = "", ...rest] = path;
    if (first === HOME) return this.#homeward(rest);
    if (first === RELEASE && rest.length === 0) return ([id, count]) => this.#release(id, count);
    const passed = this.#passed.get(first);
    if (passed === undefined || rest.length === 0) throw notFound(path);
    return passed.resolver.resolve(rest, from);
  }

  /** Keep `service` no longer for the peer, whose calls of it fail from now on. @returns Whether it was kept. */
  revoke(service: object): boolean {
    const passed = this.#ids.get(service);
    if (passed === undefined) return false;
    this.#drop(passed);
    return true;
  }

  /** The connection is gone: keep nothing. */
  clear(): void {
    this.#passed.clear();
    this.#ids.clear();
    this.#proxies.clear();
  }

  #pathOfProxy(value: object, { invoke, path }: ProxyTarget): string {
    return invoke === this.#options.invoke ? joinPath(HOME, path) : this.#pass(value, relay(invoke, path));
  }

  #ownPath(service: object): string | undefined {
    const { resolver } = this.#options;
    if (resolver?.pathOf === undefined) return undefined;
    const known = this.#paths.get(service);
    if (known !== undefined && resolver.serviceAt?.(partsOf(known)) === service) return known;
    const path = resolver.pathOf(service);
    if (path !== undefined) this.#paths.set(service, path);
    return path;
  }

  #pass(service: object, resolver: Resolver): string {
    let passed = this.#ids.get(service);
    if (passed === undefined) {
      const { passedServicesMax, peer } = this.#options;
      if (this.#passed.size >= passedServicesMax) {
        const message = `passedServicesMax = ${passedServicesMax} services are kept for ${peer}, which releases none`;
        throw new RpcError("ERR_RPC_PASSED_SERVICES", message, { peer });
      }
      passed = { id: `${PASSED}${++this.#lastId}`, service, resolver, references: 0 };
      this.#passed.set(passed.id, passed);
      this.#ids.set(service, passed);
    }
    passed.references++;
    return passed.id;
  }

  #drop({ id, service }: Passed): void {
    this.#passed.delete(id);
    this.#ids.delete(service);
  }

  #release(id: unknown, count: unknown): null {
    const passed = typeof id === "string" ? this.#passed.get(id) : undefined;
    if (passed === undefined || typeof count !== "number" || !(count > 0)) return null;
    passed.references -= count;
    if (passed.references <= 0) this.#drop(passed);
    return null;
  }

  /** Undefined if it is not there any more; calls of the proxy that is given instead tell so. */
  #atHome(path: readonly string[]): object | undefined {
    const [first = "", ...rest] = path;
    if (!first.startsWith(PASSED)) return this.#options.resolver?.serviceAt?.(path);
    const passed = this.#passed.get(first);
    return rest.length === 0 ? passed?.service : passed?.resolver.serviceAt?.(rest);
  }

  /** Pass a call on to the peer: what it got from home and takes for a proxy, because it does not know better. */
  #homeward(path: readonly string[]): Method {
    if (path.length === 0 || path[0] === HOME) throw notFound([HOME, ...path]);
    return relay(this.#options.invoke, "").resolve(path, undefined as never);
  }

  /** The proxy of the peer's service at `path`. */
  proxy(path: string): object {
    if (path === "") return this.root;
    const known = this.#proxies.get(path);
    const alive = known?.proxy.deref();
    if (alive !== undefined) return alive;
    const proxy = createProxy(this.#options.invoke, path);
    // What was collected and not yet forgotten has not been released either.
    this.#proxies.set(path, { proxy: new WeakRef(proxy), received: known?.received ?? 0 });
    this.#collected.register(proxy, path);
    return proxy;
  }

  /** What `proxy` stands for is not used here any more. @returns Whether the peer was told: it keeps it for that. */
  release(proxy: object): boolean {
    const path = proxyTarget(proxy)?.path ?? "";
    const known = this.#proxies.get(path);
    if (known?.proxy.deref() !== proxy || !path.startsWith(PASSED)) return false;
    this.#proxies.delete(path);
    this.#options.release(path, known.received);
    return true;
  }

  #received(path: string): object {
    const { remoteServicesMax } = this.#options;
    if (this.#proxies.size >= remoteServicesMax && !this.#proxies.has(path)) {
      throw new CodecError("ERR_CODEC_TYPE", `more than remoteServicesMax = ${remoteServicesMax} services are in use`);
    }
    const proxy = this.proxy(path);
    const known = this.#proxies.get(path);
    if (known !== undefined) known.received++;
    return proxy;
  }

  #forget(path: string): void {
    const known = this.#proxies.get(path);
    if (known === undefined || known.proxy.deref() !== undefined) return;
    this.#proxies.delete(path);
    if (path.startsWith(PASSED)) this.#options.release(path, known.received);
  }
}

/** Ways of calling peers that other connections may use for their own peers. */
const relays = new WeakSet<Invoke>();

/** Let proxies made with `invoke` be passed to peers of other connections. */
export function allowRelay(invoke: Invoke): void {
  relays.add(invoke);
}

/** Passes calls on to where a proxy leads. */
function relay(invoke: Invoke, root: string): Resolver {
  return {
    resolve: (path) => (args, kwargs) => {
      const target = root === "" ? path.join("/") : `${root}/${path.join("/")}`;
      return invoke(target, Object.keys(kwargs).length === 0 ? args : [...args, new Kwargs(kwargs)]);
    },
  };
}

function partsOf(path: string): string[] {
  return path === "" ? [] : path.split("/");
}
