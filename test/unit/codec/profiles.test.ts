import { describe, expect, it } from "vitest";
import { copyValue, createCodec, type Value } from "../../../src/codec/index.ts";
import { DEFAULT_LIMITS as limits } from "../../../src/limits.ts";

/** What a profile writes for a value, and what comes out again; or the code with which it refuses. */
type Cell = readonly [wire: string, value: Value] | string;

interface Row {
  readonly what: string;
  readonly given: unknown;
  /** Bytes in hexadecimal digits. */
  readonly msgpack: Cell;
  readonly aiomasJson: Cell;
  readonly mosaikJson: Cell;
}

const NAN = "cb7ff8000000000000";
const LONG = 10n ** 30n;
const bytes = new Uint8Array([1, 2]);
const keys = new Map<unknown, unknown>([[1, "a"], [null, "b"]]); // biome-ignore format: one row

const both = (text: string, value: Value) => ({ aiomasJson: [text, value], mosaikJson: [text, value] }) as const;
const neither = (code: string) => ({ aiomasJson: code, mosaikJson: code }) as const;

// biome-ignore format: a table
const ROWS: readonly Row[] = [
  { what: "-0", given: -0, msgpack: ["00", 0], ...both("0", 0) },
  { what: "NaN", given: Number.NaN, msgpack: [NAN, Number.NaN], ...both("NaN", Number.NaN) },
  { what: "Infinity", given: Infinity, msgpack: ["cb7ff0000000000000", Infinity], ...both("Infinity", Infinity) },
  { what: "-Infinity", given: -Infinity, msgpack: ["cbfff0000000000000", -Infinity], ...both("-Infinity", -Infinity) },
  { what: "undefined", given: undefined, msgpack: ["c0", null], ...both("null", null) },
  { what: "undefined in a list", given: [undefined], msgpack: ["91c0", [null]], ...both("[null]", [null]) },
  { what: "an undefined field", given: { a: undefined }, msgpack: ["80", {}], ...both("{}", {}) },
  {
    what: "one undefined field of sixteen",
    given: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, i === 3 ? undefined : null])),
    msgpack: [
      `8f${Array.from({ length: 16 }, (_, i) => Buffer.from(`k${i}`).toString("hex"))
        .filter((_, i) => i !== 3)
        .map((key) => `a${key.length / 2}${key}c0`)
        .join("")}`,
      Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, null]).filter((_, i) => i !== 3)),
    ],
    aiomasJson: [
      `{${Array.from({ length: 16 }, (_, i) => `"k${i}": null`).filter((_, i) => i !== 3).join(", ")}}`,
      Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, null]).filter((_, i) => i !== 3)),
    ],
    mosaikJson: [
      `{${Array.from({ length: 16 }, (_, i) => `"k${i}":null`).filter((_, i) => i !== 3).join(",")}}`,
      Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, null]).filter((_, i) => i !== 3)),
    ],
  },
  { what: "2^53 - 1", given: 2 ** 53 - 1, msgpack: ["cf001fffffffffffff", 2 ** 53 - 1], ...both("9007199254740991", 2 ** 53 - 1) },
  { what: "2^53 as a bigint", given: 2n ** 53n, msgpack: ["cf0020000000000000", 2n ** 53n], ...both("9007199254740992", 2n ** 53n) },
  { what: "2^53 as a number", given: 2 ** 53, msgpack: ["cb4340000000000000", 2 ** 53], ...both("9007199254740992.0", 2 ** 53) },
  { what: "a small bigint", given: -5n, msgpack: ["fb", -5], ...both("-5", -5) },
  { what: "-2^63", given: -(2n ** 63n), msgpack: ["d38000000000000000", -(2n ** 63n)], ...both("-9223372036854775808", -(2n ** 63n)) },
  { what: "2^64 - 1", given: 2n ** 64n - 1n, msgpack: ["cfffffffffffffffff", 2n ** 64n - 1n], ...both("18446744073709551615", 2n ** 64n - 1n) },
  { what: "a bigint beyond 64 bits", given: LONG, msgpack: "ERR_VALUE_INTEGER", ...both(`1${"0".repeat(30)}`, LONG) },
  { what: "a negative one", given: -LONG, msgpack: "ERR_VALUE_INTEGER", ...both(`-1${"0".repeat(30)}`, -LONG) },
  { what: "an integer of 4300 digits", given: 10n ** 4299n, msgpack: "ERR_VALUE_INTEGER", ...both(`1${"0".repeat(4299)}`, 10n ** 4299n) },
  { what: "an integer of 4301 digits", given: 10n ** 4300n, msgpack: "ERR_VALUE_INTEGER", ...neither("ERR_VALUE_INTEGER") },
  { what: "an integer of a million bits", given: -(1n << 1_000_000n), msgpack: "ERR_VALUE_INTEGER", ...neither("ERR_VALUE_INTEGER") },
  { what: "1e16", given: 1e16, msgpack: ["cb4341c37937e08000", 1e16], aiomasJson: ["1e+16", 1e16], mosaikJson: ["10000000000000000.0", 1e16] },
  { what: "0.00001", given: 0.00001, msgpack: ["cb3ee4f8b588e368f1", 0.00001], aiomasJson: ["1e-05", 0.00001], mosaikJson: ["0.00001", 0.00001] },
  { what: "bytes", given: bytes, msgpack: ["c4020102", bytes], ...neither("ERR_VALUE_TYPE") },
  { what: "a map with other keys", given: keys, msgpack: ["8201a161c0a162", keys as Map<Value, Value>], ...neither("ERR_VALUE_TYPE") },
  { what: "a map with strings for keys", given: new Map([["a", 1]]), msgpack: ["81a16101", { a: 1 }], aiomasJson: ['{"a": 1}', { a: 1 }], mosaikJson: ['{"a":1}', { a: 1 }] },
  { what: "text beyond ASCII", given: "é\u{1F600}\x7f", msgpack: ["a7c3a9f09f98807f", "é\u{1F600}\x7f"], aiomasJson: ['"\\u00e9\\ud83d\\ude00\\u007f"', "é\u{1F600}\x7f"], mosaikJson: ['"é\u{1F600}\x7f"', "é\u{1F600}\x7f"] },
  { what: "the key __type__", given: { __type__: 1 }, msgpack: "ERR_VALUE_KEY", aiomasJson: "ERR_VALUE_KEY", mosaikJson: ['{"__type__":1}', { __type__: 1 }] },
  { what: "the key __proto__", given: JSON.parse('{"__proto__": 1}'), msgpack: "ERR_VALUE_KEY", ...neither("ERR_VALUE_KEY") },
  { what: "the key __proto__ in a map", given: new Map<unknown, unknown>([[1, 1], ["__proto__", 1]]), msgpack: "ERR_VALUE_KEY", ...neither("ERR_VALUE_KEY") },
  { what: "a Date", given: new Date(0), msgpack: "ERR_VALUE_TYPE", ...neither("ERR_VALUE_TYPE") },
  { what: "a function", given: () => 1, msgpack: "ERR_VALUE_TYPE", ...neither("ERR_VALUE_TYPE") },
  { what: "a symbol", given: Symbol("x"), msgpack: "ERR_VALUE_TYPE", ...neither("ERR_VALUE_TYPE") },
  { what: "a lone surrogate", given: "\ud800", msgpack: "ERR_VALUE_STRING", ...neither("ERR_VALUE_STRING") },
];

const codecs = {
  msgpack: createCodec("msgpack"),
  aiomasJson: createCodec("json"),
  mosaikJson: createCodec("mosaik-json"),
};
const toBytes = (profile: string, wire: string) => Buffer.from(wire, profile === "msgpack" ? "hex" : "utf8");

describe.each(["msgpack", "aiomasJson", "mosaikJson"] as const)("in the profile of %s", (profile) => {
  const codec = codecs[profile];

  it.each(ROWS)("$what", (row) => {
    const cell: Cell = row[profile];
    for (const wrapped of [false, true]) {
      const given = wrapped ? { list: [0, row.given] } : row.given;
      const path = wrapped ? "$.list[1]" : "$";
      if (typeof cell === "string") {
        const error = {
          name: "ValueError",
          code: cell,
          path: expect.stringMatching(new RegExp(`^${path.replace(/[$.[\]]/g, "\\$&")}`)),
        };
        expect(() => codec.encode(given)).toThrow(expect.objectContaining(error));
      } else if (!wrapped) {
        expect(Buffer.from(codec.encode(given))).toStrictEqual(toBytes(profile, cell[0]));
        expect(codec.decode(toBytes(profile, cell[0]))).toStrictEqual(cell[1]);
      } else
        expect((codec.decode(codec.encode(given)) as { list: Value[] }).list[1]).toStrictEqual(
          row.given === undefined ? null : cell[1],
        );
    }
  });
});

describe("the platform's profile", () => {
  it.each(ROWS)("gives what MsgPack gives: $what", ({ given, msgpack }) => {
    if (typeof msgpack === "string")
      expect(() => copyValue(given, limits)).toThrow(expect.objectContaining({ code: msgpack }));
    else expect(copyValue(given, limits)).toStrictEqual(msgpack[1]);
  });
});
