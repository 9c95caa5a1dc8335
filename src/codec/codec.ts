import type { Limits } from "../limits.ts";
import type { Output } from "./output.ts";
import type { TypeRegistry } from "./types.ts";
import type { FloatKeeping, Value, ValueLimits } from "./value.ts";

/** How values become bytes. It keeps nothing between calls; one that has types of a connection belongs to it. */
export interface Codec {
  /** There is no negotiation: both sides have to be given the same. */
  readonly name: CodecName;

  /** The registered types; more may be added while nothing is encoded or decoded. */
  readonly types: TypeRegistry;

  /**
   * Encode one value.
   *
   * @param value - Copied while it is encoded, as `copyValue` does: later changes do not matter.
   * @param headroomBytes - Bytes left free in front for the caller's header, 0 to 255; included in the result.
   * @returns Bytes that the caller owns.
   * @throws ValueError if the value is not one that may be sent; nothing was written.
   */
  encode(value: unknown, headroomBytes?: number): Uint8Array;

  /**
   * Encode one value behind what `output` holds, as `encode`; if it throws, nothing was written. Not every codec can.
   *
   * @internal
   */
  write?(value: unknown, output: Output): void;

  /**
   * Write the message `[type, id, content]` behind what `output` holds, as `encode` of it would. For a codec that knows its
   * messages.
   *
   * @returns False, with nothing written, if `encode` is to do it.
   *
   * @internal
   */
  writeMessage?(type: number, id: number, content: unknown, output: Output): boolean;

  /**
   * Decode one value that fills `bytes` from `start` (included) to `end` (excluded); nothing of `bytes` is kept.
   *
   * @throws CodecError `ERR_CODEC_BYTES` if they are not exactly one value in this encoding,
   *   `ERR_CODEC_VALUE` if it is a value that may not be sent or breaks a limit, `ERR_CODEC_TYPE` if what should stand
   *   for an instance of a registered type does not. `path` names the place where there is one.
   */
  decode(bytes: Uint8Array, start?: number, end?: number): Value;
}

/** A codec that can write where the caller says. */
export interface WritingCodec extends Codec {
  write(value: unknown, output: Output): void;
}

/**
 * A codec by its name: those of aiomas, `msgpack`, `json` and `msgpack-blosc`; JSON as mosaik's, without registered
 * types.
 */
export type CodecName = "msgpack" | "json" | "msgpack-blosc" | "mosaik-json";

/** What a codec is made of. */
export interface CodecOptions {
  readonly limits: ValueLimits;
  readonly types: TypeRegistry;
  /** Longest integer in JSON, in decimal digits; see `Limits`. */
  readonly integerDigitsMax: Limits["integerDigitsMax"];
  /** Bytes that a compressed frame may decompress to. */
  readonly frameBytesMax: Limits["frameBytesMax"];
  /** In mosaik's JSON, whether whole floats of Python's are kept apart from integers; default: they are numbers. */
  readonly floats?: FloatKeeping | undefined;
}
