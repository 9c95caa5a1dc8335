import { rebase, type TypeRegistry, type Value } from "../codec/index.ts";
import { ChannelError, ProtocolError } from "../errors.ts";
import { type Limits, limitsOf } from "../limits.ts";
import { checkArgument, LIMITS } from "../options.ts";
import { Calls, type RequestOptions } from "./calls.ts";
import { type FailureFormat, TEXT_FAILURES } from "./failures.ts";
import { Flow } from "./flow.ts";
import { FrameSplitter, Outbox } from "./frames.ts";
import { type CodecChoice, EXCEPTION, Messages, messageCodecs, REQUEST, RESULT } from "./messages.ts";
import { type Request, Serving } from "./requests.ts";
import type { PeerIdentity, Transport } from "./transports/transport.ts";

/** Options of a channel. */
export interface ChannelOptions extends CodecChoice {
  /** How failures are written and read; both sides need the same. Default: one text, as aiomas does. */
  readonly failures?: FailureFormat;
  /** Bounds that differ from the defaults. */
  readonly limits?: Partial<Limits>;
}

/** Whether there is a connection: `open`, `lost` while it tries to connect again, `closed` for good. */
export type ConnectionState = "open" | "lost" | "closed";

/** What the layers above use of a channel: requests and replies, whatever becomes of connections. */
export interface ChannelLike {
  /** Address of the other side. */
  readonly peer: string;
  /** Who it is by its certificate, over TLS. */
  readonly identity: PeerIdentity | undefined;
  /** Resolves, never rejects, when it is closed for good, with the reason. */
  readonly closed: Promise<ChannelError>;
  /** The registered types; a layer above may add its own. */
  readonly types: TypeRegistry;
  /** Whether requests can still be made. */
  readonly isOpen: boolean;
  /** Own requests that wait for a reply. */
  readonly pendingCalls: number;
  /** Take the peer's requests. */
  serve(onRequest: (request: Request) => unknown): void;
  /** Ask the peer. */
  request(content: unknown, options?: RequestOptions): Promise<Value>;
  /** As `request`, but throws at once what is refused for want of room: `ERR_CHANNEL_PENDING`, `ERR_CHANNEL_SEND_QUEUE`. */
  requestNow(content: unknown, options?: RequestOptions): Promise<Value>;
  /** Bytes that the operating system has not taken yet. */
  readonly queuedBytes: number;
  /** Wait until the peer has read enough to go on sending. */
  drained(): Promise<void>;
  /** Be told of losses and new connections, if it connects again. @returns Stops it. */
  onState?(listener: (state: ConnectionState) => void): () => void;
  /** Send what waits, then close. */
  close(): Promise<void>;
}

/**
 * Request and reply over one connection, both ways: either side may ask, and replies come in any order.
 *
 * What is sent in one turn of the event loop is written at its end, together. Once closed it stays closed.
 */
export class Channel implements ChannelLike {
  /** Address of the other side. */
  readonly peer: string;
  /** Who the other side is by its certificate, over TLS; undefined otherwise. */
  readonly identity: PeerIdentity | undefined;
  /** Resolves, never rejects, when the connection is gone, with the reason. */
  readonly closed: Promise<ChannelError>;
  /** The registered types of this connection; a layer above may add its own. */
  readonly types: TypeRegistry;
  readonly #transport: Transport;
  readonly #outbox: Outbox;
  readonly #splitter: FrameSplitter;
  readonly #messages: Messages;
  readonly #failures: FailureFormat;
  readonly #limits: Limits;
  readonly #calls: Calls;
  readonly #serving: Serving;
  readonly #flow: Flow;
  /** Length of the frame that is being read. */
  #frameBytes = 0;
  #resolveClosed: (reason: ChannelError) => void = () => {};
  /** Why it is closed; undefined while it is open. */
  #reason: ChannelError | undefined;
  #lateReplies = 0;

  /**
   * @param transport - Belongs to the channel from now on.
   * @param registry - Types instead of those in the options: of a channel that has had other connections.
   */
  constructor(transport: Transport, options: ChannelOptions = {}, registry?: TypeRegistry) {
    if (options.limits !== undefined) checkArgument("channel", "limits", options.limits, LIMITS);
    const limits = limitsOf(options.limits);
    this.#limits = limits;
    this.peer = transport.peer;
    this.identity = transport.identity;
    const codecs = messageCodecs(options, limits, registry);
    this.types = codecs.whole.types;
    this.#transport = transport;
    this.#failures = options.failures ?? TEXT_FAILURES;
    const format = { ...codecs, limits, failures: this.#failures, peer: this.peer };
    this.#messages = new Messages(format, (type, id, content) => this.#take(type, id, content));
    this.#outbox = new Outbox(transport);
    this.#serving = new Serving(this.peer, limits.openRequestsMax, {
      reply: (id, ok, outcome) => this.#reply(id, ok, outcome),
    });
    const sink = (bytes: Buffer, start: number, end: number) => {
      this.#frameBytes = end - start;
      if (start < end || transport.beats !== true) this.#messages.read(bytes, start, end);
    };
    const serve = (id: number, content: Value) => this.#serving.take(id, content);
    this.#flow = new Flow(transport, this.#outbox, limits, serve, (error) => this.#shut(error, false));
    this.#splitter = new FrameSplitter(limits.frameBytesMax, sink, this.peer);
    this.#calls = new Calls(this.peer, limits.callTimeoutMs);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    transport.start({
      received: (bytes) => this.#received(bytes),
      ended: (error) => this.#ended(error),
    });
  }

  /**
   * Write each message at once from now on, not at the end of the turn: for a side that has one to send in a turn, as a
   * rule, and whose peer waits for it. A tick less for each is 3 % of what a round of a platform costs.
   *
   * @internal
   */
  writeAtOnce(): void {
    this.#outbox.atOnce = true;
  }

  /** Whether requests can still be made. */
  get isOpen(): boolean {
    return this.#reason === undefined;
  }

  /** Own requests that wait for a reply. */
  get pendingCalls(): number {
    return this.#calls.size;
  }

  /** Replies that came after their request had been answered or given up; they were dropped. */
  get lateReplies(): number {
    return this.#lateReplies;
  }

  /** Bytes of requests and replies that the operating system has not taken yet. */
  get queuedBytes(): number {
    return this.#outbox.queuedBytes;
  }

  /**
   * Wait until the peer has read enough to go on sending: at once while at most half of `limits.sendQueueBytesMax` is
   * queued, else once all of it is taken, or the connection has ended. Never rejected.
   */
  async drained(): Promise<void> {
    if (this.#reason !== undefined || this.queuedBytes <= this.#limits.sendQueueBytesMax / 2) return;
    this.#outbox.flush();
    await new Promise<void>((resolve) => this.#transport.onDrained(resolve));
  }

  /**
   * Take the peer's requests, in their order of arrival; requests fail with `ERR_CHANNEL_NO_REQUESTS` until this is
   * called. To miss none, call it in the turn in which the channel was given. What `onRequest` throws, or its promise is
   * rejected with, fails the request; after the answer it is a warning.
   */
  serve(onRequest: (request: Request) => unknown): void {
    this.#serving.onRequest = onRequest;
  }

  /**
   * Ask the peer.
   *
   * @param content - Copied while it is sent.
   * @returns What the peer replies. Rejected with RemoteError if the peer failed; ValueError if
   *   `content` cannot be sent; ChannelError `ERR_CHANNEL_TIMEOUT`, `ERR_CHANNEL_CLOSED`, or, with nothing sent
   *   and the channel still usable, `ERR_CHANNEL_PENDING`, `ERR_CHANNEL_SEND_QUEUE`, `ERR_CHANNEL_FRAME_BYTES`;
   *   RangeError for a bad `timeoutMs`.
   */
  request(content: unknown, options: RequestOptions = {}): Promise<Value> {
    return this.#request(content, options, false);
  }

  /**
   * Ask the peer, as {@link Channel.request}; for one who does not look at the promise.
   *
   * @throws ChannelError `ERR_CHANNEL_PENDING`, `ERR_CHANNEL_SEND_QUEUE`, with nothing sent.
   */
  requestNow(content: unknown, options: RequestOptions = {}): Promise<Value> {
    return this.#request(content, options, true);
  }

  /**
   * Ask the peer, as {@link Channel.request}, without a promise, and write at once: for one who asks thousands of times a
   * second, and waits for the answer before it asks again.
   *
   * @param resolve - Gets the reply in the turn in which it has come; must not throw.
   * @param reject - Gets the failure, perhaps before this returns; must not throw.
   *
   * @internal
   */
  ask(content: unknown, options: RequestOptions, resolve: (value: Value) => void, reject: (error: unknown) => void) {
    let id: number;
    try {
      id = this.#send(content, options, true);
    } catch (error) {
      reject(error);
      return;
    }
    this.#calls.enter(id, options, resolve, reject);
    this.#outbox.flush();
  }

  #request(content: unknown, options: RequestOptions, now: boolean): Promise<Value> {
    let id: number;
    try {
      id = this.#send(content, options);
    } catch (error) {
      if (now && isWantOfRoom(error)) throw error;
      const { places = [] } = options;
      return Promise.reject(places.reduce((named, [place, name]) => rebase(named, place, name), error));
    }
    return this.#calls.open(id, options);
  }

  /** @param now - Whether the caller flushes. @returns Id of the request that was sent. */
  #send(content: unknown, options: RequestOptions, now = false): number {
    this.#checkRequest(options);
    const id = this.#calls.reserve();
    const frame = this.#outbox.draft();
    try {
      this.#messages.write(REQUEST, id, content, frame);
      if (!this.#fits(frame.at - frame.start)) throw this.#sendQueueFull();
    } catch (error) {
      this.#outbox.drop(frame);
      this.#calls.drop(id);
      throw error;
    }
    this.#outbox.send(frame, now);
    this.#flow.queued();
    return id;
  }

  /** Send what waits, then close. Pending requests are rejected at once. Resolves when the connection is gone. */
  async close(): Promise<void> {
    this.#shut(this.#error("ERR_CHANNEL_CLOSED", `the connection to ${this.peer} was closed by this side`), true);
    await this.closed;
  }

  #checkRequest({ timeoutMs, signal, method }: RequestOptions): void {
    if (timeoutMs !== undefined && !(timeoutMs > 0)) {
      throw new RangeError(`timeoutMs must be > 0 milliseconds, got ${timeoutMs}`);
    }
    if (this.#reason !== undefined) throw this.#closedError(this.#reason, method);
    signal?.throwIfAborted();
    const { pendingCallsMax } = this.#limits;
    if (this.#calls.size >= pendingCallsMax) {
      const message = `pendingCallsMax = ${pendingCallsMax} requests to ${this.peer} wait already`;
      throw this.#error("ERR_CHANNEL_PENDING", message);
    }
  }

  /** A frame has its own bound, which may be above that of the queue: alone, it can always be sent. */
  #fits(frameBytes: number): boolean {
    const { queuedBytes } = this.#outbox;
    return queuedBytes === 0 || queuedBytes + frameBytes <= this.#limits.sendQueueBytesMax;
  }

  #received(bytes: Uint8Array): void {
    try {
      this.#splitter.push(bytes);
    } catch (error) {
      this.#shut(error as ProtocolError, false);
    }
  }

  #take(type: number, id: number, content: Value): void {
    if (type === REQUEST) {
      this.#flow.take(id, content, this.#frameBytes);
      return;
    }
    const call = this.#calls.take(id);
    if (call === undefined) this.#unexpectedReply(id);
    else if (type === RESULT) call.resolve(content);
    else call.reject(this.#failures.read(content, { peer: this.peer, ...(call.method && { method: call.method }) }));
  }

  /** Never throws: whoever replies need not know whether the connection still lives. */
  #reply(id: number, ok: boolean, outcome: unknown): void {
    if (this.#reason !== undefined) return;
    try {
      if (!ok) this.#sendReply(EXCEPTION, id, this.#failures.write(outcome));
      else this.#sendResult(id, outcome);
      this.#flow.queued();
    } catch (error) {
      // Without a reply the peer would wait in vain.
      this.#shut(error as ChannelError, false);
    }
  }

  /** A result that cannot be sent is a failure for the peer. */
  #sendResult(id: number, outcome: unknown): void {
    try {
      this.#sendReply(RESULT, id, outcome);
    } catch (error) {
      this.#sendReply(EXCEPTION, id, this.#failures.write(error));
    }
  }

  #sendReply(type: number, id: number, content: unknown): void {
    const frame = this.#outbox.draft();
    try {
      this.#messages.write(type, id, content, frame);
    } catch (error) {
      this.#outbox.drop(frame);
      throw error;
    }
    this.#outbox.send(frame);
  }

  #unexpectedReply(id: number): void {
    if (id >= this.#calls.nextId) {
      const message = `${this.peer} replied to request ${id}, which was never made`;
      throw new ProtocolError("ERR_CHANNEL_REPLY_ID", message, { peer: this.peer });
    }
    this.#lateReplies++;
  }

  #ended(error: Error | undefined): void {
    if (error instanceof ChannelError) this.#shut(error, false);
    const how = error === undefined ? "was closed by the peer" : `broke: ${error.message}`;
    const where = this.#splitter.inFrame && error === undefined ? ", within a frame" : "";
    this.#shut(this.#error("ERR_CHANNEL_CLOSED", `the connection to ${this.peer} ${how}${where}`, error), false);
    this.#resolveClosed(this.#reason!);
  }

  #shut(reason: ChannelError, graceful: boolean): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#splitter.stop();
    this.#flow.stop();
    if (graceful) {
      this.#outbox.flush();
      this.#transport.end();
    } else this.#transport.destroy();
    this.#calls.abort((method) => this.#closedError(reason, method));
  }

  #closedError(reason: ChannelError, method: string | undefined): ChannelError {
    const details = { peer: this.peer, cause: reason, ...(method !== undefined && { method }) };
    return new ChannelError("ERR_CHANNEL_CLOSED", reason.message, details);
  }

  #sendQueueFull(): ChannelError {
    this.#flow.refused();
    const { sendQueueBytesMax } = this.#limits;
    const message = `sendQueueBytesMax = ${sendQueueBytesMax} bytes wait for ${this.peer}; await drained() before sending much`;
    return this.#error("ERR_CHANNEL_SEND_QUEUE", message);
  }

  #error(code: string, message: string, cause?: unknown): ChannelError {
    return new ChannelError(code, message, { peer: this.peer, cause });
  }
}

/** Whether a request was refused because too much waits already. */
export function isWantOfRoom(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "ERR_CHANNEL_PENDING" || code === "ERR_CHANNEL_SEND_QUEUE";
}
