/**
 * Calls of exposed methods over a channel: services and routers on one side, typed proxies on the other; either side
 * may offer a service to the other. Calls and errors are aiomas's on the wire (`docs/protocol.md`).
 *
 * Only what a class lists in `exposed` can be called. Services are passed by reference, everything else by value.
 */
import { isThenable, warnOf } from "../channel/callbacks.ts";
import { CHANNEL_CHECKS, CONNECTING, LISTENING } from "../channel/checks.ts";
import {
  type Listener,
  type ListenOptions,
  listen,
  type OpenOptions,
  open,
  type ReconnectOptions,
} from "../channel/index.ts";
import { limitsOf } from "../limits.ts";
import { anything, checkOptions, func } from "../options.ts";
import { RpcConnection } from "./connection.ts";
import { type Servable, toResolver } from "./services.ts";

export { RpcConnection, type RpcLimits } from "./connection.ts";
export { Kwargs, kwargs } from "./kwargs.ts";
export { createProxy, type Invoke, type InvokeOptions } from "./proxy.ts";
export { callWith } from "./references.ts";
export {
  exposedMethods,
  type Method,
  notExposed,
  notFound,
  type Resolver,
  type Route,
  Router,
  type Routes,
  router,
  type Servable,
  type Service,
} from "./services.ts";
export {
  asRemote,
  type CallOptions,
  type Exposing,
  type OneWay,
  type Remote,
  type RpcPeer,
  type UntypedRemote,
} from "./types.ts";

/** Options of {@link serve}. */
export interface ServeOptions extends ListenOptions {
  /**
   * Gets every connection that a peer opens, before its first call, for calls back. If it throws, the connection is closed;
   * a warning says why, as it does if its promise is rejected.
   */
  readonly onConnection?: (connection: RpcConnection) => void;
}

/** Options of {@link connect}. */
export interface ConnectOptions extends OpenOptions {
  /** Offered to the peer for calls back. Default: nothing. */
  readonly service?: Servable;
  /** Connect again when the connection is lost. Default: once lost it stays lost. */
  readonly reconnect?: ReconnectOptions;
}

/** A service that is offered at an address. */
export interface Server {
  /** Where it listens, with the port that was really taken. */
  readonly address: string;
  /** Accept no more, close every connection, free the address. */
  close(): Promise<void>;
}

/**
 * Offer a service at `address`, as `tcp://127.0.0.1:5555`; port 0 takes any free one.
 *
 * @param service - An object whose class lists its `exposed` methods; several of them in a {@link router}, a plain
 *   object or a `Map`; or a {@link Resolver}.
 * @throws TypeError for a malformed address or service; ChannelError as `channel.listen`.
 */
export async function serve(address: string, service: Servable, options: ServeOptions = {}): Promise<Server> {
  checkOptions("rpc.serve", options, { ...CHANNEL_CHECKS, ...LISTENING, onConnection: func });
  checkCodec(options);
  const { onConnection, ...listening } = options;
  const resolver = toResolver(service);
  const limits = limitsOf(options.limits);
  const listener: Listener = await listen(
    address,
    (channel) => {
      const connection = new RpcConnection(channel, resolver, limits);
      if (onConnection !== undefined) welcome(connection, onConnection);
    },
    listening,
  );
  return { address: listener.address, close: () => listener.close() };
}

/**
 * Connect to a service.
 *
 * @typeParam C - Type of the peer's service: `connect<typeof Battery>`; default: every name can be called.
 * @throws TypeError for a malformed address or service; ChannelError as `channel.open`.
 */
export async function connect<C = unknown>(address: string, options: ConnectOptions = {}): Promise<RpcConnection<C>> {
  checkOptions("rpc.connect", options, { ...CHANNEL_CHECKS, ...CONNECTING, service: anything });
  checkCodec(options);
  const { service, ...opening } = options;
  const resolver = service === undefined ? undefined : toResolver(service);
  const channel = await open(address, opening);
  return new RpcConnection<C>(channel, resolver, limitsOf(options.limits));
}

/** A connection whose taker throws is closed; a warning says why. */
function welcome(connection: RpcConnection, onConnection: (connection: RpcConnection) => unknown): void {
  try {
    const taking = onConnection(connection);
    if (isThenable(taking)) taking.then(undefined, (error: unknown) => warnOf("onConnection", error));
  } catch (error) {
    warnOf("onConnection", error);
    void connection.close();
  }
}

/** References to services are a type of one connection: a codec that several share cannot have it. */
function checkCodec({ codec }: ListenOptions | OpenOptions): void {
  if (typeof codec === "object")
    throw new TypeError("rpc takes a codec by its name; pass types of your own as `types`");
}
