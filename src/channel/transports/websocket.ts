import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { after } from "../../wall.ts";
import { formatAddress, type NetAddress } from "../address.ts";
import { messageBytesMax } from "../frames.ts";
import { Arrivals, closing, connectError, connectTimeout, listening, queuedIn } from "./stream.ts";
import { clientOptions, identityOf, readCertificates, serverOptions } from "./tls.ts";
import type { Accept, Acceptor, BindOptions, DialOptions, PeerIdentity, Receiver, Transport } from "./transport.ts";

/** Fragments of one message; ours are never cut. Source: FAULTS 3.2, CVE-2026-48779. */
const FRAGMENTS_MAX = 64;
/** Wall time that a peer gets to answer the closing handshake, in milliseconds. */
const END_MS_MAX = 2000;
const NOTHING = new Uint8Array(0);
/** Close codes of a connection that was ended, not lost. Source: RFC 6455, 7.4.1. */
const ENDED: ReadonlySet<number> = new Set([1000, 1001, 1005]);

/** What bounds a connection, on both sides. `ws` writes nothing compressed and takes nothing compressed. */
function bounds(frameBytesMax: number) {
  return {
    maxPayload: messageBytesMax(frameBytesMax),
    maxFragments: FRAGMENTS_MAX,
    closeTimeout: END_MS_MAX,
    perMessageDeflate: false,
  };
}

/** Open a WebSocket. One attempt, no redirects. */
export async function connectWebSocket(address: NetAddress, options: DialOptions): Promise<Transport> {
  const { timeoutMs, frameBytesMax, signal, tls } = options;
  const peer = formatAddress(address);
  const secure = tls === undefined ? {} : clientOptions(await readCertificates(tls), address.host);
  signal?.throwIfAborted();
  const socket = new WebSocket(peer, { ...secure, ...bounds(frameBytesMax) });
  return new Promise((resolve, reject) => {
    const settle = (error: unknown) => {
      stop();
      signal?.removeEventListener("abort", onAbort);
      socket.off("open", onOpen);
      socket.off("error", onError);
      if (error === undefined) return resolve(new WebSocketTransport(socket, peer));
      socket.on("error", () => {}); // terminating a socket that connects is one
      socket.terminate();
      reject(error);
    };
    const onOpen = () => settle(undefined);
    const onError = (cause: NodeJS.ErrnoException) => settle(connectError(peer, cause));
    const onAbort = () => settle(signal?.reason);
    const stop = after(timeoutMs, () => settle(connectTimeout(peer, timeoutMs)), { idle: true });
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.on("open", onOpen);
    socket.on("error", onError);
  });
}

/**
 * Accept WebSockets on any path; every other request of HTTP is answered with 426. A browser says from which page its
 * script came: one that is not in `origins` is refused, so that no page elsewhere can use the server of this machine.
 */
export async function listenWebSocket(address: NetAddress, options: BindOptions, accept: Accept): Promise<Acceptor> {
  const { scheme, host, port } = address;
  const { tls, origins = [], frameBytesMax, connections } = options;
  const server = tls === undefined ? createServer() : createTlsServer(serverOptions(await readCertificates(tls)));
  const upgrades = new WebSocketServer({ noServer: true, clientTracking: false, ...bounds(frameBytesMax) });
  const arrivals = new Arrivals(connections);
  server.on("connection", (socket: Socket) => arrivals.arrived(socket));
  server.on("request", (_request, response) => response.writeHead(426, { connection: "close" }).end());
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const accepted = arrivals.take(socket);
    const { origin } = request.headers;
    if (accepted === undefined) return void socket.destroy();
    if (origin !== undefined && !origins.includes(origin)) {
      return void socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    }
    const { remoteAddress = "unknown", remotePort = 0 } = socket;
    const peer = formatAddress({ scheme, host: remoteAddress, port: remotePort });
    upgrades.handleUpgrade(request, socket, head, (opened) => accept(new WebSocketTransport(opened, peer), accepted));
  });
  await listening(server, { host, port }, formatAddress(address));
  const bound = server.address() as AddressInfo;
  return { address: formatAddress({ scheme, host: bound.address, port: bound.port }), close: closing(server) };
}

/** One WebSocket. Frames lie in binary messages, as many in each as a turn of the event loop has written. */
class WebSocketTransport implements Transport {
  readonly peer: string;
  readonly identity: PeerIdentity | undefined;
  readonly #socket: WebSocket;
  #receiver: Receiver | undefined;
  #error: Error | undefined;
  /** Messages that came before the receiver did. */
  #early: Uint8Array[] = [];

  /** @param socket - Open; belongs to the transport from now on. */
  constructor(socket: WebSocket, peer: string) {
    this.#socket = socket;
    this.peer = peer;
    const stream = streamOf(socket);
    this.identity = stream && identityOf(stream);
    socket.on("error", (error) => {
      this.#error = error;
    });
    socket.on("message", (data, isBinary) => this.#received(data, isBinary));
    socket.on("close", (code) => this.#closed(code));
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  get progress(): number {
    const stream = streamOf(this.#socket);
    return this.#socket.bufferedAmount + (stream ? queuedIn(stream) : 0);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    const early = this.#early;
    this.#early = [];
    process.nextTick(() => {
      for (const bytes of early) receiver.received(bytes);
      if (this.#socket.readyState === WebSocket.CLOSED) this.#closed(1005);
    });
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }

  onDrained(drained: () => void): void {
    // Nothing, behind all that was written, as in a StreamTransport, rather than a callback for each message.
    const stream = streamOf(this.#socket);
    if (stream?.writable === true) stream.write(NOTHING, () => drained());
    else process.nextTick(drained);
  }

  end(): void {
    this.#socket.close(1000);
  }

  destroy(): void {
    this.#socket.terminate();
  }

  #received(data: RawData, isBinary: boolean): void {
    if (!isBinary) {
      this.#error = new Error("the peer sent a text message");
      this.#socket.terminate();
    } else if (this.#receiver === undefined) this.#early.push(data as Buffer);
    else this.#receiver.received(data as Buffer);
  }

  #closed(code: number): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    if (!ENDED.has(code)) this.#error ??= new Error(`the WebSocket was closed with code ${code}`);
    receiver?.ended(this.#error);
  }
}

/** What a WebSocket writes to, while it is open. Source: ws `websocket.js`; it shows nobody how far its writes have got. */
function streamOf(socket: WebSocket): Socket | undefined {
  return (socket as unknown as { _socket?: Socket | null })._socket ?? undefined;
}
