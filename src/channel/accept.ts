import { ChannelError } from "../errors.ts";
import type { Channel } from "./channel.ts";
import { after } from "./deadline.ts";
import { type ListenOptions, openEntrance } from "./listen.ts";

/** Options of {@link accept}. */
export interface AcceptOptions extends ListenOptions {
  /** Wall time to wait for the peer, in milliseconds, > 0. */
  readonly timeoutMs: number;
  /** Told the address with the port that was really taken, once a peer can connect. */
  readonly onListening?: (address: string) => void;
  /** Stops waiting when it aborts; the promise is rejected with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Wait at `address` for one peer; the address is free again as soon as it has come. Who comes second is turned away.
 *
 * @throws TypeError for a malformed address; ChannelError `ERR_CHANNEL_ACCEPT_TIMEOUT` if nobody comes,
 *   and as `listen`.
 */
export async function accept(address: string, options: AcceptOptions): Promise<Channel> {
  const { timeoutMs, onListening, signal } = options;
  let take: (channel: Channel) => void = () => {};
  const first = new Promise<Channel>((resolve) => {
    take = resolve;
  });
  let taken = false;
  const entrance = await openEntrance(address, options, (channel) => {
    if (taken) return void channel.close();
    taken = true;
    take(channel);
  });
  let stop = () => {};
  const late = new Promise<never>((_resolve, reject) => {
    stop = after(timeoutMs, () => {
      const message = `nobody has connected to ${entrance.address} within ${timeoutMs} ms`;
      reject(new ChannelError("ERR_CHANNEL_ACCEPT_TIMEOUT", message, { peer: entrance.address }));
    });
  });
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal?.reason);
  });
  signal?.addEventListener("abort", onAbort);
  try {
    onListening?.(entrance.address);
    if (signal?.aborted) onAbort();
    return await Promise.race([first, late, aborted]);
  } finally {
    stop();
    signal?.removeEventListener("abort", onAbort);
    // Settles only when the accepted connection has ended, too.
    void entrance.close();
  }
}
