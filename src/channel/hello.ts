import { createHash, timingSafeEqual } from "node:crypto";
import type { CodecName } from "../codec/index.ts";
import { ChannelError, ProtocolError, VersionError } from "../errors.ts";
import { after } from "../wall.ts";
import { HEADER_BYTES, writeHeader } from "./frames.ts";
import { ForwardingTransport, type Receiver, type Transport } from "./transports/transport.ts";

/** Version of what cosimas programs say to each other beyond aiomas's protocol. */
export const HELLO_VERSION = 1;

/** Longest hello, in bytes: checked before it is read. */
const HELLO_BYTES_MAX = 4096;

/**
 * Both sides are cosimas programs and say hello before anything else: version, codec, token. aiomas knows no hello; leave
 * it out there.
 */
export interface HelloOptions {
  /** Shared secret: who does not know it is turned away. It crosses as it is; beyond loopback use TLS as well. */
  readonly token?: string;
  /**
   * Both sides give signs of life, every `limits.heartbeatMs`, if both have this set. One that gives none for
   * `limits.heartbeatTimeoutMs` is given up; one that only computes is not. Default false.
   */
  readonly heartbeat?: boolean;
}

/** Where a process tells that it lives: a UDP port of its host, and the key that makes it answer. */
export interface LivenessAddress {
  readonly port: number;
  /** 16 bytes in hexadecimal. */
  readonly key: string;
}

/** What one side says. */
export interface Hello {
  readonly cosimas: number;
  readonly codec: CodecName;
  /** Only from the side that connects. */
  readonly token?: string;
  /** Only from the side that was connected to. */
  readonly accepted?: boolean;
  /** Where the process tells that it lives, if the side wants a heartbeat. */
  readonly pulse?: LivenessAddress;
}

/** What both sides have said, and the connection behind it. */
export interface Greeted {
  readonly transport: Transport;
  readonly hello: Hello;
}

/**
 * Say hello as the side that connects.
 *
 * @throws VersionError; ChannelError `ERR_CHANNEL_TOKEN` if the peer does not accept the token, `ERR_CHANNEL_HELLO` if it
 *   answers with something else or has another codec, `ERR_CHANNEL_CONNECT_TIMEOUT`. The connection is destroyed then.
 */
export async function greet(transport: Transport, own: Hello, timeoutMs: number): Promise<Greeted> {
  const { peer } = transport;
  const waiting = new HelloTransport(transport);
  transport.write(frameOf(own));
  const late = () => {
    const message = `${peer} said no hello within ${timeoutMs} ms`;
    waiting.fail(new ChannelError("ERR_CHANNEL_CONNECT_TIMEOUT", message, { peer }));
  };
  const stop = after(timeoutMs, late, { idle: true });
  try {
    const hello = await waiting.hello;
    checkVersions(own, hello, peer);
    if (hello.accepted !== true) {
      throw new ChannelError("ERR_CHANNEL_TOKEN", `${peer} does not accept the token`, { peer });
    }
    return { transport: waiting, hello };
  } catch (error) {
    transport.destroy();
    throw error;
  } finally {
    stop();
  }
}

/**
 * Answer the hello of a side that has connected. The caller bounds the time, by destroying the transport.
 *
 * @param token - What the peer has to know; undefined if nothing.
 * @throws As {@link greet}; the peer has been told why, and the connection ends.
 */
export async function welcome(transport: Transport, own: Hello, token: string | undefined): Promise<Greeted> {
  const { peer } = transport;
  const waiting = new HelloTransport(transport);
  try {
    const hello = await waiting.hello;
    const accepted = hello.cosimas === own.cosimas && hello.codec === own.codec && isToken(hello.token, token);
    transport.write(frameOf({ ...own, accepted }));
    checkVersions(own, hello, peer);
    if (!accepted) throw new ChannelError("ERR_CHANNEL_TOKEN", `${peer} does not know the token`, { peer });
    return { transport: waiting, hello };
  } catch (error) {
    transport.end();
    throw error;
  }
}

function checkVersions(own: Hello, hello: Hello, peer: string): void {
  if (hello.cosimas !== own.cosimas) throw new VersionError(own.cosimas, hello.cosimas, { peer });
  if (hello.codec === own.codec) return;
  const message = `this side's codec is ${own.codec}, that of ${peer} is ${JSON.stringify(hello.codec)}`;
  throw new ProtocolError("ERR_CHANNEL_HELLO", message, { peer });
}

/** Takes the same time whatever is wrong. */
function isToken(given: string | undefined, token: string | undefined): boolean {
  if (token === undefined) return true;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given ?? ""), digest(token)) && given !== undefined;
}

/** In JSON whatever the codec: so that two sides with different ones can say so. */
function frameOf(hello: Hello): Uint8Array {
  const text = Buffer.from(JSON.stringify(hello));
  const frame = Buffer.alloc(HEADER_BYTES + text.length);
  frame.set(text, HEADER_BYTES);
  writeHeader(frame);
  return frame;
}

function parseHello(bytes: Buffer, peer: string): Hello {
  const refuse = () => new ProtocolError("ERR_CHANNEL_HELLO", `${peer} said no hello`, { peer });
  let hello: Partial<Hello> | null;
  try {
    hello = JSON.parse(bytes.toString("utf8")) as Partial<Hello> | null;
  } catch {
    throw refuse();
  }
  if (typeof hello !== "object" || hello === null || !Number.isSafeInteger(hello.cosimas)) throw refuse();
  const { token, pulse } = hello;
  if (token !== undefined && typeof token !== "string") throw refuse();
  if (pulse !== undefined && !(Number.isInteger(pulse?.port) && typeof pulse?.key === "string")) throw refuse();
  return hello as Hello;
}

/** The transport while hello is said: the first frame is the hello, what follows is for the receiver to come. */
class HelloTransport extends ForwardingTransport implements Receiver {
  readonly hello: Promise<Hello>;
  /** Reject `hello` with this error, if it has not been said. */
  fail: (error: Error) => void = () => {};
  #said: (hello: Hello) => void = () => {};
  /** What has arrived and is nobody's yet. */
  #arrived: Buffer = Buffer.alloc(0);
  #isSaid = false;
  #receiver: Receiver | undefined;
  #end: { readonly error: Error | undefined } | undefined;

  constructor(transport: Transport) {
    super(transport);
    this.hello = new Promise((resolve, reject) => {
      this.#said = resolve;
      this.fail = reject;
    });
    this.hello.catch(() => {}); // whoever waits for it is told
    transport.start(this);
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    process.nextTick(() => {
      const arrived = this.#arrived;
      this.#arrived = Buffer.alloc(0);
      if (arrived.length > 0) receiver.received(arrived);
      if (this.#end !== undefined) receiver.ended(this.#end.error);
    });
  }

  received(bytes: Uint8Array): void {
    if (this.#receiver !== undefined && this.#arrived.length === 0) {
      this.#receiver.received(bytes);
      return;
    }
    this.#arrived = Buffer.concat([this.#arrived, bytes]);
    if (!this.#isSaid) this.#read();
  }

  ended(error: Error | undefined): void {
    this.#end = { error };
    const { peer } = this;
    const how = error === undefined ? "closed the connection" : `was lost: ${error.message}`;
    this.fail(new ChannelError("ERR_CHANNEL_HELLO", `${peer} ${how} before it said hello`, { peer, cause: error }));
    this.#receiver?.ended(error);
  }

  #read(): void {
    const { peer } = this;
    if (this.#arrived.length < HEADER_BYTES) return;
    const end = HEADER_BYTES + this.#arrived.readUInt32BE();
    if (end > HELLO_BYTES_MAX) {
      this.fail(new ProtocolError("ERR_CHANNEL_HELLO", `${peer} said no hello`, { peer }));
      return;
    }
    if (this.#arrived.length < end) return;
    this.#isSaid = true;
    try {
      this.#said(parseHello(this.#arrived.subarray(HEADER_BYTES, end), peer));
    } catch (error) {
      this.fail(error as Error);
    }
    this.#arrived = this.#arrived.subarray(end);
  }
}
