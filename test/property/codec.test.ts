import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { walkValue } from "../../src/codec/copy.ts";
import { type Codec, copyValue, createCodec, PROFILES, type Value } from "../../src/codec/index.ts";
import { COMPACT, jsonText } from "../../src/codec/json-writer.ts";
import { NO_TYPES } from "../../src/codec/types.ts";
import { DEFAULT_LIMITS as limits } from "../../src/limits.ts";

const msgpack = createCodec("msgpack", { limits });
const json = createCodec("json", { limits });
const utf8 = (text: string) => new TextEncoder().encode(text);

/** Keys that some implementation somewhere treats as special, beside all the others. */
const key = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.constantFrom("constructor", "toJSON", "hasOwnProperty", "length", "then", "10", "9", "", "__type_", "prototype"),
  fc.string({ unit: "grapheme", minLength: 60, maxLength: 140 }),
);
const text = fc.oneof(
  key,
  fc.constantFrom("NaN", '"NaN"', "-Infinity", "\\", '\\"', "12345678901234567890", "\uFEFF"),
  key.map((tail) => `\uFEFF${tail}`),
);
const integer = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -200, max: 300 }));
const edge = fc.constantFrom(2 ** 32 - 1, 2 ** 32, -(2 ** 31) - 1, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 1e21, 2 ** 64, -0);
const number = fc.oneof(fc.double(), integer, edge);
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });
const int64Edge = fc.constantFrom(
  2n ** 53n,
  2n ** 53n - 1n,
  -(2n ** 53n),
  -(2n ** 53n) + 1n,
  -(2n ** 63n),
  2n ** 64n - 1n,
  0n,
);
const scalar = fc.oneof(fc.constantFrom(null, undefined, true, false), number, int64, int64Edge, text);

/** What may be sent; undefined, holes of arrays and objects without prototype included. */
const plain = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("node"), { maxLength: 20 }),
    fc.dictionary(key, tie("node"), { maxKeys: 20, noNullPrototype: false }),
    fc.dictionary(key, tie("node"), { maxKeys: 5 }).map((object) => new Map(Object.entries(object))),
  ),
})).node;
const anything = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.uint8Array({ maxLength: 300 }),
    fc.sparseArray(tie("node"), { maxLength: 20 }),
    fc.dictionary(key, tie("node"), { maxKeys: 20, noNullPrototype: false }),
    fc.array(fc.tuple(tie("node"), tie("node")), { maxLength: 8 }).map((entries) => new Map(entries)),
  ),
})).node;

/** The order of entries counts too: a trace hash is taken over it. */
function ordered(value: Value): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (value instanceof Map) return { map: [...value].map((entry) => entry.map(ordered)) };
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  return { object: Object.entries(value).map(([name, field]) => [name, ordered(field)]) };
}

/** What mosaik is to be written, by the plain rules. */
function textOfCopy(value: unknown, bounds: typeof limits): string {
  const { integerDigitsMax } = limits;
  const rules = { limits: bounds, profile: PROFILES["mosaik-json"], types: NO_TYPES, integerDigitsMax };
  return jsonText(walkValue(value, { ...rules, form: "wire" }), COMPACT);
}

function roundTrip(codec: Codec, value: unknown): Value {
  const headroom = 4;
  const bytes = codec.encode(value, headroom);
  const padded = new Uint8Array([1, 2, 3, ...bytes, 0xc1]);
  return codec.decode(padded, 3 + headroom, 3 + bytes.length);
}

describe("a copy", () => {
  it("equals what comes out of MsgPack", () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(ordered(roundTrip(msgpack, value))).toStrictEqual(ordered(copyValue(value, limits)));
      }),
      { numRuns: 3000 },
    );
  });

  it("equals what comes out of JSON, without bytes and other keys than strings", () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(ordered(roundTrip(json, value))).toStrictEqual(ordered(copyValue(value, limits)));
      }),
      { numRuns: 2000 },
    );
  });

  it("of a copy is equal to it and shares nothing", () => {
    fc.assert(
      fc.property(anything, (value) => {
        const once = copyValue(value, limits);
        const twice = copyValue(once, limits);
        expect(ordered(twice)).toStrictEqual(ordered(once));
        if (typeof once === "object" && once !== null) expect(twice).not.toBe(once);
      }),
    );
  });
});

describe("the writer of JSON", () => {
  it("writes the text of the copy, or refuses what the copy refuses", () => {
    const written = (write: () => string) => {
      try {
        return { text: write() };
      } catch (error) {
        const { code, path } = error as { code: string; path: string };
        return { code, path };
      }
    };
    const tight = { ...limits, nodesMax: 30, nestingMax: 3 };
    const mosaikJson = createCodec("mosaik-json", { limits });
    const tightJson = createCodec("mosaik-json", { limits: tight });
    fc.assert(
      fc.property(fc.oneof(plain, anything, fc.anything()), (value) => {
        for (const [codec, bounds] of [[mosaikJson, limits] as const, [tightJson, tight] as const]) {
          const expected = written(() => textOfCopy(value, bounds));
          expect(written(() => new TextDecoder().decode(codec.encode(value)))).toStrictEqual(expected);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("the reader of JSON", () => {
  it("reads every notation of a number as JSON.parse does", () => {
    const notations = fc
      .tuple(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), number), fc.integer({ min: 1, max: 25 }))
      .map(([x, digits]) => [String(x), x.toPrecision(digits), x.toExponential(digits), x.toFixed(digits)]);
    const decimal = fc.tuple(fc.maxSafeNat(), fc.bigInt({ min: 0n, max: 10n ** 30n })).map(([a, b]) => [`-${a}.${b}`]);
    fc.assert(
      fc.property(fc.oneof(notations, decimal), (literals) => {
        for (const literal of literals) {
          fc.pre(/[.e]/.test(literal));
          const expected = JSON.parse(literal) as number;
          expect(Object.is(json.decode(utf8(literal)), expected === 0 ? 0 : expected)).toBe(true);
        }
      }),
      { numRuns: 10_000 },
    );
  });

  it("reads what JSON.parse reads, and refuses what it refuses", () => {
    const document = fc.oneof(
      fc.json(),
      fc
        .tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", "]", '"', "\\", "1", "}", "\n", "e"))
        .map(
          ([whole, at, mark]) => `${whole.slice(0, at % whole.length)}${mark}${whole.slice((at % whole.length) + 1)}`,
        ),
    );
    fc.assert(
      fc.property(document, (source) => {
        // Refused, where JSON.parse renames or rounds.
        fc.pre(!/__proto__|(?<![.\d])\d{19}/.test(source));
        let expected: unknown;
        try {
          expected = JSON.parse(source);
        } catch {
          expect(() => json.decode(utf8(source))).toThrow();
          return;
        }
        const parsed = copyValue(expected, limits);
        const exact = (_key: string, value: unknown) => (typeof value === "bigint" ? Number(value) : value);
        const read = JSON.parse(JSON.stringify(json.decode(utf8(source)), exact));
        expect(read).toStrictEqual(JSON.parse(JSON.stringify(parsed)));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a decoder", () => {
  it.each([msgpack, json])("$name gives a value or a CodecError for any bytes", (codec) => {
    const small = fc.constantFrom(
      0x93,
      0x81,
      0xc0,
      0xa1,
      0x61,
      0xd3,
      0xcb,
      0xdc,
      0xc4,
      0xde,
      0xd9,
      0x5b,
      0x22,
      0x2c,
      0x5d,
    );
    const bytes = fc.array(fc.oneof(small, fc.nat(255)), { maxLength: 40 }).map((items) => Uint8Array.from(items));
    fc.assert(
      fc.property(bytes, (input) => {
        let value: Value;
        try {
          value = codec.decode(input);
        } catch (error) {
          expect(error).toMatchObject({ name: "CodecError", code: expect.stringMatching(/^ERR_CODEC_(BYTES|VALUE)$/) });
          return;
        }
        expect(ordered(copyValue(value, limits))).toStrictEqual(ordered(value));
      }),
      { numRuns: 5000 },
    );
  });
});
