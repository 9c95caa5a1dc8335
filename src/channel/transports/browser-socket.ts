import { after } from "../../wall.ts";
import type { Receiver, Transport } from "./transport.ts";

/** How often a socket that is asked for it looks whether all was sent, in milliseconds: the browser tells nobody. */
const DRAIN_POLL_MS = 5;

/** What a browser's `WebSocket` has, as far as it is used. */
export interface BrowserSocket {
  readonly url: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  binaryType: string;
  /** Called once it is open. */
  onopen: ((event: never) => void) | null;
  /** Called with every message. */
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  /** Called once it has closed, or could not be opened. */
  onclose: ((event: { readonly code: number; readonly wasClean: boolean }) => void) | null;
  /** Called before `onclose`, if that was an error. */
  onerror: ((event: never) => void) | null;
  /** Send one binary message. */
  send(bytes: Uint8Array): void;
  /** Close it; `onclose` follows. */
  close(code?: number): void;
}

/** Closed because a text message came, which no channel sends: a code that a page may give. Source: RFC 6455, 7.4.2. */
const TEXT_CODE = 4003;

/** `WebSocket.OPEN`. */
const OPEN = 1;

/**
 * The transport over a browser's own `WebSocket`, for a page that talks with a listener at `ws://` or `wss://`:
 * `new Channel(await browserTransport(new WebSocket(url)))`. The page's origin has to be among the listener's
 * `origins`.
 *
 * @param socket - Just made; belongs to the transport from now on.
 * @throws Error if it cannot be opened; a browser does not say why.
 */
export function browserTransport(socket: BrowserSocket): Promise<Transport> {
  socket.binaryType = "arraybuffer";
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(new BrowserTransport(socket));
    socket.onclose = ({ code }) => reject(new Error(`cannot connect to ${socket.url}: closed with code ${code}`));
  });
}

class BrowserTransport implements Transport {
  readonly peer: string;
  readonly #socket: BrowserSocket;
  #receiver: Receiver | undefined;
  /** Messages that came before the receiver did. */
  #early: Uint8Array[] = [];
  /** Set once the socket has closed: how. */
  #end: { readonly error: Error | undefined } | undefined;

  constructor(socket: BrowserSocket) {
    this.#socket = socket;
    this.peer = socket.url;
    socket.onmessage = ({ data }) => {
      if (!(data instanceof ArrayBuffer)) return socket.close(TEXT_CODE);
      const bytes = new Uint8Array(data);
      if (this.#receiver === undefined) this.#early.push(bytes);
      else this.#receiver.received(bytes);
    };
    socket.onclose = ({ code, wasClean }) => {
      this.#end = { error: wasClean ? undefined : new Error(`the WebSocket was closed with code ${code}`) };
      this.#receiver?.ended(this.#end.error);
    };
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  start(receiver: Receiver): void {
    const early = this.#early;
    this.#early = [];
    this.#receiver = receiver;
    queueMicrotask(() => {
      for (const bytes of early) receiver.received(bytes);
    });
    const end = this.#end;
    if (end !== undefined) queueMicrotask(() => receiver.ended(end.error));
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(bytes);
  }

  onDrained(drained: () => void): void {
    if (this.#end !== undefined || this.queuedBytes === 0) queueMicrotask(drained);
    else after(DRAIN_POLL_MS, () => this.onDrained(drained), { idle: true });
  }

  end(): void {
    this.#socket.close(1000);
  }

  /** A browser cannot do more than ask. */
  destroy(): void {
    this.#socket.close(1000);
  }
}
