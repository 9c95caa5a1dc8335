import { TypeRegistry } from "../codec/index.ts";
import { limitsOf } from "../limits.ts";
import { checkOptions } from "../options.ts";
import { after, keepAlive } from "../wall.ts";
import { parseAddress } from "./address.ts";
import { Backoff, type BackoffOptions, pause } from "./backoff.ts";
import { Channel, type ChannelOptions } from "./channel.ts";
import { CHANNEL_CHECKS, CONNECTING } from "./checks.ts";
import { dial } from "./endpoint.ts";
import type { HelloOptions } from "./hello.ts";
import { greeted } from "./liveness.ts";
import { ReconnectingChannel, type ReconnectOptions } from "./reconnect.ts";
import type { TlsFiles } from "./transports/transport.ts";

/** Options of {@link open}. */
export interface OpenOptions extends ChannelOptions {
  /** Certificates for `tls://` and `wss://`, which need them, and for TLS over `tcp://`. */
  readonly tls?: TlsFiles;
  /** Say hello to the peer, with a token or for a heartbeat; the peer has to do it, too. Default: no hello. */
  readonly hello?: HelloOptions;
  /**
   * Wall time to keep trying while nobody answers, in milliseconds; Infinity tries for ever. Default 0: one attempt.
   * Each attempt has `limits.connectTimeoutMs`.
   */
  readonly retryMs?: number;
  /** Pauses between attempts. */
  readonly backoff?: BackoffOptions;
  /** Gives up connecting when it aborts; the promise is rejected with its reason. */
  readonly signal?: AbortSignal;
}

/** Options of {@link open} for a channel that outlives its connection. */
export interface ReconnectingOptions extends OpenOptions {
  readonly reconnect: ReconnectOptions;
}

/** What another attempt may mend. */
const TRANSIENT: ReadonlySet<unknown> = new Set(["ERR_CHANNEL_CONNECT", "ERR_CHANNEL_CONNECT_TIMEOUT"]);

/** What Node says when certificates do not fit, or the other side speaks no TLS: no further attempt mends that. */
const CERTIFICATES = /CERT|UNABLE_TO_|HOSTNAME_MISMATCH|SELF_SIGNED|ERR_SSL|^EPROTO$/;

/** Whether it may help to connect again after this error. */
export function isTransient(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return TRANSIENT.has(code) && !CERTIFICATES.test(String(cause?.code ?? ""));
}

/**
 * Open a channel to `address`, as `tcp://127.0.0.1:5555` or `ipc:///tmp/grid`. With `reconnect` it connects again when
 * the connection is lost, else once closed it stays closed.
 *
 * @throws TypeError for a malformed address; RangeError for an option out of range; ChannelError `ERR_CHANNEL_CONNECT`,
 *   `ERR_CHANNEL_CONNECT_TIMEOUT`, `ERR_CHANNEL_TLS_FILES`; with a hello also `ERR_CHANNEL_HELLO`, `ERR_CHANNEL_TOKEN`,
 *   or VersionError.
 */
export function open(address: string, options: ReconnectingOptions): Promise<ReconnectingChannel>;
export function open(address: string, options?: OpenOptions): Promise<Channel>;
export async function open(
  address: string,
  options: OpenOptions & { readonly reconnect?: ReconnectOptions } = {},
): Promise<Channel | ReconnectingChannel> {
  checkOptions("channel.open", options, { ...CHANNEL_CHECKS, ...CONNECTING });
  const { reconnect, backoff } = options;
  const pauses = new Backoff(backoff);
  if (reconnect === undefined) return retry(address, options, pauses);
  // What a layer above registers holds for every connection.
  const registry = new TypeRegistry(options.types);
  const channel = await retry(address, options, pauses, registry);
  pauses.reset();
  const again = (until: AbortSignal) => connect(address, { ...options, signal: until }, registry);
  const types = typeof options.codec === "object" ? options.codec.types : new TypeRegistry(options.types);
  return new ReconnectingChannel(channel, again, pauses, isTransient, {
    ...reconnect,
    limits: options.limits ?? {},
    types,
  });
}

/** Connect until it succeeds, fails for good, or `retryMs` is over. */
async function retry(
  address: string,
  options: OpenOptions,
  pauses: Backoff,
  registry?: TypeRegistry,
): Promise<Channel> {
  const { retryMs = 0, signal } = options;
  if (retryMs === 0) return connect(address, options, registry);
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  const stop = after(retryMs, over, { idle: true });
  // A pause keeps no process alive, but whoever waits for it wants it to end.
  const release = keepAlive();
  try {
    for (;;) {
      try {
        return await connect(address, options, registry);
      } catch (error) {
        if (isOver || !isTransient(error)) throw error;
      }
      await pause(pauses.nextMs(), signal);
    }
  } finally {
    release();
    stop();
  }
}

/** One attempt. */
async function connect(address: string, options: OpenOptions, registry?: TypeRegistry): Promise<Channel> {
  const limits = limitsOf(options.limits);
  const { signal, tls, hello } = options;
  const { connectTimeoutMs: timeoutMs, frameBytesMax } = limits;
  const transport = await dial(parseAddress(address), { timeoutMs, frameBytesMax, signal, tls });
  if (hello === undefined) return new Channel(transport, options, registry);
  return new Channel(await greeted(transport, options, timeoutMs), options, registry);
}
