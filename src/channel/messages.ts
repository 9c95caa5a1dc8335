import { type Codec, rebase, type Value } from "../codec/index.ts";
import { ChannelError, ProtocolError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { MessageCodecs } from "./codec-of.ts";
import { ENVELOPE_ID_MAX, type Envelope, envelopeBytes, readEnvelope, writeEnvelope } from "./envelope.ts";
import type { FailureFormat } from "./failures.ts";
import { HEADER_BYTES, writeHeader } from "./framing.ts";

/** Kinds of message, as aiomas numbers them. */
export const REQUEST = 0;
export const RESULT = 1;
export const EXCEPTION = 2;

/** Takes a message; the content of an exception is as the channel's FailureFormat says. */
export type MessageSink = (type: number, id: number, content: Value) => void;

/** What the messages of one connection are made of. */
export interface MessageFormat extends MessageCodecs {
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
   * A whole frame, header and payload.
   *
   * @throws ValueError with a path from the content on; ChannelError `ERR_CHANNEL_FRAME_BYTES`.
   */
  write(type: number, id: number, content: unknown): Uint8Array {
    const frame = this.#encode(type, id, content);
    const length = frame.length - HEADER_BYTES;
    const { frameBytesMax } = this.#format.limits;
    if (length > frameBytesMax) {
      const message = `a message of ${length} bytes is too long; allowed are ${frameBytesMax}`;
      throw new ChannelError("ERR_CHANNEL_FRAME_BYTES", message, { peer: this.#format.peer });
    }
    writeHeader(frame);
    return frame;
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

  #encode(type: number, id: number, content: unknown): Uint8Array {
    if (this.#content !== undefined && id <= ENVELOPE_ID_MAX) {
      const frame = this.#content.encode(content, envelopeBytes(id));
      writeEnvelope(frame, type, id);
      return frame;
    }
    try {
      return this.#whole.encode([type, id, content], HEADER_BYTES);
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
