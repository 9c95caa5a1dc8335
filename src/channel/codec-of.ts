import { type Codec, type CodecName, createCodec, type TypeRegistry, type ValueType } from "../codec/index.ts";
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

/** The codecs of a channel. */
export interface MessageCodecs {
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
