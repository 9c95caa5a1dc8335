import { type Codec, type CodecName, createCodec, type ValueType } from "../codec/index.ts";
import type { Limits } from "../limits.ts";

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

/**
 * The codec of a channel: one of its own by the name in its options, or the one given there.
 *
 * @throws TypeError for an unknown name, a type that is listed twice, or types beside a codec that is given.
 */
export function codecOf({ codec = "msgpack", types }: CodecChoice, limits: Limits): Codec {
  // The message itself is an array around the content, which has all levels to itself.
  const codecLimits = { ...limits, nestingMax: limits.nestingMax + 1 };
  if (typeof codec === "string") return createCodec(codec, { limits: codecLimits, types });
  if (types === undefined) return codec;
  throw new TypeError("types are registered with the codec that is given, or it is given by its name");
}
