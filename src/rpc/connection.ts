import type { ChannelLike, Request, RequestOptions } from "../channel/index.ts";
import type { Value } from "../codec/index.ts";
import { type ChannelError, RpcError } from "../errors.ts";
import { splitArguments } from "./kwargs.ts";
import { createProxy } from "./proxy.ts";
import { notFound, type Resolver } from "./resolver.ts";
import type { Remote } from "./types.ts";

/** Characters of a path that are looked at; a longer one leads nowhere. */
const PATH_CHARS_MAX = 4096;

/** What the places in the content of a request are to the caller. */
const PLACES = [
  ["$[1]", "$.args"],
  ["$[2]", "$.kwargs"],
] as const;

/** Options of one call. */
export type CallOptions = Pick<RequestOptions, "timeoutMs" | "signal">;

/**
 * One rpc connection: the peer's service as an object, and this side's service for calls back. Both sides are equal
 * once it is established.
 *
 * @typeParam C - Type of the peer's service, as {@link Remote} takes it.
 */
export class RpcConnection<C = unknown> {
  /** Address of the other side. */
  readonly peer: string;
  /**
   * The peer's exposed methods; a call that fails there is rejected with a RemoteError, one that cannot be made
   * with a ChannelError or ValueError.
   */
  readonly remote: Remote<C>;
  /** Resolves, never rejects, when the connection is gone, with the reason. */
  readonly closed: Promise<ChannelError>;
  readonly #channel: ChannelLike;
  readonly #resolver: Resolver | undefined;
  readonly #pathPartsMax: number;

  /** @param channel - Belongs to the connection from now on. */
  constructor(channel: ChannelLike, resolver: Resolver | undefined, pathPartsMax: number) {
    this.peer = channel.peer;
    this.closed = channel.closed;
    this.#channel = channel;
    this.#resolver = resolver;
    this.#pathPartsMax = pathPartsMax;
    this.remote = createProxy((path, args) => this.call(path, args)) as Remote<C>;
    channel.serve((request) => this.#serve(request));
  }

  /** Whether calls can still be made. */
  get isOpen(): boolean {
    return this.#channel.isOpen;
  }

  /**
   * Call a method by its path, as `sub/mul`; what `remote` does, with options.
   *
   * @param args - The last may be {@link kwargs}.
   * @returns The result; rejected as `Channel.request` is.
   */
  call(path: string, args: readonly unknown[], options?: CallOptions): Promise<Value> {
    const [positional, named] = splitArguments(args);
    return this.#channel.request([path, positional, named], { ...options, method: path, places: PLACES });
  }

  /** Close the connection; calls that wait are rejected. Resolves when it is gone. */
  close(): Promise<void> {
    return this.#channel.close();
  }

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

  #resolve(path: string): (args: Value[], named: Record<string, Value>) => unknown {
    if (this.#resolver === undefined) throw new RpcError("ERR_RPC_NOT_FOUND", "this side offers no service");
    const parts = path.length > PATH_CHARS_MAX ? [] : path.split("/");
    if (parts.length === 0 || parts.length > this.#pathPartsMax) throw notFound([path]);
    return this.#resolver.resolve(parts, this as RpcConnection);
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

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
