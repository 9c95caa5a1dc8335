import { type Codec, rebase, type Value } from "../codec/index.ts";
import { ChannelError, ProtocolError } from "../errors.ts";
import type { FailureFormat } from "./failures.ts";
import { HEADER_BYTES, writeHeader } from "./framing.ts";

/** First item of a message. Source: aiomas `channel.py`; mosaik's are the same. */
export const REQUEST = 0;
export const RESULT = 1;
export const EXCEPTION = 2;

/** `[type, id, content]`; the content of an exception is as the channel's FailureFormat says. */
export type Message = readonly [type: number, id: number, content: Value];

/** Messages and frames of one connection: what may be written, and what the peer may send. */
export class Messages {
  readonly #codec: Codec;
  readonly #frameBytesMax: number;
  readonly #peer: string;
  readonly #failures: FailureFormat;

  constructor(codec: Codec, frameBytesMax: number, peer: string, failures: FailureFormat) {
    this.#codec = codec;
    this.#frameBytesMax = frameBytesMax;
    this.#peer = peer;
    this.#failures = failures;
  }

  /**
   * A whole frame, header and payload.
   *
   * @throws ValueError with a path from the content on; ChannelError `ERR_CHANNEL_FRAME_BYTES`.
   */
  write(type: number, id: number, content: unknown): Uint8Array {
    let frame: Uint8Array;
    try {
      frame = this.#codec.encode([type, id, content], HEADER_BYTES);
    } catch (error) {
      throw rebase(error, "$[2]", "$");
    }
    const length = frame.length - HEADER_BYTES;
    if (length > this.#frameBytesMax) {
      const message = `a message of ${length} bytes is too long; allowed are ${this.#frameBytesMax}`;
      throw new ChannelError("ERR_CHANNEL_FRAME_BYTES", message, { peer: this.#peer });
    }
    writeHeader(frame);
    return frame;
  }

  /** @throws ProtocolError `ERR_CHANNEL_FRAME` or `ERR_CHANNEL_MESSAGE`. */
  read(bytes: Buffer, start: number, end: number): Message {
    let message: Value;
    try {
      message = this.#codec.decode(bytes, start, end);
    } catch (error) {
      const text = `${this.#peer} sent what cannot be decoded: ${(error as Error).message}`;
      throw new ProtocolError("ERR_CHANNEL_FRAME", text, { peer: this.#peer, cause: error });
    }
    const wrong = fault(message, this.#failures);
    if (wrong === undefined) return message as unknown as Message;
    throw new ProtocolError("ERR_CHANNEL_MESSAGE", `${this.#peer} sent ${wrong}`, { peer: this.#peer });
  }
}

function fault(message: Value, failures: FailureFormat): string | undefined {
  if (!Array.isArray(message) || message.length !== 3) return "a message that is not [type, id, content]";
  const [type, id, content] = message;
  if (!Number.isSafeInteger(id) || (id as number) < 0) return "an id that is not an integer from 0 on";
  if (type === REQUEST || type === RESULT) return undefined;
  if (type !== EXCEPTION) return "a message of unknown type";
  return failures.accepts(content!) ? undefined : `an exception that is not ${failures.form}`;
}
