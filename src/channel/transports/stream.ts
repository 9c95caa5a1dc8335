import type { OnReadOpts, Server, Socket } from "node:net";
import { ChannelError } from "../../errors.ts";
import { after } from "../../wall.ts";
import type { AcceptedConnection, ConnectionLimits } from "../connection-limits.ts";
import { identityOf } from "./tls.ts";
import type { DialOptions, PeerIdentity, Receiver, Transport } from "./transport.ts";

/** Wall time that a peer gets to close its side after this side has closed its own, in milliseconds. */
const END_MS_MAX = 2000;

const NOTHING = new Uint8Array(0);

/** Bytes that one read takes at most; as many as libuv's own buffers have. */
const READ_BYTES = 64 * 1024;

/**
 * Where all sockets of this thread read: a receiver has the bytes during the call alone. Without it Node allocates 64 KiB
 * for each read and shrinks them to what has come, a quarter of what a small message costs its receiver.
 */
let readBuffer: Buffer | undefined;

/** Reads a socket into one buffer: one that connects, or see `readingSocket`. */
export class Reading {
  #received: (bytes: Uint8Array) => void = () => {};

  /** For the options of `net.connect`. The socket is paused until {@link start}. */
  get onread(): OnReadOpts {
    readBuffer ??= Buffer.allocUnsafeSlow(READ_BYTES);
    const callback = (length: number, buffer: Uint8Array): boolean => {
      this.#received(buffer.subarray(0, length));
      return true;
    };
    return { buffer: readBuffer, callback };
  }

  start(socket: Socket, received: (bytes: Uint8Array) => void): void {
    this.#received = received;
    socket.resume();
  }
}

/** One connection over a stream socket of Node: TCP, Unix socket, TLS. */
export class StreamTransport implements Transport {
  readonly peer: string;
  readonly #socket: Socket;
  readonly #identity: PeerIdentity | undefined;
  readonly #reading: Reading | undefined;
  #error: Error | undefined;

  /**
   * @param socket - Connected; belongs to the transport from now on.
   * @param reading - What it reads by, if it was made with that; then it is paused.
   */
  constructor(socket: Socket, peer: string, reading?: Reading) {
    this.#socket = socket;
    this.#reading = reading;
    this.peer = peer;
    this.#identity = identityOf(socket); // while it is open
    socket.on("error", (error) => {
      this.#error = error;
    });
  }

  get identity(): PeerIdentity | undefined {
    return this.#identity;
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  get progress(): number {
    return queuedIn(this.#socket);
  }

  start(receiver: Receiver): void {
    const socket = this.#socket;
    socket.on("close", () => receiver.ended(this.#error));
    const received = (bytes: Uint8Array) => receiver.received(bytes);
    if (socket.closed) process.nextTick(() => receiver.ended(this.#error));
    else if (this.#reading === undefined) socket.on("data", received).resume();
    else this.#reading.start(socket, received);
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  onDrained(drained: () => void): void {
    // Nothing, written behind everything else: its callback comes when all that is taken, or with an error.
    if (this.#socket.writable) this.#socket.write(NOTHING, () => drained());
    else process.nextTick(drained);
  }

  end(): void {
    const socket = this.#socket;
    if (socket.closed) return;
    socket.end();
    const stop = after(END_MS_MAX, () => socket.destroy(), { idle: true });
    socket.on("close", stop);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/**
 * Bytes that Node and the operating system's interface still hold of what was written: the second falls while one large
 * write goes on, which Node's own count does not. Source: Node's `net.js`, which decides so about `setTimeout`.
 */
export function queuedIn(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { _handle?: { writeQueueSize?: number } | null };
  return socket.writableLength + (handle?.writeQueueSize ?? 0);
}

/**
 * Wait until a socket that connects has done so. One attempt.
 *
 * @param ready - The event that tells: `connect`, or `secureConnect`.
 * @param reading - What the socket was made with, if it was.
 * @throws ChannelError `ERR_CHANNEL_CONNECT`, `ERR_CHANNEL_CONNECT_TIMEOUT`; the socket is destroyed then.
 */
export function connected(
  socket: Socket,
  ready: "connect" | "secureConnect",
  peer: string,
  { timeoutMs, signal }: DialOptions,
  reading?: Reading,
): Promise<Transport> {
  if (reading !== undefined) socket.pause();
  return new Promise((resolve, reject) => {
    const settle = (error: unknown) => {
      stop();
      signal?.removeEventListener("abort", onAbort);
      socket.off("error", onError);
      socket.off("close", onClose);
      socket.off(ready, onReady);
      if (error === undefined) return resolve(new StreamTransport(socket, peer, reading));
      socket.on("error", () => {}); // a late one has nobody to go to
      socket.destroy();
      reject(error);
    };
    const onReady = () => settle(undefined);
    const onError = (cause: NodeJS.ErrnoException) => settle(connectError(peer, cause));
    const onClose = () => settle(connectError(peer, new Error("the peer closed the connection")));
    const onAbort = () => settle(signal?.reason);
    const stop = after(timeoutMs, () => settle(connectTimeout(peer, timeoutMs)), { idle: true });
    socket.on("error", onError);
    socket.on("close", onClose);
    socket.on(ready, onReady);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** `ERR_CHANNEL_CONNECT`. */
export function connectError(peer: string, cause: NodeJS.ErrnoException): ChannelError {
  // Several attempts of one connect give an AggregateError, which has a code but no message.
  const message = `cannot connect to ${peer}: ${cause.message || cause.code}`;
  return new ChannelError("ERR_CHANNEL_CONNECT", message, { peer, cause });
}

/** `ERR_CHANNEL_CONNECT_TIMEOUT`. */
export function connectTimeout(peer: string, timeoutMs: number): ChannelError {
  const message = `cannot connect to ${peer} within ${timeoutMs} ms`;
  return new ChannelError("ERR_CHANNEL_CONNECT_TIMEOUT", message, { peer });
}

/**
 * Let a server listen.
 *
 * @param asked - The address, for errors.
 * @throws ChannelError `ERR_CHANNEL_ADDRESS_IN_USE`, or `ERR_CHANNEL_LISTEN` for any other reason.
 */
export function listening(server: Server, at: { host: string; port: number } | { path: string }, asked: string) {
  return new Promise<void>((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException) => {
      const inUse = cause.code === "EADDRINUSE";
      const message = inUse ? `${asked} is in use by another program` : `cannot listen on ${asked}: ${cause.message}`;
      const code = inUse ? "ERR_CHANNEL_ADDRESS_IN_USE" : "ERR_CHANNEL_LISTEN";
      reject(new ChannelError(code, message, { peer: asked, cause }));
    };
    server.once("error", onError);
    server.listen(at, () => {
      server.off("error", onError);
      server.on("error", () => {}); // a connection that could not be accepted does not concern the others
      resolve();
    });
  });
}

/** Closes a server; resolves once the address is free and every accepted connection has ended. */
export function closing(server: Server): () => Promise<void> {
  const closed = new Promise<void>((resolve) => server.on("close", resolve));
  return () => {
    server.close();
    return closed;
  };
}

/** Count an accepted socket; undefined if it was turned away. */
export function enter(connections: ConnectionLimits, socket: Socket): AcceptedConnection | undefined {
  const accepted = connections.enter(() => socket.destroy());
  if (accepted !== undefined) socket.on("close", () => accepted.closed());
  return accepted;
}

/**
 * Sockets that are counted when they come and given out only after a handshake, perhaps as another object (an
 * encrypted socket hides the one that it is made of), so that the whole handshake counts.
 */
export class Arrivals {
  readonly #connections: ConnectionLimits;
  readonly #accepted = new Map<string, AcceptedConnection>();

  constructor(connections: ConnectionLimits) {
    this.#connections = connections;
  }

  arrived(socket: Socket): void {
    const accepted = enter(this.#connections, socket);
    if (accepted === undefined) return;
    const key = ends(socket);
    this.#accepted.set(key, accepted);
    socket.on("close", () => this.#accepted.delete(key));
  }

  /** The connection of a socket whose handshake has ended. */
  take(socket: Socket): AcceptedConnection | undefined {
    return this.#accepted.get(ends(socket));
  }
}

/** The same for a socket and the encrypted one made of it, and different for all that are open. */
function ends({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return [localAddress, localPort, remoteAddress, remotePort].join(" ");
}
