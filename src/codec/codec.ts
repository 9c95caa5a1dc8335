import type { TypeRegistry } from "./types.ts";
import type { Value, ValueLimits } from "./values.ts";

/** How values become bytes. One codec may serve many connections: it keeps nothing between calls. */
export interface Codec {
  /** `msgpack` or `json`; there is no negotiation, both sides have to be given the same. */
  readonly name: CodecName;

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
   * Decode one value that fills `bytes` from `start` (included) to `end` (excluded); nothing of `bytes` is kept.
   *
   * @throws CodecError `ERR_CODEC_BYTES` if they are not exactly one value in this encoding,
   *   `ERR_CODEC_VALUE` if it is a value that may not be sent or breaks a limit.
   */
  decode(bytes: Uint8Array, start?: number, end?: number): Value;
}

/** An encoding by its name. */
export type CodecName = "msgpack" | "json";

/** What a codec is made of. */
export interface CodecOptions {
  readonly limits: ValueLimits;
  /** Types whose instances cross, too. Without it the key `__type__` is like any other. */
  readonly types?: TypeRegistry;
}
