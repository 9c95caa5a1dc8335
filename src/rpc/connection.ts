import { isThenable, tell } from "../channel/callbacks.ts";
import type { ChannelLike, ConnectionState, PeerIdentity, Request } from "../channel/index.ts";
import type { Value } from "../codec/index.ts";
import { type ChannelError, RpcError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { callContent } from "./kwargs.ts";
import { createProxy, type Invoke } from "./proxy.ts";
import { allowRelay, isReference, PATH_CHARS_MAX, RELEASE, References, ServiceReference } from "./references.ts";
import { type Method, notFound, type Resolver } from "./services.ts";
import type { CallOptions, OneWay, Remote, RpcPeer } from "./types.ts";

/** What the places in the content of a request are to the caller. */
const PLACES = [
  ["$[1]", "$.args"],
  ["$[2]", "$.kwargs"],
] as const;

/** Paths of one connection that are kept in parts, and how long each may be. */
const PATHS_KEPT_MAX = 1024;
const PATH_KEPT_CHARS_MAX = 256;

/** The bounds of one rpc connection. */
export type RpcLimits = Pick<Limits, "pathPartsMax" | "passedServicesMax" | "remoteServicesMax">;

/**
 * One rpc connection: the peer's service as an object, and this side's service for calls back. Both sides are equal
 * once it is established.
 *
 * Services may stand anywhere in arguments and results; the other side gets a proxy of them, whose calls come back on
 * this connection, and one that returns to its owner is the object itself.
 *
 * @typeParam C - Type of the peer's service, as {@link Remote} takes it.
 */
export class RpcConnection<C = unknown> implements RpcPeer<C> {
  /** Address of the other side. */
  readonly peer: string;
  /**
   * The peer's exposed methods; a call that fails there is rejected with a RemoteError, one that cannot be made
   * with a ChannelError or ValueError.
   */
  readonly remote: Remote<C>;
  /**
   * The same methods without an answer: a call gives nothing, and what becomes of it is not known here. It is made as
   * any other (the wire knows no other kind); how it failed is told to `onOneWayFailure` alone. Only what is refused for
   * want of room is thrown, with nothing sent: ChannelError `ERR_CHANNEL_PENDING`, `ERR_CHANNEL_SEND_QUEUE`.
   */
  readonly oneWay: OneWay<C>;
  /** Resolves, never rejects, when the connection is gone, with the reason. */
  readonly closed: Promise<ChannelError>;
  /** Told how one-way calls failed. Default: nobody is told. */
  onOneWayFailure: (error: Error, path: string) => void = () => {};
  readonly #channel: ChannelLike;
  readonly #resolver: Resolver | undefined;
  readonly #pathPartsMax: number;
  readonly #references: References;
  /** The first paths that the peer has called, in parts. */
  readonly #paths = new Map<string, readonly string[]>();

  /** @param channel - Belongs to the connection from now on. */
  constructor(channel: ChannelLike, resolver: Resolver | undefined, limits: RpcLimits) {
    const invoke: Invoke = (path, args, options) => this.call(path, args, options);
    allowRelay(invoke, this as RpcPeer);
    this.peer = channel.peer;
    this.closed = channel.closed;
    this.#channel = channel;
    this.#resolver = resolver;
    this.#pathPartsMax = limits.pathPartsMax;
    this.#references = new References({
      resolver,
      invoke,
      passedServicesMax: limits.passedServicesMax,
      remoteServicesMax: limits.remoteServicesMax,
      release: (id, count) => void this.call(RELEASE, [id, count]).catch(() => {}),
      peer: channel.peer,
      connection: this as RpcPeer,
    });
    this.remote = this.#references.root as Remote<C>;
    this.oneWay = createProxy(this.#send as never) as OneWay<C>;
    channel.types.add({
      type: ServiceReference,
      accepts: (value) => this.#references.accepts(value),
      write: (value) => this.#references.write(value),
      read: (path) => this.#references.read(path),
    });
    channel.serve((request) => this.#serve(request));
    void channel.closed.then(() => this.#references.clear());
    channel.onState?.((state) => state === "lost" && this.#references.renew());
  }

  /** Who the other side is by its certificate, over TLS; undefined otherwise. Its address says nothing of who it is. */
  get identity(): PeerIdentity | undefined {
    return this.#channel.identity;
  }

  /** Whether calls can still be made. */
  get isOpen(): boolean {
    return this.#channel.isOpen;
  }

  /** Services outside of what this side serves that it has passed and keeps, until the peer releases them. */
  get passedServices(): number {
    return this.#references.passedServices;
  }

  /**
   * Call a method by its path, as `sub/mul`; what `remote` does, with options.
   *
   * @param args - The last may be {@link kwargs}.
   * @returns The result; rejected as `Channel.request` is.
   */
  call(path: string, args: readonly unknown[], options?: CallOptions): Promise<Value> {
    const asked =
      options === undefined ? { method: path, places: PLACES } : { ...options, method: path, places: PLACES };
    return this.#channel.request(callContent(path, args), asked);
  }

  /**
   * The service at a path that need not be made of names, as `agents/0`.
   *
   * @typeParam S - Its type, as {@link Remote} takes it.
   */
  at<S = unknown>(path: string): Remote<S> {
    return this.#references.proxy(path) as Remote<S>;
  }

  /**
   * Take back a service that was passed: calls of it fail from now on. Needed for peers that never release one, as
   * Python's, before `limits.passedServicesMax` of them have been passed. What is served stays.
   *
   * @returns Whether it had been passed and was kept.
   */
  revoke(service: object): boolean {
    return this.#references.revoke(service);
  }

  /**
   * Give back a proxy that this side has got: the peer need not keep the service for it, and calls of it may fail from
   * now on. Without it the peer keeps the service until the garbage collector takes the proxy.
   *
   * @returns Whether the peer was told; it is not if what it serves is not kept for this side.
   */
  release(proxy: object): boolean {
    return this.#references.release(proxy);
  }

  /**
   * Call `callback` once when the connection is gone, whoever closed it, with the reason; at the end of this turn if it
   * is gone already. There may be many.
   *
   * @returns Withdraws the callback.
   */
  onDisconnect(callback: (reason: ChannelError) => void): () => void {
    let told: typeof callback | undefined = callback;
    void this.closed.then((reason) => told && tell("onDisconnect", told, reason));
    return () => {
      told = undefined;
    };
  }

  /**
   * Be told of every change: the connection is lost, open again, closed for good. Only one that connects again is ever
   * lost. What was passed before a loss has to be passed again.
   *
   * @returns Stops it.
   */
  onState(listener: (state: ConnectionState) => void): () => void {
    if (this.#channel.onState !== undefined) return this.#channel.onState((state) => listener(state));
    return this.onDisconnect(() => listener("closed"));
  }

  /** Bytes of calls and answers that the operating system has not taken yet. */
  get queuedBytes(): number {
    return this.#channel.queuedBytes;
  }

  /**
   * Wait until the peer has read enough to go on calling, as `Channel.drained`: await it before a call with much in it, or
   * many calls. A call that does not fit is refused with `ERR_CHANNEL_SEND_QUEUE`, and nothing of it is sent.
   */
  drained(): Promise<void> {
    return this.#channel.drained();
  }

  /** Close the connection; calls that wait are rejected. Resolves when it is gone. */
  close(): Promise<void> {
    return this.#channel.close();
  }

  readonly #send = (path: string, args: unknown[]): void => {
    const asked = { method: path, places: PLACES };
    this.#channel.requestNow(callContent(path, args), asked).catch((error: Error) => {
      tell("onOneWayFailure", this.onOneWayFailure, error, path);
    });
  };

  /** What it throws fails the request. */
  #serve(request: Request): void {
    const { content } = request;
    if (!isCall(content)) {
      throw new RpcError("ERR_RPC_MALFORMED", "the content of a request must be [path, [arguments], {keywords}]");
    }
    const [path, args, named] = content;
    const result = this.#resolve(path)(args, named);
    if (isThenable(result)) {
      result.then(
        (value) => request.reply(value),
        (error) => request.fail(error),
      );
    } else request.reply(result);
  }

  #resolve(path: string): Method {
    const parts = this.#partsOf(path);
    if (isReference(path)) return this.#references.resolve(parts, this);
    if (this.#resolver === undefined) throw new RpcError("ERR_RPC_NOT_FOUND", "this side offers no service");
    return this.#resolver.resolve(parts, this);
  }

  #partsOf(path: string): readonly string[] {
    const known = this.#paths.get(path);
    if (known !== undefined) return known;
    const parts = path.length > PATH_CHARS_MAX ? [] : path.split("/");
    if (parts.length === 0 || parts.length > this.#pathPartsMax) throw notFound([path]);
    if (this.#paths.size < PATHS_KEPT_MAX && path.length <= PATH_KEPT_CHARS_MAX) this.#paths.set(path, parts);
    return parts;
  }
}

function isCall(content: Value): content is [string, Value[], Record<string, Value>] {
  if (!Array.isArray(content) || content.length !== 3) return false;
  const [path, args, named] = content;
  return typeof path === "string" && Array.isArray(args) && isPlainObject(named!);
}

function isPlainObject(value: Value): boolean {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
