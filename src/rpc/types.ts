import type { PeerIdentity, RequestOptions } from "../channel/index.ts";
import type { Value } from "../codec/index.ts";
import type { ChannelError } from "../errors.ts";

/** Options of one call. */
export type CallOptions = Pick<RequestOptions, "timeoutMs" | "signal">;

/** The other side of an rpc connection, for calls back: an `RpcConnection`, which documents what is here. */
export interface RpcPeer<C = unknown> {
  readonly peer: string;
  readonly identity: PeerIdentity | undefined;
  readonly remote: Remote<C>;
  readonly oneWay: OneWay<C>;
  readonly closed: Promise<ChannelError>;
  readonly isOpen: boolean;
  readonly passedServices: number;
  readonly queuedBytes: number;
  /** See `RpcConnection`. */
  drained(): Promise<void>;
  /** See `RpcConnection`. */
  call(path: string, args: readonly unknown[], options?: CallOptions): Promise<Value>;
  /** See `RpcConnection`. */
  at<S = unknown>(path: string): Remote<S>;
  /** See `RpcConnection`. */
  revoke(service: object): boolean;
  /** See `RpcConnection`. */
  release(proxy: object): boolean;
  /** See `RpcConnection`. */
  onDisconnect(callback: (reason: ChannelError) => void): () => void;
  /** See `RpcConnection`. */
  close(): Promise<void>;
}

/** A class that says which of its methods peers may call, as `static readonly exposed = ["offer"] as const`. */
// biome-ignore lint/suspicious/noExplicitAny: a class is matched whatever its constructor takes.
export type Exposing = (abstract new (...args: any[]) => object) & { readonly exposed: readonly string[] };

/**
 * What a peer sees of a service class: the exposed methods only, each with its arguments and a promise of its result.
 *
 * A class is named by its type, `Remote<typeof Battery>`. Services below it stand under their names:
 * `Remote<typeof Root & { sub: typeof Sub }>` for `router({ sub }, root)`, `Remote<{ sub: typeof Sub }>` without a
 * service at the root. A field that the class lists in `services` has the type of its class if that says
 * `declare readonly ["constructor"]: typeof Sub`. Where nothing is known (`unknown`, or a class of whose list no more is
 * known than `readonly string[]`), every name can be called; of a list without `as const` none can.
 */
export type Remote<C> = unknown extends C ? UntypedRemote : RemoteService<C> & RemoteFields<C> & RemoteParts<C>;

/** {@link Remote} without answers: each method gives nothing. */
export type OneWay<C> = unknown extends C ? UntypedRemote : Silent<Remote<C>>;

type Silent<R> = {
  readonly [K in keyof R]: 0 extends 1 & R[K] // only for the index of an untyped part
    ? R[K]
    : R[K] extends (...args: infer A) => unknown
      ? (...args: A) => void
      : Silent<R[K]>;
};

/**
 * A service as its peer sees it: the type of one that is passed as an argument or a result.
 *
 * `asRemote<typeof Meter>(meter)` is `meter` itself; what crosses is a reference to it, and the peer gets a proxy.
 */
export function asRemote<C extends Exposing>(service: InstanceType<C>): Remote<C> {
  return service as unknown as Remote<C>;
}

/** A peer of whose methods nothing is known. */
export interface UntypedRemote {
  // biome-ignore lint/suspicious/noExplicitAny: the caller knows what the peer offers, the compiler does not.
  readonly [name: string]: any;
}

/** Of a class whose list is without `as const` the names are lost; the compiler shows the mend in place of the methods. */
type RemoteService<C> = C extends Exposing
  ? string extends C["exposed"][number]
    ? C["exposed"] extends string[]
      ? { readonly "write `as const` behind the list `exposed` of the class": never }
      : UntypedRemote
    : RemoteMethods<InstanceType<C>, C["exposed"][number]>
  : unknown;

type RemoteMethods<I, Names extends string> = {
  readonly [M in Names & keyof I]: I[M] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};

type RemoteFields<C> = C extends Exposing & { readonly services: readonly (infer F)[] }
  ? { readonly [K in F & keyof InstanceType<C>]: RemoteField<InstanceType<C>[K]> }
  : unknown;

type RemoteField<I> = I extends { readonly constructor: infer S extends Exposing } ? Remote<S> : UntypedRemote;

/** Empty unless some property of `C` is itself a service class. */
type RemoteParts<C> = {
  readonly [K in keyof C as K extends "prototype" ? never : C[K] extends Exposing | Parts ? K : never]: Remote<C[K]>;
};

/** Services below a name that has none of its own. */
interface Parts {
  readonly [name: string]: Exposing | Parts;
}
