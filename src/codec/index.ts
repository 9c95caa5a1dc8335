/**
 * Values and bytes: which values may cross from one agent or process to another, in what form they arrive, and how
 * they are written as MsgPack or as Python's JSON. It knows nothing of messages or connections.
 *
 * Both codecs give the same values as `copyValue`, the copy that agents of one container give each other.
 */
import type { Codec, CodecName, CodecOptions } from "./codec.ts";
import { jsonCodec } from "./json.ts";
import { msgpackCodec } from "./msgpack.ts";

export type { Codec, CodecName, CodecOptions } from "./codec.ts";
export { copyValue, rebase, type Value, type ValueLimits, type ValueObject } from "./values.ts";

const CODECS: ReadonlyMap<string, (options: CodecOptions) => Codec> = new Map([
  ["msgpack", msgpackCodec],
  ["json", jsonCodec],
]);

/** @throws TypeError if there is no codec of this name. */
export function createCodec(name: CodecName, options: CodecOptions): Codec {
  const create = CODECS.get(name);
  if (create === undefined) throw new TypeError(`codec must be "msgpack" or "json", got ${JSON.stringify(name)}`);
  return create(options);
}
