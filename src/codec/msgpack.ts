import { addExtension, Packr } from "msgpackr/pack";
import type { Buffer } from "../host.ts";
import type { Codec, CodecOptions, WritingCodec } from "./codec.ts";
import { UnsignedInteger, walkValue } from "./copy.ts";
import { MsgPackReader } from "./msgpack-reader.ts";
import { MsgPackWriter } from "./msgpack-writer.ts";
import { Output } from "./output.ts";
import { PROFILES, type Profile } from "./profile.ts";
import { NO_TYPES, type TypeRegistry } from "./types.ts";
import type { Value, ValueLimits } from "./value.ts";

/** Flag of `Packr.pack`: leave as many bytes free in front as the low byte says. Source: msgpackr `pack.js`. */
const RESERVE_START_SPACE = 2048;

/** Place in msgpackr's output where an extension may write by itself. Source: msgpackr `pack.js`, as its `Date` does. */
type Allocate = (bytes: number) => { target: Buffer; targetView: DataView; position: number };

// As aiomas: uint64 for all positive integers beyond 32 bits. msgpackr has that form only from 2^63 on.
addExtension({
  Class: UnsignedInteger,
  type: 1, // asked for, and not written: `pack` writes by itself
  pack: ((integer: UnsignedInteger, allocate: Allocate): undefined => {
    const { target, targetView, position } = allocate(9);
    target[position] = 0xcf;
    targetView.setBigUint64(position + 1, integer.value);
  }) as unknown as (integer: UnsignedInteger) => Buffer,
});

const packr = new Packr({
  useRecords: false, // else objects become an extension that other implementations cannot read
  variableMapSize: true, // else every map has a 16-bit size
  encodeUndefinedAsNil: true,
  useToJSON: false, // else a field `toJSON` is called
});

/**
 * MsgPack as aiomas writes it, byte for byte: smallest integers, float64, `str` and `bin` apart, no extension types.
 *
 * msgpackr packs; unpacking is {@link MsgPackReader}, because msgpackr's result depends on whether its native part is
 * installed (without it a byte order mark in front of a long string is lost), it renames `__proto__`, turns integer
 * keys into strings, and unpacks extensions (RegExp, Error, cyclic references, records) that nobody asked for.
 */
export function msgpackCodec({ limits, types }: CodecOptions): Codec {
  return codecBy(limits, types, PROFILES["aiomas-msgpack"]);
}

/**
 * MsgPack of what traces hold: what stood for an instance of a registered type, `{"__type__": [id, repr]}`, is a plain
 * object there, and stays one.
 */
export function traceCodec(limits: ValueLimits): WritingCodec {
  return codecBy(limits, NO_TYPES, { ...PROFILES.platform, types: false });
}

/** Bytes of the buffers from which what is encoded is cut. */
const POOL_BYTES = 8192;

function packed(value: Value, headroomBytes: number): Buffer {
  return headroomBytes === 0 ? packr.pack(value) : packr.pack(value, RESERVE_START_SPACE | headroomBytes);
}

function codecBy(limits: ValueLimits, types: TypeRegistry, profile: Profile): WritingCodec {
  const reader = new MsgPackReader(limits, profile.types ? types : undefined);
  const writer = new MsgPackWriter(limits);
  const pool = new Output(POOL_BYTES);
  const rules = { limits, profile, types, integerDigitsMax: 0, form: "pack" } as const;
  return {
    name: "msgpack",
    types,
    encode(value: unknown, headroomBytes = 0): Uint8Array {
      // A getter in the value that is being written encodes one of its own: the pool is not free.
      if (writer.busy) return packed(walkValue(value, rules), headroomBytes);
      pool.at = pool.start;
      pool.reserve(headroomBytes);
      pool.at += headroomBytes;
      return writer.write(value, pool) ? pool.take() : packed(walkValue(value, rules), headroomBytes);
    },
    write(value: unknown, output: Output): void {
      if (!writer.write(value, output)) output.append(packed(walkValue(value, rules), 0));
    },
    decode(bytes: Uint8Array, start = 0, end = bytes.length): Value {
      return reader.read(bytes, start, end);
    },
  };
}
