/**
 * Channels and remote calls for a page: over the browser's own WebSocket, to a listener at `ws://` or `wss://`.
 *
 * `cosimas/browser` is this, bundled with what the codecs need of Node; a page imports it as it is.
 */

import { Backoff, type BackoffOptions } from "../channel/backoff.ts";
import { Channel, type ChannelOptions } from "../channel/channel.ts";
import { BACKOFF, CHANNEL_CHECKS, RECONNECT } from "../channel/checks.ts";
import { greet, HELLO_VERSION } from "../channel/hello.ts";
import { codecName } from "../channel/messages.ts";
import { ReconnectingChannel, type ReconnectOptions } from "../channel/reconnect.ts";
import { type BrowserSocket, browserTransport } from "../channel/transports/browser-socket.ts";
import { TypeRegistry } from "../codec/index.ts";
import { ChannelError } from "../errors.ts";
import { limitsOf } from "../limits.ts";
import { checkOptions, nested, type OptionChecks, token } from "../options.ts";
import { RpcConnection } from "../rpc/connection.ts";
import { type Servable, toResolver } from "../rpc/services.ts";

export type { BackoffOptions } from "../channel/backoff.ts";
export type { RequestOptions } from "../channel/calls.ts";
export type { ChannelOptions } from "../channel/channel.ts";
export { Channel } from "../channel/channel.ts";
export { ReconnectingChannel, type ReconnectOptions } from "../channel/reconnect.ts";
export type { ValueType } from "../codec/types.ts";
export { serializable } from "../codec/types.ts";
export * from "../errors.ts";
export { RpcConnection } from "../rpc/connection.ts";
export { Kwargs, kwargs } from "../rpc/kwargs.ts";
export { callWith } from "../rpc/references.ts";
export { router } from "../rpc/services.ts";
export type { Remote } from "../rpc/types.ts";

/** Options of {@link open}. */
export interface OpenOptions extends ChannelOptions {
  /** Say hello, with a token if the listener has one. It crosses as it is: beyond loopback use `wss://`. Default: no hello. */
  readonly hello?: { readonly token?: string };
}

/** Options of {@link open} for a channel that outlives its connection. */
interface ReconnectingOptions extends OpenOptions {
  /** Connect again when the connection is lost, with pauses that grow. Default: once lost it stays lost. */
  readonly reconnect: ReconnectOptions;
  /** Pauses between attempts. */
  readonly backoff?: BackoffOptions;
}

/** Options of {@link connect}. */
export interface ConnectOptions extends OpenOptions {
  /** Offered to the peer for calls back. Default: nothing. */
  readonly service?: Servable;
  /** Connect again when the connection is lost, with pauses that grow. Default: once lost it stays lost. */
  readonly reconnect?: ReconnectOptions;
  /** Pauses between attempts. */
  readonly backoff?: BackoffOptions;
}

/**
 * Open a channel. The page's origin has to be among the listener's `origins`.
 *
 * @param url - As `wss://grid.example:8443`.
 * @throws Error if it cannot be opened, of which a browser does not say why; with a hello ChannelError `ERR_CHANNEL_TOKEN`,
 *   `ERR_CHANNEL_HELLO`, or VersionError.
 */
export function open(url: string, options: ReconnectingOptions): Promise<ReconnectingChannel>;
export function open(url: string, options?: OpenOptions): Promise<Channel>;
export async function open(
  url: string,
  options: OpenOptions & Partial<ReconnectingOptions> = {},
): Promise<Channel | ReconnectingChannel> {
  checkOptions("open", options, CHECKS);
  const { reconnect, backoff, ...opening } = options;
  if (reconnect === undefined) return openOnce(url, opening);
  const pauses = new Backoff(backoff);
  // What a layer above registers holds for every connection.
  const registry = new TypeRegistry(options.types);
  const first = await openOnce(url, opening, registry);
  const types = typeof options.codec === "object" ? options.codec.types : new TypeRegistry(options.types);
  // A browser tells of no attempt why it failed: what the peer says is final, all else may pass.
  const isTransient = (error: unknown) =>
    !(error instanceof ChannelError) || error.code === "ERR_CHANNEL_CONNECT_TIMEOUT";
  return new ReconnectingChannel(first, () => openOnce(url, opening, registry), pauses, isTransient, {
    ...reconnect,
    limits: options.limits ?? {},
    types,
  });
}

/** One attempt. */
async function openOnce(url: string, options: OpenOptions, registry?: TypeRegistry): Promise<Channel> {
  const { WebSocket } = globalThis as unknown as { WebSocket: new (url: string) => BrowserSocket };
  const transport = await browserTransport(new WebSocket(url));
  const { hello, limits } = options;
  if (hello === undefined) return new Channel(transport, options, registry);
  const { connectTimeoutMs } = limitsOf(limits);
  const own = { cosimas: HELLO_VERSION, codec: codecName(options), ...hello };
  const greeted = await greet(transport, own, connectTimeoutMs);
  return new Channel(greeted.transport, options, registry);
}

const CHECKS: OptionChecks<OpenOptions & Partial<ReconnectingOptions>> = {
  ...CHANNEL_CHECKS,
  hello: nested<{ token?: string }>({ token }),
  reconnect: RECONNECT,
  backoff: BACKOFF,
};

/**
 * Connect to a service, as `rpc.connect`.
 *
 * @typeParam C - Type of the peer's service; default: every name can be called.
 * @throws as {@link open}.
 */
export async function connect<C = unknown>(url: string, options: ConnectOptions = {}): Promise<RpcConnection<C>> {
  const { service, reconnect, ...opening } = options;
  const resolver = service === undefined ? undefined : toResolver(service);
  const channel = await (reconnect === undefined ? open(url, opening) : open(url, { ...opening, reconnect }));
  return new RpcConnection<C>(channel, resolver, limitsOf(options.limits));
}
