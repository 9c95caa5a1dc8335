import { CodecError, RpcError } from "../errors.ts";
import { checkOptions, number, type OptionChecks, signal } from "../options.ts";
import { Kwargs } from "./kwargs.ts";
import { createProxy, type Invoke, type InvokeOptions, optionedProxy, type ProxyTarget, proxyTarget } from "./proxy.ts";
import {
  isService,
  joinPath,
  type Method,
  notFound,
  type Resolver,
  Router,
  type Service,
  toResolver,
} from "./services.ts";
import type { RpcPeer } from "./types.ts";

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
  /** The connection itself. */
  readonly connection: RpcPeer;
}

/**
 * Services as values of one connection: what crosses for a service is its path at its owner, and what arrives is a
 * proxy of that path. The same service gives the same proxy as long as that is in use.
 *
 * | what is passed | path | what arrives |
 * |---|---|---|
 * | a service within what this side serves | its own, "" for the root | a proxy |
 * | any other service, or a router | `$1`, `$2`, …, never used again | a proxy |
 * | a proxy of something that this side serves | as the thing itself | a proxy |
 * | a proxy of this connection | `~` and its path | the service itself, at its owner |
 * | a proxy of another connection | `$n` | a proxy; calls are passed on |
 *
 * Those with `$` are kept for the peer until it releases them (peers of our kind do when their garbage collector takes
 * the proxy), they are revoked, or the connection ends. If that is one of a channel that connects again, what was passed
 * before is lost on both sides: the peer sees a new connection, and counts anew.
 */
export class References {
  /** The proxy of what the peer serves. */
  readonly root: object;
  readonly #options: ReferencesOptions;
  readonly #passed: PassedServices;
  /** Paths of services that were found within what is served; each is checked when it is used again. */
  readonly #paths = new WeakMap<object, string>();
  readonly #proxies = new Map<string, { readonly proxy: WeakRef<object>; received: number }>();
  readonly #collected: FinalizationRegistry<string>;
  /** Calls services that the peer has passed since the connection was established. */
  #invokePassed: Invoke;
  /** The same of connections that were lost. */
  readonly #lost = new WeakSet<Invoke>();

  constructor(options: ReferencesOptions) {
    this.#options = options;
    this.#passed = new PassedServices(options.peer, options.passedServicesMax);
    this.root = createProxy(options.invoke);
    this.#invokePassed = this.#passedCalls();
    this.#collected = new FinalizationRegistry((path) => this.#forget(path));
  }

  /** Services that this side has passed and keeps for the peer. */
  get passedServices(): number {
    return this.#passed.size;
  }

  /** Whether `value` is a service, or a proxy that may be passed here. */
  accepts(value: object): boolean {
    const target = proxyTarget(value);
    if (target !== undefined)
      return this.#isOwn(target.invoke) || mayRelay(target.invoke) || this.#ownPath(value) !== undefined;
    return isService(value) || value instanceof Router || this.#ownPath(value) !== undefined;
  }

  /** What crosses for a value that is accepted. @throws RpcError `ERR_RPC_PASSED_SERVICES`. */
  write(value: object): string {
    const target = proxyTarget(value);
    const own = this.#ownPath(value);
    if (own !== undefined) return own;
    if (target !== undefined) return this.#pathOfProxy(value, target);
    return this.#passed.pass(value, () => toResolver(value as Service));
  }

  /** The proxy, or this side's own service, that `path` stands for. @throws CodecError `ERR_CODEC_TYPE`. */
  read(path: unknown): object {
    if (typeof path !== "string" || path.length > PATH_CHARS_MAX) {
      throw new CodecError("ERR_CODEC_TYPE", "a service is not given by its path");
    }
    return (path.startsWith(HOME) ? this.#atHome(path.split("/").slice(1)) : undefined) ?? this.#received(path);
  }

  /** The method at a path that {@link isReference}. @throws RpcError. */
  resolve(path: readonly string[], from: RpcPeer): Method {
    const [first = "", ...rest] = path;
    if (first === HOME) return this.#homeward(rest);
    if (first === RELEASE && rest.length === 0) return ([id, count]) => this.#passed.release(id, count);
    const passed = this.#passed.find(first);
    if (passed === undefined || rest.length === 0) throw notFound(path);
    return passed.resolver.resolve(rest, from);
  }

  /** Keep `service` no longer for the peer, whose calls of it fail from now on. @returns Whether it was kept. */
  revoke(service: object): boolean {
    return this.#passed.revoke(service);
  }

  /** The connection is gone: keep nothing. */
  clear(): void {
    this.#passed.clear();
    this.#proxies.clear();
  }

  /** The connection is gone, and another one is to come: know nothing of what either side has passed. */
  renew(): void {
    this.#passed.clear();
    for (const path of this.#proxies.keys()) if (path.startsWith(PASSED)) this.#proxies.delete(path);
    this.#lost.add(this.#invokePassed);
    this.#invokePassed = this.#passedCalls();
  }

  #pathOfProxy(value: object, { invoke, path }: ProxyTarget): string {
    if (this.#lost.has(invoke)) throw lost(path);
    return this.#isOwn(invoke) ? joinPath(HOME, path) : this.#passed.pass(value, () => relay(invoke, path));
  }

  #isOwn(invoke: Invoke): boolean {
    return invoke === this.#options.invoke || invoke === this.#invokePassed || this.#lost.has(invoke);
  }

  #passedCalls(): Invoke {
    const { invoke } = this.#options;
    const calls: Invoke = (path, args, options) =>
      this.#lost.has(calls) ? Promise.reject(lost(path)) : invoke(path, args, options);
    allowRelay(calls, this.#options.connection);
    return calls;
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

  /** Undefined if it is not there any more; calls of the proxy that is given instead tell so. */
  #atHome(path: readonly string[]): object | undefined {
    const [first = "", ...rest] = path;
    if (!first.startsWith(PASSED)) return this.#options.resolver?.serviceAt?.(path);
    const passed = this.#passed.find(first);
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
    const proxy = createProxy(path.startsWith(PASSED) ? this.#invokePassed : this.#options.invoke, path);
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

function lost(path: string): RpcError {
  const text = `the service behind "${path}" was passed on a connection that was lost; it has to be passed again`;
  return new RpcError("ERR_RPC_SERVICE_LOST", text);
}

function partsOf(path: string): string[] {
  return path === "" ? [] : path.split("/");
}

/** In front of the number of a service that was passed and stands nowhere in what is served; no name begins so. */
const PASSED = "$";

/** A service that one side of a connection has passed and keeps for the other. */
interface PassedService {
  /** Path under which the peer calls it: `$1`. */
  readonly id: string;
  readonly service: object;
  readonly resolver: Resolver;
  /** References sent and not released. */
  references: number;
}

/** The services that one side of a connection keeps for the other: each once, with an id that is never used again. */
class PassedServices {
  readonly #peer: string;
  readonly #max: number;
  readonly #byId = new Map<string, PassedService>();
  readonly #byService = new Map<object, PassedService>();
  #lastId = 0;

  /** @param max - Services kept at a time. */
  constructor(peer: string, max: number) {
    this.#peer = peer;
    this.#max = max;
  }

  get size(): number {
    return this.#byId.size;
  }

  find(id: string): PassedService | undefined {
    return this.#byId.get(id);
  }

  /** Count one more reference. @returns The id. @throws RpcError `ERR_RPC_PASSED_SERVICES`. */
  pass(service: object, resolver: () => Resolver): string {
    let passed = this.#byService.get(service);
    if (passed === undefined) {
      if (this.#byId.size >= this.#max) {
        const message = `passedServicesMax = ${this.#max} services are kept for ${this.#peer}, which releases none`;
        throw new RpcError("ERR_RPC_PASSED_SERVICES", message, { peer: this.#peer });
      }
      passed = { id: `${PASSED}${++this.#lastId}`, service, resolver: resolver(), references: 0 };
      this.#byId.set(passed.id, passed);
      this.#byService.set(service, passed);
    }
    passed.references++;
    return passed.id;
  }

  /** The peer needs `count` references no more; what it sends is not trusted. */
  release(id: unknown, count: unknown): void {
    const passed = typeof id === "string" ? this.#byId.get(id) : undefined;
    if (passed === undefined || typeof count !== "number" || !(count > 0)) return;
    passed.references -= count;
    if (passed.references <= 0) this.revoke(passed.service);
  }

  /** @returns Whether it was kept. */
  revoke(service: object): boolean {
    const passed = this.#byService.get(service);
    if (passed === undefined) return false;
    this.#byId.delete(passed.id);
    return this.#byService.delete(service);
  }

  clear(): void {
    this.#byId.clear();
    this.#byService.clear();
  }
}

/** Ways of calling peers that other connections may use for their own peers. */
const relays = new WeakMap<Invoke, RpcPeer>();

/** Let proxies made with `invoke`, which calls `peer`, be passed to peers of other connections. */
export function allowRelay(invoke: Invoke, peer: RpcPeer): void {
  relays.set(invoke, peer);
}

/** Whether {@link allowRelay} was called for it. */
function mayRelay(invoke: Invoke): boolean {
  return relays.has(invoke);
}

/** Where a proxy of a peer's service leads: to `path` at `peer`. Undefined for any other value. */
export function proxyOrigin(value: object): { readonly peer: RpcPeer; readonly target: ProxyTarget } | undefined {
  const target = proxyTarget(value);
  const peer = target && relays.get(target.invoke);
  return target && peer && { peer, target };
}

/**
 * The same service as `remote`, called with these options: `await callWith(remote, { timeoutMs: 500 }).offer(3)`. Options
 * that `remote` has from an earlier `callWith` stay, unless they are given again.
 *
 * @param remote - A proxy of rpc, or what stands below one.
 * @throws TypeError for anything else; proxies of agents within a simulation have a time-out of simulated time instead,
 *   which `connect` takes. RangeError for a `timeoutMs` that is not above 0.
 */
export function callWith<R extends object>(remote: R, options: InvokeOptions): R {
  const proxy = proxyOrigin(remote) && optionedProxy(remote, options);
  if (proxy === undefined) throw new TypeError("callWith takes a proxy of a service at the other end of a connection");
  checkOptions("rpc.callWith", options, CALL_CHECKS);
  return proxy as R;
}

const CALL_CHECKS: OptionChecks<InvokeOptions> = {
  timeoutMs: number({ above: 0, infinite: true, unit: "milliseconds" }),
  signal,
};

/** Passes calls on to what stands below `root` at the other end of `invoke`. */
export function relay(invoke: Invoke, root: string): Resolver {
  const prefix = root === "" ? "" : `${root}/`;
  return {
    resolve: (path) => (args, kwargs) =>
      invoke(prefix + path.join("/"), Object.keys(kwargs).length === 0 ? args : [...args, new Kwargs(kwargs)]),
  };
}
