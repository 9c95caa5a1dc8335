import { ChannelError } from "../errors.ts";
import { limitsOf } from "../limits.ts";
import { signal as abortSignal, checkOptions, func, number, type OptionChecks, required } from "../options.ts";
import { after } from "../wall.ts";
import { parseAddress } from "./address.ts";
import { isThenable, tell, warnOf } from "./callbacks.ts";
import { Channel, type ChannelOptions } from "./channel.ts";
import { CHANNEL_CHECKS, LISTENING } from "./checks.ts";
import { type AcceptedConnection, ConnectionLimits } from "./connection-limits.ts";
import { bind } from "./endpoint.ts";
import type { HelloOptions } from "./hello.ts";
import { welcomed } from "./liveness.ts";
import type { TlsFiles, Transport } from "./transports/transport.ts";

/** Options of {@link listen}. */
export interface ListenOptions extends ChannelOptions {
  /** Certificates for `tls://` and `wss://`, which need them, and for TLS over `tcp://`. */
  readonly tls?: TlsFiles;
  /** Wait for each peer's hello, with a token or for a heartbeat. Default: no hello, as aiomas knows none. */
  readonly hello?: HelloOptions;
  /** Pages whose scripts may connect by WebSocket, as `https://grid.example`. Default: none; other programs always may. */
  readonly origins?: readonly string[];
  /**
   * Accept connections from other machines on an address beyond loopback, though nothing is encrypted and nobody is
   * asked who he is. Default false.
   */
  readonly insecure?: boolean;
  /** Told of a peer that was turned away for what it said in its hello. */
  readonly onRefused?: (error: ChannelError) => void;
}

/** An address that is listened on, and the channels opened there. */
export interface Listener {
  /** Where it listens, with the port that was really taken. */
  readonly address: string;
  /** The channels that are open now. */
  readonly channels: ReadonlySet<Channel>;
  /** Connections that were turned away, or were gone before their handshake had ended. */
  readonly refused: number;
  /** Accept no more, close every channel, free the address. A second call waits for the first. */
  close(): Promise<void>;
}

/**
 * Listen on `address`; port 0 takes any free one, see {@link Listener.address}. At most `limits.connectionsMax`
 * connections at a time, of which `limits.handshakesMax` in their handshake.
 *
 * @param onChannel - Gets every channel that a peer opens, before anything on it has been read. If it throws, the
 *   channel is closed; a warning says why, as it does if its promise is rejected.
 * @throws TypeError for a malformed address, or for an option, as RangeError; ChannelError `ERR_CHANNEL_ADDRESS_IN_USE`,
 *   `ERR_CHANNEL_INSECURE`, `ERR_CHANNEL_TLS_FILES`, `ERR_CHANNEL_LISTEN`.
 */
export async function listen(
  address: string,
  onChannel: (channel: Channel) => void,
  options: ListenOptions = {},
): Promise<Listener> {
  checkOptions("channel.listen", options, { ...CHANNEL_CHECKS, ...LISTENING });
  const channels = new Set<Channel>();
  const acceptor = await acceptChannels(address, options, (channel) => {
    channels.add(channel);
    void channel.closed.then(() => channels.delete(channel));
    try {
      const taking: unknown = onChannel(channel);
      if (isThenable(taking)) taking.then(undefined, (error: unknown) => warnOf("onChannel", error));
    } catch (error) {
      warnOf("onChannel", error);
      void channel.close();
    }
  });
  return {
    address: acceptor.address,
    channels,
    get refused(): number {
      return acceptor.refused;
    },
    async close(): Promise<void> {
      const freed = acceptor.close();
      await Promise.all([freed, ...[...channels].map((channel) => channel.close())]);
    },
  };
}

/** An address where channels come in. */
export interface ChannelAcceptor {
  readonly address: string;
  readonly refused: number;
  /** Let no more in, and end those that are in their handshake. Resolves once all that came in have closed, too. */
  close(): Promise<void>;
}

/** What {@link listen} and `accept` have in common. */
export async function acceptChannels(
  address: string,
  options: ListenOptions,
  take: (channel: Channel) => void,
): Promise<ChannelAcceptor> {
  const limits = limitsOf(options.limits);
  const { tls, origins, insecure = false, hello, onRefused } = options;
  const connections = new ConnectionLimits(limits);
  const greet = async (transport: Transport, accepted: AcceptedConnection) => {
    try {
      const ready = await welcomed(transport, options);
      accepted.established();
      take(new Channel(ready, options));
    } catch (error) {
      if (onRefused !== undefined) tell("onRefused", onRefused, error as ChannelError);
    }
  };
  const accept = (transport: Transport, accepted: AcceptedConnection) => {
    if (hello !== undefined) return void greet(transport, accepted);
    accepted.established();
    take(new Channel(transport, options));
  };
  const { frameBytesMax } = limits;
  const guarded = insecure || hello?.token !== undefined;
  const acceptor = await bind(parseAddress(address), guarded, { frameBytesMax, tls, origins, connections }, accept);
  return {
    address: acceptor.address,
    get refused(): number {
      return connections.refused;
    },
    close(): Promise<void> {
      const freed = acceptor.close();
      connections.close();
      return freed;
    },
  };
}

/** Options of {@link accept}. */
export interface AcceptOptions extends ListenOptions {
  /** Wall time to wait for the peer, in milliseconds, > 0. */
  readonly timeoutMs: number;
  /** Told the address with the port that was really taken, once a peer can connect. */
  readonly onListening?: (address: string) => void;
  /** Stops waiting when it aborts; the promise is rejected with its reason. */
  readonly signal?: AbortSignal;
}

const ACCEPT_CHECKS: OptionChecks<AcceptOptions> = {
  ...CHANNEL_CHECKS,
  ...LISTENING,
  timeoutMs: required(number({ above: 0, unit: "milliseconds" })),
  onListening: func,
  signal: abortSignal,
};

/**
 * Wait at `address` for one peer; the address is free again as soon as it has come. Who comes second is turned away.
 *
 * @throws TypeError for a malformed address; ChannelError `ERR_CHANNEL_ACCEPT_TIMEOUT` if nobody comes,
 *   and as `listen`.
 */
export async function accept(address: string, options: AcceptOptions): Promise<Channel> {
  checkOptions<AcceptOptions>("channel.accept", options, ACCEPT_CHECKS);
  const { timeoutMs, onListening, signal } = options;
  let take: (channel: Channel) => void = () => {};
  const first = new Promise<Channel>((resolve) => {
    take = resolve;
  });
  let taken = false;
  const acceptor = await acceptChannels(address, options, (channel) => {
    if (taken) return void channel.close();
    taken = true;
    take(channel);
  });
  let stop = () => {};
  const late = new Promise<never>((_resolve, reject) => {
    const expired = () => {
      const message = `nobody has connected to ${acceptor.address} within ${timeoutMs} ms`;
      reject(new ChannelError("ERR_CHANNEL_ACCEPT_TIMEOUT", message, { peer: acceptor.address }));
    };
    stop = after(timeoutMs, expired, { idle: true });
  });
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal?.reason);
  });
  signal?.addEventListener("abort", onAbort);
  try {
    onListening?.(acceptor.address);
    if (signal?.aborted) onAbort();
    return await Promise.race([first, late, aborted]);
  } finally {
    stop();
    signal?.removeEventListener("abort", onAbort);
    // Settles only when the accepted connection has ended, too.
    void acceptor.close();
  }
}
