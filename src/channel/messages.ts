import {
  type Codec,
  type CodecName,
  createCodec,
  type Output,
  rebase,
  type TypeRegistry,
  type Value,
  type ValueType,
} from "../codec/index.ts";
import { ChannelError, ProtocolError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { FailureFormat } from "./failures.ts";
import { HEADER_BYTES, writeHeader } from "./frames.ts";

/** Kinds of message, as aiomas numbers them. */
export const REQUEST = 0;
export const RESULT = 1;
export const EXCEPTION = 2;

/** Takes a message; the content of an exception is as the channel's FailureFormat says. */
type MessageSink = (type: number, id: number, content: Value) => void;

/** What the messages of one connection are made of. */
interface MessageFormat extends MessageCodecs {
  readonly failures: FailureFormat;
  readonly limits: Limits;
  /** Who sends, for errors. */
  readonly peer: string;
}

/** Messages and frames of one connection: what may be written, and what the peer may send. */
export class Messages {
  readonly #format: MessageFormat;
  readonly #whole: Codec;
  readonly #content: Codec | undefined;
  readonly #sink: MessageSink;
  readonly #envelope: Envelope = { type: 0, id: 0, contentAt: 0 };

  constructor(format: MessageFormat, sink: MessageSink) {
    this.#format = format;
    this.#whole = format.whole;
    this.#content = format.content;
    this.#sink = sink;
  }

  /**
   * Write a whole frame, header and payload, behind what `output` holds.
   *
   * @throws ValueError with a path from the content on; ChannelError `ERR_CHANNEL_FRAME_BYTES`.
   */
  write(type: number, id: number, content: unknown, output: Output): void {
    this.#encode(type, id, content, output);
    const { bytes, start, at } = output;
    const length = at - start - HEADER_BYTES;
    const { frameBytesMax } = this.#format.limits;
    if (length > frameBytesMax) {
      const message = `a message of ${length} bytes is too long; allowed are ${frameBytesMax}`;
      throw new ChannelError("ERR_CHANNEL_FRAME_BYTES", message, { peer: this.#format.peer });
    }
    writeHeader(bytes, start, at);
  }

  /**
   * Read the payload from `start` to `end`, and give the message to the sink.
   *
   * @throws ProtocolError `ERR_CHANNEL_FRAME` or `ERR_CHANNEL_MESSAGE`, and what the sink throws.
   */
  read(bytes: Buffer, start: number, end: number): void {
    const envelope = this.#envelope;
    if (this.#content === undefined || !readEnvelope(bytes, start, end, envelope)) {
      const message = this.#decode(this.#whole, bytes, start, end);
      if (!Array.isArray(message) || message.length !== 3)
        throw this.#wrong("a message that is not [type, id, content]");
      this.#take(message[0]!, message[1]!, message[2]!);
      return;
    }
    const { type, id, contentAt } = envelope;
    this.#take(type, id, this.#decode(this.#content, bytes, contentAt, end));
  }

  #encode(type: number, id: number, content: unknown, output: Output): void {
    const codec = this.#content;
    if (codec !== undefined && id <= ENVELOPE_ID_MAX) {
      const headroom = envelopeBytes(id);
      if (codec.write === undefined) output.append(codec.encode(content, headroom));
      else {
        output.reserve(headroom);
        output.at += headroom;
        codec.write(content, output);
      }
      writeEnvelope(output.bytes, type, id, output.start);
      return;
    }
    const whole = this.#whole;
    if (whole.writeMessage !== undefined) {
      output.reserve(HEADER_BYTES);
      output.at += HEADER_BYTES;
      if (whole.writeMessage(type, id, content, output)) return;
      output.at -= HEADER_BYTES;
    }
    try {
      output.append(whole.encode([type, id, content], HEADER_BYTES));
    } catch (error) {
      throw rebase(error, "$[2]", "$");
    }
  }

  #decode(codec: Codec, bytes: Buffer, start: number, end: number): Value {
    try {
      return codec.decode(bytes, start, end);
    } catch (error) {
      const { peer } = this.#format;
      const text = `${peer} sent what cannot be decoded: ${(error as Error).message}`;
      throw new ProtocolError("ERR_CHANNEL_FRAME", text, { peer, cause: error });
    }
  }

  #take(type: Value, id: Value, content: Value): void {
    if (!Number.isSafeInteger(id) || (id as number) < 0) throw this.#wrong("an id that is not an integer from 0 on");
    if (type === EXCEPTION) {
      const { failures } = this.#format;
      if (!failures.accepts(content)) throw this.#wrong(`an exception that is not ${failures.form}`);
    } else if (type !== REQUEST && type !== RESULT) throw this.#wrong("a message of unknown type");
    this.#sink(type as number, id as number, content);
  }

  #wrong(what: string): ProtocolError {
    const { peer } = this.#format;
    return new ProtocolError("ERR_CHANNEL_MESSAGE", `${peer} sent ${what}`, { peer });
  }
}

/**
 * What stands in front of the content of a message in MsgPack: an array of three, type, id. Written and read by hand,
 * because it is the same few bytes for every message, and an array around each content costs more than the content.
 *
 * Source: MessagePack specification (spec.md), smallest forms, as aiomas writes them.
 */

const ARRAY_OF_3 = 0x93;
/** Largest integer that is a byte of its own. */
const FIXINT_MAX = 0x7f;
const UINT8 = 0xcc;
const UINT16 = 0xcd;
const UINT32 = 0xce;

/** Ids up to this one can be written here. */
export const ENVELOPE_ID_MAX = 0xffff_ffff;

/** Bytes in front of the content: the frame's header, and the envelope. */
export function envelopeBytes(id: number): number {
  if (id <= FIXINT_MAX) return HEADER_BYTES + 3;
  if (id <= 0xff) return HEADER_BYTES + 4;
  return id <= 0xffff ? HEADER_BYTES + 5 : HEADER_BYTES + 7;
}

/** Write the envelope behind the header of the frame that begins at `start` and has room for it. */
export function writeEnvelope(frame: Uint8Array, type: number, id: number, start = 0): void {
  let at = start + HEADER_BYTES;
  frame[at++] = ARRAY_OF_3;
  frame[at++] = type;
  if (id <= FIXINT_MAX) {
    frame[at] = id;
    return;
  }
  if (id > 0xffff) {
    frame[at++] = UINT32;
    frame[at++] = id >>> 24;
    frame[at++] = id >>> 16;
    frame[at++] = id >>> 8;
  } else if (id > 0xff) {
    frame[at++] = UINT16;
    frame[at++] = id >>> 8;
  } else frame[at++] = UINT8;
  frame[at] = id;
}

/** What {@link readEnvelope} has read. */
export interface Envelope {
  type: number;
  id: number;
  /** Where the content begins. */
  contentAt: number;
}

/**
 * Read the envelope of the message from `start` to `end` into `into`.
 *
 * @returns False if it is not in the form in which it is written; then it may still be a message.
 */
export function readEnvelope(bytes: Uint8Array, start: number, end: number, into: Envelope): boolean {
  const type = bytes[start + 1]!;
  if (bytes[start] !== ARRAY_OF_3 || type > FIXINT_MAX) return false;
  const token = bytes[start + 2]!;
  let at = start + 3;
  if (token <= FIXINT_MAX) into.id = token;
  else if (token === UINT8) into.id = bytes[at++]!;
  else if (token === UINT16) {
    into.id = bytes[at]! * 0x100 + bytes[at + 1]!;
    at += 2;
  } else if (token === UINT32) {
    into.id = bytes[at]! * 0x100_0000 + bytes[at + 1]! * 0x1_0000 + bytes[at + 2]! * 0x100 + bytes[at + 3]!;
    at += 4;
  } else return false;
  into.type = type;
  into.contentAt = at;
  return at < end; // else what was read is not all its own
}

/** How values are written on a channel. */
export interface CodecChoice {
  /**
   * How values are written; both sides need the same. Default `msgpack`; aiomas's own default is JSON. A codec of
   * one's own serves every channel that is given it.
   */
  readonly codec?: CodecName | Codec;
  /** Registered types, with ids on the wire from 0 on; both sides need the same. Not with a codec of one's own. */
  readonly types?: readonly ValueType[];
}

/** The codecs of a channel. */
interface MessageCodecs {
  /** For whole messages. The array around the content is a level of its own, and takes none from the content. */
  readonly whole: Codec;
  /** For contents alone, where an envelope can be written in front of them by hand. */
  readonly content: Codec | undefined;
}

/** Name of the codec that was chosen. */
export function codecName({ codec = "msgpack" }: CodecChoice): CodecName {
  return typeof codec === "string" ? codec : codec.name;
}

/**
 * The codecs of a channel: its own by the name in its options, or the one given there.
 *
 * @param registry - The types that other connections of the same channel have had. Default: one made from `types`.
 * @throws TypeError for an unknown name, a type that is listed twice, or types beside a codec that is given.
 */
export function messageCodecs(
  { codec = "msgpack", types }: CodecChoice,
  limits: Limits,
  registry?: TypeRegistry,
): MessageCodecs {
  if (typeof codec !== "string") {
    if (types === undefined) return { whole: codec, content: codec.name === "msgpack" ? codec : undefined };
    throw new TypeError("types are registered with the codec that is given, or it is given by its name");
  }
  const wholeLimits = { ...limits, nestingMax: limits.nestingMax + 1 };
  const whole = createCodec(codec, { limits: wholeLimits, types: registry ?? types });
  const content = codec === "msgpack" ? createCodec(codec, { limits, types: whole.types }) : undefined;
  return { whole, content };
}
