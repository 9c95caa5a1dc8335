import type { Value } from "../../../src/codec/index.ts";

/**
 * Values and their bytes, as recorded from aiomas 2.0.1 (Python; its msgpack and json). `same` is false where this
 * implementation writes other bytes, which aiomas reads as the same value: JavaScript has one type for 1 and 1.0.
 */
export interface WireRow {
  readonly value: Value;
  readonly wire: string;
  readonly same: boolean;
}

const row = (value: Value, wire: string): WireRow => ({ value, wire, same: true });
const readOnly = (value: Value, wire: string): WireRow => ({ value, wire, same: false });

export const MSGPACK: readonly WireRow[] = [
  row(null, "c0"),
  row(true, "c3"),
  row(false, "c2"),
  row(0, "00"),
  row(1, "01"),
  row(-1, "ff"),
  row(127, "7f"),
  row(128, "cc80"),
  row(255, "ccff"),
  row(256, "cd0100"),
  row(32_767, "cd7fff"),
  row(65_535, "cdffff"),
  row(65_536, "ce00010000"),
  row(2 ** 31 - 1, "ce7fffffff"),
  row(2 ** 31, "ce80000000"),
  row(2 ** 32 - 1, "ceffffffff"),
  row(2 ** 32, "cf0000000100000000"),
  row(2 ** 53 - 1, "cf001fffffffffffff"),
  row(2n ** 53n, "cf0020000000000000"),
  row(2n ** 53n + 1n, "cf0020000000000001"),
  row(2n ** 63n - 1n, "cf7fffffffffffffff"),
  row(2n ** 63n, "cf8000000000000000"),
  row(2n ** 64n - 1n, "cfffffffffffffffff"),
  row(-32, "e0"),
  row(-33, "d0df"),
  row(-128, "d080"),
  row(-129, "d1ff7f"),
  row(-32_768, "d18000"),
  row(-32_769, "d2ffff7fff"),
  row(-(2 ** 31), "d280000000"),
  row(-(2 ** 31) - 1, "d3ffffffff7fffffff"),
  row(-(2n ** 53n), "d3ffe0000000000000"),
  row(-(2n ** 63n), "d38000000000000000"),
  row(1_700_000_000_000, "cf0000018bcfe56800"),
  readOnly(0, "cb0000000000000000"),
  readOnly(0, "cb8000000000000000"), // -0.0
  readOnly(1, "cb3ff0000000000000"),
  readOnly(1e15, "cb430c6bf526340000"),
  row(0.1, "cb3fb999999999999a"),
  row(1e22, "cb4480f0cf064dd592"),
  row(1e-7, "cb3e7ad7f29abcaf48"),
  row(Math.PI, "cb400921fb54442d18"),
  row(1e16, "cb4341c37937e08000"),
  row(123_456_789_012_345_680, "cb437b69b4ba630f35"),
  row(5e-324, "cb0000000000000001"),
  row(Number.MAX_VALUE, "cb7fefffffffffffff"),
  row(Number.NaN, "cb7ff8000000000000"),
  row(Number.POSITIVE_INFINITY, "cb7ff0000000000000"),
  row(Number.NEGATIVE_INFINITY, "cbfff0000000000000"),
  row("ohai", "a46f686169"),
  row("unserializable", "ae756e73657269616c697a61626c65"),
  row([], "90"),
  row({}, "80"),
  row([1, [2, [3, [4]]]], "9201920292039104"),
  row({ a: 1, b: { c: [1, 2] } }, "82a16101a16281a163920102"),
  row(
    new Array(16).fill(null).map(() => []),
    "dc001090909090909090909090909090909090",
  ),
  // Objects of JavaScript put keys that look like integers first.
  readOnly({ z: 1, a: 2, "10": 3, "9": 4 }, "84a17a01a16102a2313003a13904"),
  row(new Map([[1, "a"], [2, "b"]]), "8201a16102a162"), // biome-ignore format: one row
  row(new Map<Value, Value>([[true, 1], [null, 2]]), "82c301c002"), // biome-ignore format: one row
  row([0, 4, ["sub/mul", [6, 7], {}]], "93000493a77375622f6d756c92060780"),
];

export const JSON_TEXT: readonly WireRow[] = [
  row([0, 0, "ohai"], '[0, 0, "ohai"]'),
  row([0, 0, Number.NaN], "[0, 0, NaN]"),
  row([1, Number.POSITIVE_INFINITY], "[1, Infinity]"),
  row([1, Number.NEGATIVE_INFINITY], "[1, -Infinity]"),
  row([1, "NaN", { Infinity: "-Infinity" }, Number.NaN], '[1, "NaN", {"Infinity": "-Infinity"}, NaN]'),
  row(["a\\", Number.NaN, '"NaN'], '["a\\\\", NaN, "\\"NaN"]'),
  row(9_007_199_254_740_991, "9007199254740991"),
  row(9_007_199_254_740_992n, "9007199254740992"),
  row(-9_223_372_036_854_775_808n, "-9223372036854775808"),
  row(18_446_744_073_709_551_615n, "18446744073709551615"),
  row(1_700_000_000_000, "1700000000000"),
  readOnly(0, "-0.0"),
  readOnly(1, "1.0"),
  row(1e22, "1e+22"),
  row(1e16, "1e+16"),
  readOnly(1e16, "10000000000000000.0"),
  row(5e-324, "5e-324"),
  row(1e-7, "1e-07"),
  row(0.1234567890123456, "0.1234567890123456"),
  row("\u{1F600}é\u2028", '"\\ud83d\\ude00\\u00e9\\u2028"'),
  readOnly("\u{1F600}é", '"\u{1F600}é"'),
  row({ z: 1, a: [true, false, null] }, '{"z": 1, "a": [true, false, null]}'),
];
