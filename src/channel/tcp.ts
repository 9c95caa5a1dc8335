import { type AddressInfo, createServer, connect as netConnect, type Server, type Socket } from "node:net";
import { ChannelError } from "../errors.ts";
import { type Address, formatAddress, isLoopback } from "./address.ts";
import { after } from "./deadline.ts";
import type { Acceptor, Receiver, Transport } from "./transport.ts";

/** Wall time that a peer gets to close its side after this side has closed its own, in milliseconds. */
const END_MS_MAX = 2000;

/** Options of a TCP connection that this side opens. */
export interface ConnectOptions {
  /** Wall time to establish it, in milliseconds, > 0. */
  readonly timeoutMs: number;
  /** Gives up when it aborts; the promise is rejected with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Open a TCP connection. One attempt.
 *
 * @throws ChannelError `ERR_CHANNEL_CONNECT` if nobody listens there or the host is unknown,
 *   `ERR_CHANNEL_CONNECT_TIMEOUT`; nothing is left behind.
 */
export function connectTcp({ host, port }: Address, { timeoutMs, signal }: ConnectOptions): Promise<Transport> {
  const peer = formatAddress(host, port);
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = netConnect({ host, port, noDelay: true });
    const settle = (error: unknown) => {
      stop();
      signal?.removeEventListener("abort", onAbort);
      socket.off("error", onError);
      socket.off("connect", settle);
      if (error === undefined) return resolve(new TcpTransport(socket, peer));
      socket.on("error", () => {}); // a late one has nobody to go to
      socket.destroy();
      reject(error);
    };
    const onError = (cause: NodeJS.ErrnoException) => {
      // Several attempts of one connect give an AggregateError, which has a code but no message.
      const message = `cannot connect to ${peer}: ${cause.message || cause.code}`;
      settle(new ChannelError("ERR_CHANNEL_CONNECT", message, { peer, cause }));
    };
    const onAbort = () => settle(signal?.reason);
    const stop = after(timeoutMs, () => {
      const message = `cannot connect to ${peer} within ${timeoutMs} ms`;
      settle(new ChannelError("ERR_CHANNEL_CONNECT_TIMEOUT", message, { peer }));
    });
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.on("error", onError);
    socket.on("connect", settle);
  });
}

/**
 * Accept TCP connections.
 *
 * @param insecure - Whether others than this machine may connect: nothing is encrypted, and nobody is asked who he is.
 * @throws ChannelError `ERR_CHANNEL_INSECURE` for an address beyond loopback without `insecure`,
 *   `ERR_CHANNEL_ADDRESS_IN_USE`, `ERR_CHANNEL_LISTEN` for any other reason.
 */
export async function listenTcp(
  { host, port }: Address,
  insecure: boolean,
  accept: (transport: Transport) => void,
): Promise<Acceptor> {
  const asked = formatAddress(host, port);
  if (!insecure && !isLoopback(host)) {
    const message = `${asked} is open to other machines; listen on 127.0.0.1, or accept that with insecure: true`;
    throw new ChannelError("ERR_CHANNEL_INSECURE", message, { peer: asked });
  }
  const server = createServer({ noDelay: true }, (socket) => {
    const { remoteAddress = "unknown", remotePort = 0 } = socket;
    accept(new TcpTransport(socket, formatAddress(remoteAddress, remotePort)));
  });
  await listening(server, host, port, asked);
  server.on("error", () => {}); // a connection that could not be accepted does not concern the others
  const bound = server.address() as AddressInfo;
  const closed = new Promise<void>((resolve) => server.on("close", resolve));
  return {
    address: formatAddress(bound.address, bound.port),
    close(): Promise<void> {
      server.close();
      return closed;
    },
  };
}

function listening(server: Server, host: string, port: number, asked: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException) => {
      const inUse = cause.code === "EADDRINUSE";
      const message = inUse ? `${asked} is in use by another program` : `cannot listen on ${asked}: ${cause.message}`;
      const code = inUse ? "ERR_CHANNEL_ADDRESS_IN_USE" : "ERR_CHANNEL_LISTEN";
      reject(new ChannelError(code, message, { peer: asked, cause }));
    };
    server.once("error", onError);
    server.listen({ host, port }, () => {
      server.off("error", onError);
      resolve();
    });
  });
}

/** One TCP connection. */
class TcpTransport implements Transport {
  readonly peer: string;
  readonly #socket: Socket;
  #error: Error | undefined;

  /** @param socket - Connected; belongs to the transport from now on. */
  constructor(socket: Socket, peer: string) {
    this.#socket = socket;
    this.peer = peer;
    socket.on("error", (error) => {
      this.#error = error;
    });
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  start(receiver: Receiver): void {
    const socket = this.#socket;
    socket.on("close", () => receiver.ended(this.#error));
    if (socket.closed) process.nextTick(() => receiver.ended(this.#error));
    else socket.on("data", (chunk: Buffer) => receiver.received(chunk));
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  end(): void {
    const socket = this.#socket;
    if (socket.closed) return;
    socket.end();
    const stop = after(END_MS_MAX, () => socket.destroy());
    socket.on("close", stop);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
