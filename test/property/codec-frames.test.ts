import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { Unpackr } from "msgpackr";
import { describe, expect, it } from "vitest";
import {
  type Codec,
  type CodecName,
  copyValue,
  createCodec,
  type Value,
  type ValueType,
} from "../../src/codec/index.ts";
import { DEFAULT_LIMITS as limits } from "../../src/limits.ts";
import { count } from "../support/heavy.ts";

/** Frames per codec and kind of damage; ten times as many in `npm run test:heavy`. */
const FRAMES = count("changed frames of a codec", 15_000, 150_000);
const NAMES: readonly CodecName[] = ["msgpack", "json", "msgpack-blosc", "mosaik-json"];
const PYTHON_NAMES: Record<string, CodecName> = { JSON: "json", MsgPack: "msgpack", MsgPackBlosc: "msgpack-blosc" };
/** A frame of this many bytes may cost so much memory: every byte an empty object, and some to spare. */
const MEMORY_BYTES_MAX = 512 * 2 ** 20;

class Anything {
  readonly repr: Value;
  constructor(repr: Value) {
    this.repr = repr;
  }
}
/** Three types, as in the recordings, all of which take whatever comes. */
const types = [0, 1, 2].map((): ValueType<Anything> => {
  const type = class extends Anything {};
  return { type, write: ({ repr }) => repr, read: (repr) => new type(repr) };
});

const folder = new URL("../fixtures/aiomas/", import.meta.url);
const recorded = new Map<CodecName, Uint8Array[]>(NAMES.map((name) => [name, []]));
for (const file of readdirSync(folder)) {
  for (const line of readFileSync(new URL(file, folder), "utf8").trim().split("\n")) {
    const { hex, codec } = JSON.parse(line);
    if (hex !== undefined) recorded.get(PYTHON_NAMES[codec]!)!.push(Buffer.from(hex, "hex").subarray(4));
  }
}
recorded.set("mosaik-json", recorded.get("json")!);
const blosc = JSON.parse(readFileSync(new URL("../fixtures/blosc-frames.json", import.meta.url), "utf8"));
for (const { frame } of blosc) {
  if (frame.length < 4000) recorded.get("msgpack-blosc")!.push(Buffer.from(frame, "hex"));
}

/** One change of a frame: what fuzzers call bit flips, interesting bytes, splices, cuts and repeats. */
const change = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.nat(), fc.nat(), fc.nat(255));
type Change = readonly [kind: number, place: number, length: number, byte: number];

/** Bytes that mean something to one of the encodings. */
const MARKS = [
  0x00, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x91, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcf, 0xd3,
  0xd4, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff, 0x22, 0x2c, 0x2d, 0x30, 0x3a, 0x4e, 0x49, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d,
]; // biome-ignore format: a table

function changed(frame: Uint8Array, [kind, place, length, byte]: Change): Uint8Array {
  const at = frame.length === 0 ? 0 : place % frame.length;
  const size = length % 16;
  switch (kind) {
    case 0: {
      const copy = Uint8Array.from(frame);
      if (copy.length > 0) copy[at]! ^= 1 << (byte & 7);
      return copy;
    }
    case 1: {
      const copy = Uint8Array.from(frame);
      if (copy.length > 0) copy[at] = MARKS[byte % MARKS.length]!;
      return copy;
    }
    case 2:
      return Uint8Array.from([...frame.subarray(0, at), MARKS[byte % MARKS.length]!, ...frame.subarray(at)]);
    case 3:
      return Uint8Array.from([...frame.subarray(0, at), ...frame.subarray(at + size)]);
    case 4:
      return Uint8Array.from([...frame.subarray(0, at + size), ...frame.subarray(at)]);
    default:
      return frame.subarray(0, at);
  }
}

/** A value or a typed error; a value can be sent again, and comes back as it is. */
function readOrRefuse(codec: Codec, bytes: Uint8Array): boolean {
  let value: Value;
  try {
    value = codec.decode(bytes);
  } catch (error) {
    const { name, code, path } = error as { name: string; code: string; path: string | undefined };
    if (name !== "CodecError" || !/^ERR_CODEC_(BYTES|VALUE|TYPE)$/.test(code)) throw error;
    if (path !== undefined && path[0] !== "$") throw new Error(`no path: ${path}`);
    return false;
  }
  expect(codec.decode(codec.encode(value))).toStrictEqual(value);
  return true;
}

describe.each(NAMES)("%s", (name) => {
  const codec = createCodec(name, { types });
  const frames = recorded.get(name)!;

  it("reads or refuses every changed frame, and remembers nothing of it", () => {
    const before = process.memoryUsage().rss;
    const changes = fc.array(change, { minLength: 1, maxLength: 4 });
    let read = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.constantFrom(...frames), changes, (frame, all) => {
        if (readOrRefuse(codec, all.reduce(changed, frame))) read++;
        else refused++;
      }),
      { numRuns: FRAMES },
    );
    for (const frame of frames) expect(codec.decode(frame)).toBeDefined();
    // The changes are neither all harmless nor all fatal.
    expect(read).toBeGreaterThan(FRAMES / 100);
    expect(refused).toBeGreaterThan(FRAMES / 100);
    expect(process.memoryUsage().rss - before).toBeLessThan(MEMORY_BYTES_MAX);
  });

  it("reads or refuses random bytes", () => {
    const byte = fc.oneof(fc.constantFrom(...MARKS), fc.nat(255));
    const bytes = fc.array(byte, { maxLength: 200 }).map((items) => Uint8Array.from(items));
    fc.assert(
      fc.property(bytes, (input) => void readOrRefuse(codec, input)),
      { numRuns: FRAMES },
    );
  });

  it("spends no more on a frame than its length is worth", () => {
    const small = createCodec(name, { limits: { ...limits, nodesMax: 100_000 }, types });
    const length = 1 << 20;
    const before = process.memoryUsage().rss;
    for (const pattern of [
      "\x90",
      "\x80",
      "\x91",
      "\xdc\xff\xff",
      "\x82\xa0\x00\xc0\xc0",
      "[",
      "[],",
      '{"a":',
      '"\\\\',
      "9",
      "NaN,",
      "-",
    ]) {
      const body = Buffer.alloc(length, pattern, "latin1");
      for (const head of ["\xdd\x00\x0f\x00\x00", "[", ""]) {
        const bytes = Buffer.concat([Buffer.from(head, "latin1"), body]);
        expect(() => small.decode(bytes)).toThrow(expect.objectContaining({ name: "CodecError" }));
      }
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(MEMORY_BYTES_MAX);
  });
});

describe("what MsgPack writes", () => {
  // msgpackr itself loses a byte order mark in front of a long string.
  const text = fc.string({ unit: "grapheme", maxLength: 80 }).filter((each) => !/\uFEFF/.test(each));
  const key = text.filter((each) => !/^__(proto|type)__$/.test(each));
  const scalar = fc.oneof(
    fc.constantFrom(null, true, false),
    fc.double(),
    fc.maxSafeInteger(),
    fc.integer(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    text,
    fc.uint8Array({ maxLength: 300 }),
  );
  const any = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { depthSize: "small" },
      scalar,
      fc.array(tie("node"), { maxLength: 40 }),
      fc.array(fc.tuple(fc.oneof(key, fc.integer()), tie("node")), { maxLength: 20 }).map((all) => new Map(all)),
    ),
  })).node;
  const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false, int64AsType: "auto" as "number" });

  it("is read by another implementation as the same value", () => {
    const codec = createCodec("msgpack");
    fc.assert(
      fc.property(any, (value) => {
        const theirs = unpackr.unpack(codec.encode(value));
        expect(copyValue(theirs, limits)).toStrictEqual(copyValue(value, limits));
      }),
      { numRuns: 3000 },
    );
  });
});
