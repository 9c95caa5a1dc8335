/**
 * Values and bytes: which values may cross from one agent or process to another, in what form they arrive, and how
 * they are written as MsgPack or as Python's JSON. It knows nothing of messages or connections.
 *
 * All codecs give the same values as `copyValue`, the copy that agents of one container give each other; where they
 * cannot, `profile.ts` has the table.
 */
import { limitsOf } from "../limits.ts";
import { anything, checkArgument, checkOptions, LIMITS, type OptionChecks, oneOf } from "../options.ts";
import { bloscCodec } from "./blosc.ts";
import type { Codec, CodecName, CodecOptions } from "./codec.ts";
import { jsonCodec } from "./json-writer.ts";
import { msgpackCodec } from "./msgpack.ts";
import { TypeRegistry, type ValueType } from "./types.ts";
import type { FloatKeeping, ValueLimits } from "./value.ts";

export type { Codec, CodecName, CodecOptions, WritingCodec } from "./codec.ts";
export { copyValue, plainCopy, rebase } from "./copy.ts";
export { JsonPattern } from "./json-pattern.ts";
export { traceCodec } from "./msgpack.ts";
export { behindText, isEncodedAs } from "./msgpack-match.ts";
export { Output } from "./output.ts";
export { plainObject } from "./plain-object.ts";
export { PROFILES, type Profile, type ProfileName } from "./profile.ts";
export { type ClassOf, serializable, TypeRegistry, type ValueType } from "./types.ts";
export {
  type FloatKeeping,
  type Value,
  type ValueLimits,
  type ValueObject,
  WholeFloat,
  withoutFloats,
} from "./value.ts";

const CODECS: ReadonlyMap<string, (options: CodecOptions) => Codec> = new Map([
  ["msgpack", msgpackCodec],
  ["json", (options) => jsonCodec("json", options)],
  ["msgpack-blosc", bloscCodec],
  ["mosaik-json", (options) => jsonCodec("mosaik-json", options)],
]);

/** The names of all codecs. */
export const CODEC_NAMES: readonly CodecName[] = [...CODECS.keys()] as CodecName[];

/** How to make a codec. */
export interface CreateCodecOptions {
  /** Bounds of one value; those of bytes and digits default to the usual ones. Default: `DEFAULT_LIMITS`. */
  readonly limits?: ValueLimits & Partial<Pick<CodecOptions, "integerDigitsMax" | "frameBytesMax">>;
  /** Registered types, with ids from 0 on in this order; or a registry, which more may be added to. */
  readonly types?: Iterable<ValueType> | TypeRegistry | undefined;
  /** As `CodecOptions.floats`. @internal */
  readonly floats?: FloatKeeping;
}

/**
 * Make a codec.
 *
 * @throws TypeError if there is no codec of this name, or a type is listed twice.
 */
export function createCodec(name: CodecName, options: CreateCodecOptions = {}): Codec {
  checkArgument("createCodec", "codec", name, oneOf(CODEC_NAMES));
  checkOptions("createCodec", options, CHECKS);
  const { limits, types = [], floats } = options;
  const all = limitsOf(limits);
  const { integerDigitsMax, frameBytesMax } = all;
  const registry = types instanceof TypeRegistry ? types : new TypeRegistry(types);
  return CODECS.get(name)!({ limits: all, types: registry, integerDigitsMax, frameBytesMax, floats });
}

const CHECKS: OptionChecks<CreateCodecOptions> = { limits: LIMITS, types: anything, floats: anything };
