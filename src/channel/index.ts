/**
 * Request and reply over a connection: addresses, framing, TCP, and a pair in memory for tests.
 *
 * A channel carries values between two processes and matches replies with requests; what a request means is the
 * business of `rpc`. It opens a connection once and does not reconnect. Wire: `docs/protocol.md`.
 */
import { DEFAULT_LIMITS } from "../limits.ts";
import { parseAddress } from "./address.ts";
import { Channel, type ChannelOptions } from "./channel.ts";
import { connectTcp, listenTcp } from "./tcp.ts";

export {
  type ClassOf,
  type Codec,
  type CodecName,
  type CreateCodecOptions,
  createCodec,
  serializable,
  TypeRegistry,
  type ValueType,
} from "../codec/index.ts";
export { type AcceptOptions, accept } from "./accept.ts";
export { type Address, type AgentUrl, formatAddress, formatAgentUrl, parseAddress, parseAgentUrl } from "./address.ts";
export type { RequestOptions } from "./calls.ts";
export { Channel, type ChannelOptions } from "./channel.ts";
export type { CodecChoice } from "./codec-of.ts";
export type { FailureFormat } from "./failures.ts";
export { type MemoryPair, memoryPair } from "./memory.ts";
export type { Request } from "./request.ts";
export type { Acceptor, Receiver, Transport } from "./transport.ts";

/** Options of {@link open}. */
export interface OpenOptions extends ChannelOptions {
  /** Gives up connecting when it aborts; the promise is rejected with its reason. */
  readonly signal?: AbortSignal;
}

/** Options of {@link listen}. */
export interface ListenOptions extends ChannelOptions {
  /**
   * Accept connections from other machines on an address beyond loopback, though nothing is encrypted and nobody is
   * asked who he is. Default false.
   */
  readonly insecure?: boolean;
}

/** An address that is listened on, and the channels opened there. */
export interface Listener {
  /** Where it listens, with the port that was really taken. */
  readonly address: string;
  /** The channels that are open now. */
  readonly channels: ReadonlySet<Channel>;
  /** Accept no more, close every channel, free the address. A second call waits for the first. */
  close(): Promise<void>;
}

/**
 * Open a channel to `address`, as `tcp://127.0.0.1:5555`. One attempt, at most `limits.connectTimeoutMs` long.
 *
 * @throws TypeError for a malformed address; ChannelError `ERR_CHANNEL_CONNECT`,
 *   `ERR_CHANNEL_CONNECT_TIMEOUT`.
 */
export async function open(address: string, options: OpenOptions = {}): Promise<Channel> {
  const timeoutMs = options.limits?.connectTimeoutMs ?? DEFAULT_LIMITS.connectTimeoutMs;
  const transport = await connectTcp(parseAddress(address), { timeoutMs, signal: options.signal });
  return new Channel(transport, options);
}

/**
 * Listen on `address`; port 0 takes any free one, see {@link Listener.address}.
 *
 * @param onChannel - Gets every channel that a peer opens, before anything on it has been read. If it throws, the
 *   channel is closed.
 * @throws TypeError for a malformed address; ChannelError `ERR_CHANNEL_ADDRESS_IN_USE`,
 *   `ERR_CHANNEL_INSECURE`, `ERR_CHANNEL_LISTEN`.
 */
export async function listen(
  address: string,
  onChannel: (channel: Channel) => void,
  options: ListenOptions = {},
): Promise<Listener> {
  const channels = new Set<Channel>();
  const acceptor = await listenTcp(parseAddress(address), options.insecure ?? false, (transport) => {
    const channel = new Channel(transport, options);
    channels.add(channel);
    void channel.closed.then(() => channels.delete(channel));
    try {
      onChannel(channel);
    } catch {
      void channel.close();
    }
  });
  return {
    address: acceptor.address,
    channels,
    async close(): Promise<void> {
      await Promise.all([acceptor.close(), ...[...channels].map((channel) => channel.close())]);
    },
  };
}
