import { ChannelError } from "../errors.ts";
import { parseAddress } from "./address.ts";
import { Channel, type ChannelOptions } from "./channel.ts";
import { after } from "./deadline.ts";
import { listenTcp } from "./tcp.ts";
import type { Transport } from "./transport.ts";

/** Options of {@link accept}. */
export interface AcceptOptions extends ChannelOptions {
  /** Wall time to wait for the peer, in milliseconds, > 0. */
  readonly timeoutMs: number;
  /** Accept a peer on another machine, as in `listen`. Default false. */
  readonly insecure?: boolean;
  /** Told the address with the port that was really taken, once a peer can connect. */
  readonly onListening?: (address: string) => void;
}

/**
 * Wait at `address` for one peer; the address is free again as soon as it has come. Who comes second is turned away.
 *
 * @throws TypeError for a malformed address; ChannelError `ERR_CHANNEL_ACCEPT_TIMEOUT` if nobody comes,
 *   `ERR_CHANNEL_ADDRESS_IN_USE`, `ERR_CHANNEL_INSECURE`, `ERR_CHANNEL_LISTEN`.
 */
export async function accept(address: string, options: AcceptOptions): Promise<Channel> {
  const { timeoutMs, insecure = false, onListening, ...rest } = options;
  let take: (transport: Transport) => void = () => {};
  const first = new Promise<Transport>((resolve) => {
    take = resolve;
  });
  let taken = false;
  const acceptor = await listenTcp(parseAddress(address), insecure, (transport) => {
    if (taken) return transport.destroy();
    taken = true;
    take(transport);
  });
  onListening?.(acceptor.address);
  let stop = () => {};
  const late = new Promise<never>((_resolve, reject) => {
    stop = after(timeoutMs, () => {
      const message = `nobody has connected to ${acceptor.address} within ${timeoutMs} ms`;
      reject(new ChannelError("ERR_CHANNEL_ACCEPT_TIMEOUT", message, { peer: acceptor.address }));
    });
  });
  try {
    return new Channel(await Promise.race([first, late]), rest);
  } finally {
    stop();
    // Settles only when the accepted connection has ended, too.
    void acceptor.close();
  }
}
