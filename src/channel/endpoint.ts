import { ChannelError } from "../errors.ts";
import { type Address, formatAddress, isLoopback } from "./address.ts";
import { connectIpc, listenIpc } from "./transports/ipc.ts";
import { connectLocal, listenLocal } from "./transports/local.ts";
import { connectTcp, listenTcp } from "./transports/tcp.ts";
import type { Accept, Acceptor, BindOptions, DialOptions, Transport } from "./transports/transport.ts";

/** Loaded when one is opened: they bring Node's HTTP and TLS with them, a tenth of what a container's process starts with. */
const webSockets = () => import("./transports/websocket.ts");

/**
 * Open a connection to any address. One attempt.
 *
 * @throws ChannelError `ERR_CHANNEL_CONNECT` if nobody listens there or the host is unknown,
 *   `ERR_CHANNEL_CONNECT_TIMEOUT`, `ERR_CHANNEL_TLS_FILES`; nothing is left behind.
 */
export async function dial(address: Address, options: DialOptions): Promise<Transport> {
  options.signal?.throwIfAborted();
  checkTls(address, options.tls !== undefined);
  switch (address.scheme) {
    case "ipc":
      return connectIpc(address, options);
    case "local":
      return connectLocal(address, options);
    case "tcp":
    case "tls":
      return connectTcp(address, options);
    case "ws":
    case "wss":
      return (await webSockets()).connectWebSocket(address, options);
  }
}

/**
 * Accept connections at any address.
 *
 * @param guarded - Whether others than this machine may connect: because they have to show a token, or because the
 *   program says so.
 * @throws ChannelError `ERR_CHANNEL_INSECURE` for an address beyond loopback with neither TLS nor guard,
 *   `ERR_CHANNEL_ADDRESS_IN_USE`, `ERR_CHANNEL_TLS_FILES`, `ERR_CHANNEL_LISTEN` for any other reason.
 */
export async function bind(
  address: Address,
  guarded: boolean,
  options: BindOptions,
  accept: Accept,
): Promise<Acceptor> {
  checkTls(address, options.tls !== undefined);
  switch (address.scheme) {
    case "ipc":
      return listenIpc(address, options, accept);
    case "local":
      return listenLocal(address, options, accept);
    default:
  }
  if (!guarded && options.tls === undefined && !isLoopback(address.host)) {
    const asked = formatAddress(address);
    const ways = "listen on 127.0.0.1, use TLS or a token, or accept that with insecure: true";
    throw new ChannelError("ERR_CHANNEL_INSECURE", `${asked} is open to other machines; ${ways}`, { peer: asked });
  }
  const isTcp = address.scheme === "tcp" || address.scheme === "tls";
  if (isTcp) return listenTcp(address, options, accept);
  return (await webSockets()).listenWebSocket(address, options, accept);
}

/** Certificates go with `tls` and `wss`, which need them, and with `tcp`, where the address does not tell. */
function checkTls(address: Address, given: boolean): void {
  const { scheme } = address;
  const needed = scheme === "tls" || scheme === "wss";
  if (needed && !given)
    throw new TypeError(`${formatAddress(address)} needs the option tls: { cafile, certfile, keyfile }`);
  if (given && !needed && scheme !== "tcp")
    throw new TypeError(`${scheme}:// takes no certificates; use tls:// or wss://`);
}
