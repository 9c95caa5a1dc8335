import { lstat, unlink } from "node:fs/promises";
import { createServer, connect as netConnect, type Server } from "node:net";
import { ChannelError } from "../../errors.ts";
import { formatAddress, type IpcAddress } from "../address.ts";
import { readingSocket } from "./accepted-socket.ts";
import { closing, connected, enter, listening, Reading, StreamTransport } from "./stream.ts";
import type { Accept, Acceptor, BindOptions, DialOptions, Transport } from "./transport.ts";

/** Longest path of a Unix socket, in bytes. Source: `sun_path` in `sys/un.h`, less its final zero. */
const PATH_BYTES_MAX = process.platform === "linux" ? 107 : 103;

/** Open a connection to a Unix socket. */
export async function connectIpc(address: IpcAddress, options: DialOptions): Promise<Transport> {
  checkLength(address);
  const reading = new Reading();
  const socket = netConnect({ path: address.path, onread: reading.onread });
  return connected(socket, "connect", formatAddress(address), options, reading);
}

/**
 * Accept connections at a Unix socket, which is removed when the acceptor closes. One that a dead program has left
 * behind is replaced: only if it is a socket, and if nobody answers there.
 *
 * Peers are `ipc:///path#1`, `#2` and so on: a client of a Unix socket has no address of its own.
 */
export async function listenIpc(address: IpcAddress, { connections }: BindOptions, accept: Accept): Promise<Acceptor> {
  checkLength(address);
  const { path } = address;
  const asked = formatAddress(address);
  let count = 0;
  const server = createServer({ pauseOnConnect: true }, (plain) => {
    const [socket, reading] = readingSocket(plain);
    const accepted = enter(connections, socket);
    if (accepted !== undefined) accept(new StreamTransport(socket, `${asked}#${++count}`, reading), accepted);
  });
  try {
    await listening(server, { path }, asked);
  } catch (error) {
    if ((error as ChannelError).code !== "ERR_CHANNEL_ADDRESS_IN_USE" || !(await isStale(path))) throw error;
    await replace(server, path, asked);
  }
  return { address: asked, close: closing(server) };
}

async function replace(server: Server, path: string, asked: string): Promise<void> {
  await unlink(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return;
    const message = `cannot listen on ${asked}: the socket left behind there cannot be removed: ${cause.message}`;
    throw new ChannelError("ERR_CHANNEL_LISTEN", message, { peer: asked, cause });
  });
  await listening(server, { path }, asked);
}

/** Whether a socket is there at which nobody listens. Any other file that is in the way belongs to somebody. */
async function isStale(path: string): Promise<boolean> {
  const isSocket = await lstat(path).then(
    (stats) => stats.isSocket(),
    () => false,
  );
  if (!isSocket) return false;
  return new Promise((resolve) => {
    const probe = netConnect({ path });
    probe.on("connect", () => {
      probe.destroy();
      resolve(false);
    });
    probe.on("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
  });
}

/** Node cuts off what is too long, and would use another path than the one given. */
function checkLength({ path }: IpcAddress): void {
  const length = Buffer.byteLength(path);
  if (length <= PATH_BYTES_MAX) return;
  throw new RangeError(`the path of a Unix socket has at most ${PATH_BYTES_MAX} bytes; ${path} has ${length}`);
}
