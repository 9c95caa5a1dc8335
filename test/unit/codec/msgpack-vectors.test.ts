import { describe, expect, it } from "vitest";
import { createCodec, type Value } from "../../../src/codec/index.ts";

/**
 * Every format of the MessagePack specification (github.com/msgpack/msgpack, spec.md, "Formats") at its boundaries,
 * written from its text, not by any implementation. `writes` is false where a smaller form exists.
 */
const codec = createCodec("msgpack");
const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
const times = (count: number, text: string) => text.repeat(count);
const list = (count: number) => new Array<Value>(count).fill(null);
const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [key(i), null]));
const key = (i: number) => `k${i.toString().padStart(5, "0")}`;
const fieldBytes = (count: number) =>
  Array.from({ length: count }, (_, i) => `a6${Buffer.from(key(i)).toString("hex")}c0`).join("");

type Vector = readonly [what: string, wire: string, value: Value, writes: boolean];

const VECTORS: readonly Vector[] = [
  ["nil", "c0", null, true],
  ["false", "c2", false, true],
  ["true", "c3", true, true],
  ["positive fixint, first", "00", 0, true],
  ["positive fixint, last", "7f", 127, true],
  ["negative fixint, first", "e0", -32, true],
  ["negative fixint, last", "ff", -1, true],
  ["uint 8 below its need", "cc 00", 0, false],
  ["uint 8, first needed", "cc 80", 128, true],
  ["uint 8, last", "cc ff", 255, true],
  ["uint 16 below its need", "cd 00ff", 255, false],
  ["uint 16, first needed", "cd 0100", 256, true],
  ["uint 16, last", "cd ffff", 65_535, true],
  ["uint 32 below its need", "ce 0000ffff", 65_535, false],
  ["uint 32, first needed", "ce 00010000", 65_536, true],
  ["uint 32, last", "ce ffffffff", 4_294_967_295, true],
  ["uint 64 below its need", "cf 0000000000000001", 1, false],
  ["uint 64, first needed", "cf 0000000100000000", 4_294_967_296, true],
  ["uint 64, last number", "cf 001fffffffffffff", 9_007_199_254_740_991, true],
  ["uint 64, first bigint", "cf 0020000000000000", 9_007_199_254_740_992n, true],
  ["uint 64, one that no double holds", "cf 0020000000000001", 9_007_199_254_740_993n, true],
  ["uint 64, last of int 64", "cf 7fffffffffffffff", 9_223_372_036_854_775_807n, true],
  ["uint 64, last", "cf ffffffffffffffff", 18_446_744_073_709_551_615n, true],
  ["int 8, positive", "d0 7f", 127, false],
  ["int 8 below its need", "d0 e0", -32, false],
  ["int 8, first needed", "d0 df", -33, true],
  ["int 8, last", "d0 80", -128, true],
  ["int 16, positive", "d1 7fff", 32_767, false],
  ["int 16, first needed", "d1 ff7f", -129, true],
  ["int 16, last", "d1 8000", -32_768, true],
  ["int 32, positive", "d2 7fffffff", 2_147_483_647, false],
  ["int 32, first needed", "d2 ffff7fff", -32_769, true],
  ["int 32, last", "d2 80000000", -2_147_483_648, true],
  ["int 64, positive", "d3 0000000000000005", 5, false],
  ["int 64, positive bigint", "d3 7fffffffffffffff", 9_223_372_036_854_775_807n, false],
  ["int 64, first needed", "d3 ffffffff7fffffff", -2_147_483_649, true],
  ["int 64, last number", "d3 ffe0000000000001", -9_007_199_254_740_991, true],
  ["int 64, first bigint", "d3 ffe0000000000000", -9_007_199_254_740_992n, true],
  ["int 64, last", "d3 8000000000000000", -9_223_372_036_854_775_808n, true],
  ["float 32", "ca 3fc00000", 1.5, false],
  ["float 32, smallest", "ca 00000001", 2 ** -149, false],
  ["float 32, largest", "ca 7f7fffff", 3.4028234663852886e38, false],
  ["float 32, infinity", "ca 7f800000", Number.POSITIVE_INFINITY, false],
  ["float 32, NaN", "ca 7fc00000", Number.NaN, false],
  ["float 32, NaN with a payload", "ca ffc12345", Number.NaN, false],
  ["float 32, -0", "ca 80000000", 0, false],
  ["float 64", "cb 3fb999999999999a", 0.1, true],
  ["float 64, an integer", "cb 4008000000000000", 3, false],
  ["float 64, an integer beyond 2^53", "cb 4340000000000000", 2 ** 53, true],
  ["float 64, smallest", "cb 0000000000000001", 5e-324, true],
  ["float 64, largest", "cb 7fefffffffffffff", Number.MAX_VALUE, true],
  ["float 64, infinity", "cb 7ff0000000000000", Number.POSITIVE_INFINITY, true],
  ["float 64, -infinity", "cb fff0000000000000", Number.NEGATIVE_INFINITY, true],
  ["float 64, NaN", "cb 7ff8000000000000", Number.NaN, true],
  ["float 64, NaN with a payload", "cb fff8000000001234", Number.NaN, false],
  ["float 64, signalling NaN", "cb 7ff0000000000001", Number.NaN, false],
  ["float 64, -0", "cb 8000000000000000", 0, false],
  ["fixstr, empty", "a0", "", true],
  ["fixstr, last", `bf ${times(31, "61")}`, "a".repeat(31), true],
  ["fixstr, beyond ASCII", "a7 c3a9f09f98807f", "é\u{1F600}\x7f", true],
  ["fixstr, a zero", "a3 610062", "a\0b", true],
  ["fixstr, byte order mark", "a4 efbbbf61", "\uFEFFa", true],
  ["str 8 below its need", "d9 01 61", "a", false],
  ["str 8, first needed", `d9 20 ${times(32, "61")}`, "a".repeat(32), true],
  ["str 8, longest that is copied by hand", `d9 30 ${times(48, "61")}`, "a".repeat(48), true],
  ["str 8, one longer", `d9 31 ${times(49, "61")}`, "a".repeat(49), true],
  ["str 8, 16 characters of two bytes", `d9 20 ${times(16, "c3a9")}`, "é".repeat(16), true],
  ["fixstr, 15 characters of two bytes", `be ${times(15, "c3a9")}`, "é".repeat(15), true],
  ["str 8, last", `d9 ff ${times(255, "61")}`, "a".repeat(255), true],
  ["str 16 below its need", "da 0001 61", "a", false],
  ["str 16, first needed", `da 0100 ${times(256, "61")}`, "a".repeat(256), true],
  ["str 16, last", `da ffff ${times(65_535, "61")}`, "a".repeat(65_535), true],
  ["str 32 below its need", "db 00000001 61", "a", false],
  ["str 32, first needed", `db 00010000 ${times(65_536, "61")}`, "a".repeat(65_536), true],
  ["bin 8, empty", "c4 00", new Uint8Array(0), true],
  ["bin 8, last", `c4 ff ${times(255, "07")}`, new Uint8Array(255).fill(7), true],
  ["bin 16 below its need", "c5 0001 07", new Uint8Array([7]), false],
  ["bin 16, first needed", `c5 0100 ${times(256, "07")}`, new Uint8Array(256).fill(7), true],
  ["bin 16, last", `c5 ffff ${times(65_535, "07")}`, new Uint8Array(65_535).fill(7), true],
  ["bin 32 below its need", "c6 00000001 07", new Uint8Array([7]), false],
  ["bin 32, first needed", `c6 00010000 ${times(65_536, "07")}`, new Uint8Array(65_536).fill(7), true],
  ["fixarray, empty", "90", [], true],
  ["fixarray, last", `9f ${times(15, "c0")}`, list(15), true],
  ["array 16 below its need", "dc 0001 c0", [null], false],
  ["array 16, first needed", `dc 0010 ${times(16, "c0")}`, list(16), true],
  ["array 16, last", `dc ffff ${times(65_535, "c0")}`, list(65_535), true],
  ["array 32 below its need", "dd 00000000", [], false],
  ["array 32, first needed", `dd 00010000 ${times(65_536, "c0")}`, list(65_536), true],
  ["fixmap, empty", "80", {}, true],
  ["fixmap, last", `8f ${fieldBytes(15)}`, fields(15), true],
  ["map 16 below its need", "de 0001 a161 01", { a: 1 }, false],
  ["map 16, first needed", `de 0010 ${fieldBytes(16)}`, fields(16), true],
  ["map 16, last", `de ffff ${fieldBytes(65_535)}`, fields(65_535), true],
  ["map 32 below its need", "df 00000000", {}, false],
  ["map 32, first needed", `df 00010000 ${fieldBytes(65_536)}`, fields(65_536), true],
  ["map, a key twice", "82 a161 01 a161 02", { a: 2 }, false],
  ["map, keys of other kinds", "83 01 a1 61 c3 a1 62 90 c0", new Map<Value, Value>([[1, "a"], [true, "b"], [[], null]]), true], // biome-ignore format: one row
  ["map, an integer key twice", "82 01 c2 01 c3", new Map([[1, true]]), false],
];

describe("MsgPack, by the specification", () => {
  it.each(VECTORS)("reads %s", (_what, wire, value) => {
    expect(codec.decode(hex(wire))).toStrictEqual(value);
  });

  it.each(VECTORS.filter(([, , , writes]) => writes))("writes %s", (_what, wire, value) => {
    expect(Buffer.from(codec.encode(value)).equals(hex(wire))).toBe(true);
  });

  it.each(VECTORS)("refuses %s cut off anywhere, or with a byte too many", (_what, wire) => {
    const bytes = hex(wire);
    const step = Math.max(1, Math.floor(bytes.length / 64));
    for (let end = 0; end < bytes.length; end += step) {
      expect(() => codec.decode(bytes, 0, end)).toThrow(expect.objectContaining({ code: "ERR_CODEC_BYTES" }));
    }
    expect(() => codec.decode(new Uint8Array([...bytes, 0xc0]))).toThrow(
      expect.objectContaining({ code: "ERR_CODEC_BYTES" }),
    );
  });
});

describe("MsgPack refuses", () => {
  const claims = ["c6", "dd", "df", "db"].map((token) => [`${token} that claims 4 GiB`, `${token} ffffffff 00`]);
  const extensions = [
    ["fixext 1", "d4 05 00"],
    ["fixext 2", "d5 05 0000"],
    ["fixext 4", "d6 05 00000000"],
    ["fixext 8", "d7 05 0000000000000000"],
    ["fixext 16", `d8 05 ${times(16, "00")}`],
    ["ext 8", "c7 01 05 00"],
    ["ext 16", "c8 0001 05 00"],
    ["ext 32", "c9 00000001 05 00"],
    ["ext 32 that claims 4 GiB", "c9 ffffffff 05"],
    ["timestamp 32", "d6 ff 00000000"],
    ["timestamp 64", "d7 ff 0000000000000000"],
    ["timestamp 96", `c7 0c ff ${times(12, "00")}`],
    ["0xc1, which is never used", "c1"],
  ];
  const refused = extensions.map(([what, wire]) => [what, wire, "ERR_CODEC_VALUE", "$"]);
  const malformed = [
    ...claims.map(([what, wire]) => [what, wire, "ERR_CODEC_BYTES", "$"]),
    ["a list that claims one item too many", "93 01 02", "ERR_CODEC_BYTES", "$"],
    ["a list whose last item is cut off", "92 01 a3 61", "ERR_CODEC_BYTES", "$[1]"],
    ["a map without its last value", "81 a1 61", "ERR_CODEC_BYTES", "$.a"],
    ["a list within a list that claims too much", "91 dc ffff 00", "ERR_CODEC_BYTES", "$[0]"],
    ["a continuation byte alone", "a1 80", "ERR_CODEC_BYTES", "$"],
    ["an overlong zero", "a2 c080", "ERR_CODEC_BYTES", "$"],
    ["a surrogate in UTF-8", "a3 eda080", "ERR_CODEC_BYTES", "$"],
    ["a code point beyond Unicode", "a4 f4908080", "ERR_CODEC_BYTES", "$"],
    ["a cut sequence", "a1 c3", "ERR_CODEC_BYTES", "$"],
    ["a key that is not UTF-8", "81 a1 ff 00", "ERR_CODEC_BYTES", "$[0]"],
    [
      "the key __proto__, deep inside",
      "91 81 a1 61 81 a9 5f5f70726f746f5f5f 80",
      "ERR_CODEC_VALUE",
      "$[0].a.__proto__",
    ],
    ["the key __proto__ beside others", "82 01 02 a9 5f5f70726f746f5f5f 80", "ERR_CODEC_VALUE", "$.__proto__"],
    ["an extension as a key", "81 d4 05 00 01", "ERR_CODEC_VALUE", "$[0]"],
    ["an extension deep inside", "92 c0 82 a1 61 00 a1 62 91 c1", "ERR_CODEC_VALUE", "$[1].b[0]"],
  ];

  it.each([...refused, ...malformed] as string[][])("%s", (_what, wire, code, path) => {
    expect(() => codec.decode(hex(wire!))).toThrow(expect.objectContaining({ name: "CodecError", code, path }));
  });

  it("a claim of 4 GiB at no cost", () => {
    const before = process.memoryUsage();
    for (let i = 0; i < 10_000; i++) {
      for (const [, wire] of claims) expect(() => codec.decode(hex(wire!))).toThrow();
    }
    expect(process.memoryUsage().rss - before.rss).toBeLessThan(1 << 29);
  });
});
