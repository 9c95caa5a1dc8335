import { describe, expect, it } from "vitest";
import { copyValue, createCodec, rebase } from "../../../src/codec/index.ts";
import { ValueError } from "../../../src/errors.ts";
import { DEFAULT_LIMITS } from "../../../src/limits.ts";

const limits = { nestingMax: 4, nodesMax: 20 };
const copy = (value: unknown) => copyValue(value, limits);

const hole = new Array<number>(2);
hole[1] = 1;
const bare = Object.assign(Object.create(null), { a: 1 });

describe("F13: copyValue gives", () => {
  it.each([
    ["undefined at the top", undefined, null],
    ["undefined in an array", [undefined, 1], [null, 1]],
    ["a hole", hole, [null, 1]],
    ["undefined as a field", { a: undefined, b: 1 }, { b: 1 }],
    ["undefined in a Map", new Map([[1, undefined], [2, 3]]), new Map([[2, 3]])], // biome-ignore format: one row
    ["undefined as a key", new Map([[undefined, 1]]), new Map([[null, 1]])],
    ["-0", -0, 0],
    ["-0 inside", { a: [-0] }, { a: [0] }],
    ["-0 as a key", new Map([[-0, 1]]), new Map([[0, 1]])],
    ["a small bigint", 5n, 5],
    ["the largest bigint that is a number", 2n ** 53n - 1n, 2 ** 53 - 1],
    ["the smallest that is not", 2n ** 53n, 2n ** 53n],
    ["the ends of 64 bits", [-(2n ** 63n), 2n ** 64n - 1n], [-(2n ** 63n), 2n ** 64n - 1n]],
    ["a large float", 2 ** 60, 2 ** 60],
    [
      "infinities",
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ],
    ["a Buffer", Buffer.from([1, 2]), new Uint8Array([1, 2])],
    ["an object without prototype", bare, { a: 1 }],
    ["a Map with string keys", new Map([["a", 1]]), { a: 1 }],
    ["an empty Map", new Map(), {}],
    ["keys that become equal", new Map<unknown, number>([[1, 1], [1n, 2]]), new Map([[1, 2]])], // biome-ignore format: one row
  ])("for %s", (_what, value, expected) => {
    expect(copy(value)).toStrictEqual(expected);
  });

  it("one NaN, whatever its bits", () => {
    const bytes = new DataView(new ArrayBuffer(8));
    bytes.setBigUint64(0, 0xfff8_0000_0000_1234n);
    const codec = createCodec("msgpack", { limits });
    expect(Buffer.from(codec.encode(bytes.getFloat64(0))).toString("hex")).toBe("cb7ff8000000000000");
    expect(copy([bytes.getFloat64(0)])).toStrictEqual([Number.NaN]);
  });

  it("containers of its own", () => {
    const value = { list: [1], bytes: new Uint8Array([1]) };
    const copied = copy(value) as typeof value;
    value.list.push(2);
    value.bytes[0] = 9;
    expect(copied).toStrictEqual({ list: [1], bytes: new Uint8Array([1]) });
  });
});

class Reading {
  power = 1;
}
const cyclic: unknown[] = [];
cyclic.push(cyclic);
const sparse: number[] = [];
sparse[2 ** 32 - 2] = 1;

describe("F13: copyValue refuses", () => {
  it.each([
    ["a function", () => 1, "ERR_VALUE_TYPE", "$"],
    ["a symbol", [Symbol("x")], "ERR_VALUE_TYPE", "$[0]"],
    ["a class instance", [{ power: new Reading() }], "ERR_VALUE_TYPE", "$[0].power"],
    ["a Date", { at: new Date(0) }, "ERR_VALUE_TYPE", "$.at"],
    ["a RegExp", [1, /a/], "ERR_VALUE_TYPE", "$[1]"],
    ["a Set", new Set(), "ERR_VALUE_TYPE", "$"],
    ["an Error", new Error("x"), "ERR_VALUE_TYPE", "$"],
    ["a Float64Array", new Float64Array(1), "ERR_VALUE_TYPE", "$"],
    ["an ArrayBuffer", new ArrayBuffer(1), "ERR_VALUE_TYPE", "$"],
    ["a promise", Promise.resolve(1), "ERR_VALUE_TYPE", "$"],
    ["a bigint too large", { "a b": 2n ** 64n }, "ERR_VALUE_INTEGER", '$["a b"]'],
    ["a bigint too small", -(2n ** 63n) - 1n, "ERR_VALUE_INTEGER", "$"],
    ["a lone surrogate", "\ud800", "ERR_VALUE_STRING", "$"],
    ["a lone surrogate in a key", { "\udc00": 1 }, "ERR_VALUE_STRING", '$["\\udc00"]'],
    ["the key __proto__", JSON.parse('{"a": {"__proto__": 1}}'), "ERR_VALUE_KEY", "$.a.__proto__"],
    ["the key __proto__ of a Map", new Map([["__proto__", 1]]), "ERR_VALUE_KEY", "$[0]"],
    ["something in a Map", new Map([[1, [() => 1]]]), "ERR_VALUE_TYPE", "$[0][0]"],
    ["a cycle", cyclic, "ERR_VALUE_NESTING", "$[0][0][0][0]"],
    ["what is too deep", [[[[[]]]]], "ERR_VALUE_NESTING", "$[0][0][0][0]"],
    ["too many values in one array", new Array(20).fill(1), "ERR_VALUE_NODES", "$"],
    ["too many values in all", [new Array(9).fill(1), new Array(9).fill(1)], "ERR_VALUE_NODES", "$[1]"],
    [
      "too many fields",
      Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, i])),
      "ERR_VALUE_NODES",
      "$.k19",
    ],
    ["a sparse array of 2^32", [sparse], "ERR_VALUE_NODES", "$[0]"],
  ])("%s", (_what, value, code, path) => {
    expect(() => copy(value)).toThrow(expect.objectContaining({ name: "ValueError", code, path }));
  });

  it("and says where, from the root that it was given", () => {
    expect(() => copyValue([1, { power: () => 1 }], limits, "battery-1.offer")).toThrow(
      "battery-1.offer[1].power: a function cannot be sent",
    );
  });

  it("not what is just within the limits", () => {
    expect(copy([[[[]]]])).toStrictEqual([[[[]]]]);
    expect(copy(new Array(19).fill(1))).toHaveLength(19);
  });

  it("with the same verdict as the codecs", () => {
    for (const name of ["msgpack", "json"] as const) {
      const codec = createCodec(name, { limits: DEFAULT_LIMITS });
      expect(() => codec.encode({ a: [() => 1] })).toThrow(
        expect.objectContaining({ code: "ERR_VALUE_TYPE", path: "$.a[0]" }),
      );
    }
  });
});

describe("rebase", () => {
  it("names the place as the sender knows it, and leaves other errors alone", () => {
    const error = new ValueError("ERR_VALUE_TYPE", "$[2].a: no", { path: "$[2].a" });
    expect(rebase(error, "$[2]", "$")).toMatchObject({ code: "ERR_VALUE_TYPE", message: "$.a: no", path: "$.a" });
    expect(rebase(error, "$[1]", "$")).toBe(error);
    const other = new Error("x");
    expect(rebase(other, "$", "x")).toBe(other);
  });
});
