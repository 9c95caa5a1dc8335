import { ChannelError } from "../../errors.ts";
import { keepAlive } from "../../wall.ts";
import { formatAddress, type LocalAddress } from "../address.ts";
import type { AcceptedConnection } from "../connection-limits.ts";
import { joinedPair } from "./memory.ts";
import { connectError } from "./stream.ts";
import type { Accept, Acceptor, BindOptions, DialOptions, Transport } from "./transport.ts";

/** A queue that is listened on: gives a transport to whoever connects, or undefined if it has no room. */
type Queue = () => Transport | undefined;

/** The queues of this process that are listened on, by name. */
const queues = new Map<string, Queue>();

/** Connect to a local queue. */
export async function connectLocal(address: LocalAddress, { signal }: DialOptions): Promise<Transport> {
  signal?.throwIfAborted();
  const peer = formatAddress(address);
  const queue = queues.get(address.name);
  if (queue === undefined) throw connectError(peer, new Error("nobody listens there"));
  const transport = queue();
  if (transport === undefined) throw connectError(peer, new Error("it has as many connections as it takes"));
  return transport;
}

/**
 * Accept connections within this process, without a socket. What is sent is encoded, copied, bounded and ordered as
 * over any other connection, and arrives in a later turn.
 */
export async function listenLocal(
  address: LocalAddress,
  { connections }: BindOptions,
  accept: Accept,
): Promise<Acceptor> {
  const { name } = address;
  const asked = formatAddress(address);
  if (queues.has(name)) {
    throw new ChannelError("ERR_CHANNEL_ADDRESS_IN_USE", `${asked} is in use in this process`, { peer: asked });
  }
  let count = 0;
  let open = 0;
  const release = keepAlive();
  let isClosed = false;
  let resolveClosed = () => {};
  const closed = new Promise<void>((resolve) => {
    resolveClosed = resolve;
  });
  queues.set(name, () => {
    let accepted: AcceptedConnection | undefined;
    const hangUp = keepAlive();
    const [near, far] = joinedPair(`${asked}#${++count}`, asked, () => {
      hangUp();
      accepted?.closed();
      if (accepted !== undefined && --open === 0 && isClosed) resolveClosed();
    });
    accepted = connections.enter(() => near.destroy());
    if (accepted === undefined) {
      hangUp();
      return undefined;
    }
    open++;
    accept(near, accepted);
    return far;
  });
  return {
    address: asked,
    close(): Promise<void> {
      if (!isClosed) queues.delete(name);
      isClosed = true;
      release();
      if (open === 0) resolveClosed();
      return closed;
    },
  };
}
