/**
 * Channels and remote calls for a page: over the browser's own WebSocket, to a listener at `ws://` or `wss://`.
 *
 * `cosimas/browser` is this, bundled with what the codecs need of Node; a page imports it as it is.
 */

import { Channel, type ChannelOptions } from "../channel/channel.ts";
import { greet, HELLO_VERSION } from "../channel/hello.ts";
import { codecName } from "../channel/messages.ts";
import { type BrowserSocket, browserTransport } from "../channel/transports/browser-socket.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { RpcConnection } from "../rpc/connection.ts";
import { type Servable, toResolver } from "../rpc/services.ts";

export type { RequestOptions } from "../channel/calls.ts";
export type { ChannelOptions } from "../channel/channel.ts";
export { Channel } from "../channel/channel.ts";
export type { ValueType } from "../codec/types.ts";
export { serializable } from "../codec/types.ts";
export * from "../errors.ts";
export { RpcConnection } from "../rpc/connection.ts";
export { Kwargs, kwargs } from "../rpc/kwargs.ts";
export { router } from "../rpc/services.ts";
export type { Remote } from "../rpc/types.ts";

/** Options of {@link open}. */
export interface OpenOptions extends ChannelOptions {
  /** Say hello, with a token if the listener has one. It crosses as it is: beyond loopback use `wss://`. Default: no hello. */
  readonly hello?: { readonly token?: string };
}

/** Options of {@link connect}. */
export interface ConnectOptions extends OpenOptions {
  /** Offered to the peer for calls back. Default: nothing. */
  readonly service?: Servable;
}

/**
 * Open a channel. The page's origin has to be among the listener's `origins`.
 *
 * @param url - As `wss://grid.example:8443`.
 * @throws Error if it cannot be opened, of which a browser does not say why; with a hello ChannelError `ERR_CHANNEL_TOKEN`,
 *   `ERR_CHANNEL_HELLO`, or VersionError.
 */
export async function open(url: string, options: OpenOptions = {}): Promise<Channel> {
  const { WebSocket } = globalThis as unknown as { WebSocket: new (url: string) => BrowserSocket };
  const transport = await browserTransport(new WebSocket(url));
  const { hello, limits } = options;
  if (hello === undefined) return new Channel(transport, options);
  const { connectTimeoutMs } = { ...DEFAULT_LIMITS, ...limits };
  const own = { cosimas: HELLO_VERSION, codec: codecName(options), ...hello };
  const greeted = await greet(transport, own, connectTimeoutMs);
  return new Channel(greeted.transport, options);
}

/**
 * Connect to a service, as `rpc.connect`.
 *
 * @typeParam C - Type of the peer's service; default: every name can be called.
 * @throws as {@link open}.
 */
export async function connect<C = unknown>(url: string, options: ConnectOptions = {}): Promise<RpcConnection<C>> {
  const resolver = options.service && toResolver(options.service);
  const channel = await open(url, options);
  return new RpcConnection<C>(channel, resolver, { ...DEFAULT_LIMITS, ...options.limits });
}
