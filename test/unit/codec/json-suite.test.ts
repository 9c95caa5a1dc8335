import { describe, expect, it } from "vitest";
import { createCodec, type Value } from "../../../src/codec/index.ts";
import { JsonReader } from "../../../src/codec/json-reader.ts";
import { DEFAULT_LIMITS as limits } from "../../../src/limits.ts";

/**
 * Texts that a reader of JSON must accept (y), must refuse (n), or may do with as it likes (i), in the manner of
 * "Parsing JSON is a Minefield" (N. Seriot, 2016); written from RFC 8259 and what CPython's `json` adds to it.
 *
 * Each is read by both profiles, by the fast way where it can be taken and by the slow one.
 */
const codecs = [createCodec("json"), createCodec("mosaik-json")];
const rules = { limits, types: undefined, integerDigitsMax: limits.integerDigitsMax };
const utf8 = (text: string) => Buffer.from(text);
const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

const Y: readonly (readonly [string, Value])[] = [
  ["null", null],
  ["true", true],
  ["false", false],
  [" \t\r\n[ \t\r\n] \t\r\n", []],
  ["[]", []],
  ["[[]   ]", [[]]],
  ['[""]', [""]],
  ["[1, 2,3 ,4]", [1, 2, 3, 4]],
  ["[1,null,null,null,2]", [1, null, null, null, 2]],
  ["{}", {}],
  ['{"":0}', { "": 0 }],
  ['{"a":[]}', { a: [] }],
  ['{ "a" : 1 , "b" : { "c" : null } }', { a: 1, b: { c: null } }],
  ['{"a":"b","a":"c"}', { a: "c" }],
  ['{"a":1,"a":1}', { a: 1 }],
  ['{"constructor":1,"hasOwnProperty":2,"toJSON":3}', { constructor: 1, hasOwnProperty: 2, toJSON: 3 }],
  ['{"10":1,"9":2}', { "9": 2, "10": 1 }],
  ["0", 0],
  ["-0", 0],
  ["-0.0", 0],
  ["[-0e0]", [0]],
  ["123", 123],
  ["-123", -123],
  ["1.5", 1.5],
  ["0.5e1", 5],
  ["1E22", 1e22],
  ["1E-2", 0.01],
  ["1E+2", 100],
  ["1e1", 10],
  ["20e1", 200],
  ["123.456e78", 1.23456e80],
  ["-0.000000000000000000000000000000000000000000000000000000000000000000000000000001", -1e-78],
  ["9007199254740991", 9_007_199_254_740_991],
  ["-9007199254740991", -9_007_199_254_740_991],
  ['"a"', "a"],
  ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
  ['"\\u0060\\u012a\\u12AB"', "`Īካ"],
  ['"\\u0000"', "\0"],
  ['"\\uD801\\udc37"', "\u{10437}"],
  ['"\\ud83d\\ude39\\ud83d\\udc8d"', "\u{1F639}\u{1F48D}"],
  ['"\\u2028\\u2029"', "\u2028\u2029"],
  ['"\u2028\u2029\x7f"', "\u2028\u2029\x7f"],
  ['"\\uFFFF\\uFDD0"', "\uFFFF\uFDD0"],
  ['"π \u{1F600} \uFEFF"', "π \u{1F600} \uFEFF"],
  ['"/*//"', "/*//"],
  ['"\\\\u0000"', "\\u0000"],
  ['"\\\\\\""', '\\"'],
  ['["\\\\", "\\\\\\\\"]', ["\\", "\\\\"]],
  // What Python adds.
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  [
    '[NaN,{"a":-Infinity , "b":[Infinity]}]',
    [Number.NaN, { a: Number.NEGATIVE_INFINITY, b: [Number.POSITIVE_INFINITY] }],
  ],
  ['["NaN", "-Infinity"]', ["NaN", "-Infinity"]],
  ["9007199254740992", 9_007_199_254_740_992n],
  ["-9007199254740993", -9_007_199_254_740_993n],
  ["100000000000000000000000000000", 10n ** 29n],
  ["[1234567890123456]", [1_234_567_890_123_456]],
  ["1e16", 1e16],
  ["10000000000000000.0", 1e16],
  ["0.1234567890123456789", 0.123_456_789_012_345_68],
];

const N: readonly string[] = [
  "",
  " ",
  "[",
  "]",
  "[1",
  "[1,",
  "[1,]",
  "[,1]",
  "[1,,2]",
  "[1 2]",
  "[1:2]",
  '["a"',
  '["a",',
  '[""],',
  "[]]",
  "[1]x",
  "[1][2]",
  "1 2",
  "{",
  "{]",
  "[}",
  "{,}",
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{"a":1,,"b":2}',
  '{"a" 1}',
  '{"a"::1}',
  '{"a":1 "b":2}',
  '{"a":1,"b"}',
  '{"a":1]',
  "{a:1}",
  "{'a':1}",
  "{1:1}",
  "{null:null}",
  "{NaN:1}",
  '{"a":1}}',
  '{"a":/* */1}',
  "// nothing",
  "[1] // comment",
  "+1",
  "++1",
  "--1",
  "-",
  "- 1",
  "-a",
  ".5",
  "-.5",
  "1.",
  "1.e1",
  "0.e1",
  "1e",
  "1e+",
  "1e-",
  "1ea",
  "1eE2",
  "1.2.3",
  "01",
  "-01",
  "00",
  "0x10",
  "0b1",
  "1_000",
  "1,000",
  "1a",
  "[1+2]",
  "１",
  "TRUE",
  "True",
  "None",
  "nul",
  "nulll",
  "fals",
  "truE",
  "nan",
  "NAN",
  "NaNN",
  "-NaN",
  "+NaN",
  "inf",
  "infinity",
  "+Infinity",
  "--Infinity",
  "- Infinity",
  "Infinity1",
  "1Infinity",
  "NaN1",
  "undefined",
  "'a'",
  "`a`",
  "a",
  '"',
  '"a',
  '"\\"',
  '"\\',
  '"\\a"',
  '"\\x00"',
  '"\\u"',
  '"\\u00A"',
  '"\\u00G0"',
  '"\\U0041"',
  '"\\u{41}"',
  '"\\\u{1F600}"',
  '"\\ "',
  '"a\tb"',
  '"a\nb"',
  '"a\0b"',
  '"a\x1fb"',
  '"a"b"',
  '"a" "b"',
  "\uFEFF[]",
  "[\u00a0]",
  "[\u2028]",
  "[\f]",
  "[\v]",
  "[\0]",
  "[1]\0",
  "<null>",
  "{}#",
  "[\\u0031]",
  "\\u0031",
  "[".repeat(50),
  '{"a":'.repeat(50),
];

/** Refused as values, though they are JSON by the letter. */
const REFUSED: readonly (readonly [string, string])[] = [
  ['"\\uD800"', "a lone surrogate"],
  ['"\\uDC00\\uD800"', "two in the wrong order"],
  ['"\\uD800\\n"', "half a pair, then an escape"],
  ['"\\uD83D\\u0041"', "half a pair, then another character"],
  ['{"\\uD800":1}', "one in a key"],
  ['{"__proto__":1}', "a key that renames the prototype"],
  ['{"__proto_\\u005f":1}', "the same, escaped"],
  ["[".repeat(65) + "]".repeat(65), "nested too deep"],
  [`[${"9".repeat(4301)}]`, "too many digits"],
];

/** Free to choose; what is chosen here, as in Python. */
const I: readonly (readonly [string, Value, string])[] = [
  ["1e999", Number.POSITIVE_INFINITY, "a double too large is infinite"],
  ["-1e999", Number.NEGATIVE_INFINITY, "a double too large is infinite"],
  ["1e-999", 0, "a double too small is 0"],
  ["-1e-999", 0, "and so is a negative one"],
  ["0.1e00000000000000000000001", 1, "zeros in an exponent"],
  ["123123e100000", Number.POSITIVE_INFINITY, "an exponent too large"],
  [`[${"9".repeat(4300)}]`, [10n ** 4300n - 1n], "an integer of 4300 digits"],
  [`${"[".repeat(64)}${"]".repeat(64)}`, nested(64), "64 lists in one another"],
];

const BYTES: readonly (readonly [string, string])[] = [
  ["a byte order mark", "efbbbf 5b5d"],
  ["UTF-16, little-endian", "fffe 5b00 5d00"],
  ["UTF-16 without a mark", "5b00 5d00"],
  ["Latin-1", "22 e9 22"],
  ["a continuation byte alone", "22 81 22"],
  ["an overlong slash", "22 c0af 22"],
  ["an overlong zero", "22 c080 22"],
  ["a surrogate in UTF-8", "22 eda080 22"],
  ["a code point beyond Unicode", "22 f4908080 22"],
  ["a sequence that is cut off", "22 e0ff 22"],
  ["a byte that UTF-8 never has", "22 ff 22"],
  ["the same outside of a string", "5b ff 5d"],
];

function nested(depth: number): Value {
  return depth === 1 ? [] : [nested(depth - 1)];
}

describe.each(codecs)("$name", (codec) => {
  it.each(Y)("reads %s", (text, value) => {
    expect(codec.decode(utf8(text))).toStrictEqual(value);
    expect(new JsonReader(text, rules).read()).toStrictEqual(value);
    expect(codec.decode(codec.encode(value))).toStrictEqual(value);
  });

  it.each(N)("refuses %j", (text) => {
    const error = expect.objectContaining({ name: "CodecError", code: "ERR_CODEC_BYTES" });
    expect(() => codec.decode(utf8(text))).toThrow(error);
    expect(() => new JsonReader(text, rules).read()).toThrow(error);
  });

  it.each(REFUSED)("refuses %s: %s", (text) => {
    const error = expect.objectContaining({ name: "CodecError", code: "ERR_CODEC_VALUE" });
    expect(() => codec.decode(utf8(text))).toThrow(error);
    expect(() => new JsonReader(text, rules).read()).toThrow(error);
  });

  it.each(I)("reads %.40s as Python does", (text, value) => {
    expect(codec.decode(utf8(text))).toStrictEqual(value);
    expect(new JsonReader(text, rules).read()).toStrictEqual(value);
  });

  it.each(BYTES)("refuses %s", (_what, wire) => {
    expect(() => codec.decode(hex(wire))).toThrow(
      expect.objectContaining({ name: "CodecError", code: "ERR_CODEC_BYTES" }),
    );
  });

  it("reads 100 000 levels of nothing at no cost", () => {
    for (const text of ["[".repeat(100_000), '{"a":'.repeat(100_000), `${"[".repeat(100_000)}NaN`]) {
      expect(() => codec.decode(utf8(text))).toThrow(expect.objectContaining({ name: "CodecError" }));
    }
  });

  it("says where", () => {
    for (const [text, path] of [
      ['[1,{"a":[NaN,{"__proto__":1}]}]', "$[1].a[1].__proto__"],
      ['[1,{"a":[0,{"__proto__":1}]}]', "$[1].a[1].__proto__"],
      ['{"a b":["\\ud800"]}', '$["a b"][0]'],
      ['{"a b":[NaN,"\\ud800"]}', '$["a b"][1]'],
      ["[NaN,[1,2,x]]", "$[1][2]"],
    ] as const) {
      expect(() => codec.decode(utf8(text))).toThrow(expect.objectContaining({ path }));
    }
  });
});
