import { describe, expect, it } from "vitest";
import { createCodec, TypeRegistry } from "../../../src/codec/index.ts";
import { CodecError } from "../../../src/errors.ts";
import { DEFAULT_LIMITS } from "../../../src/limits.ts";

class Point {
  readonly x: unknown;
  constructor(x: unknown) {
    this.x = x;
  }
}

class Pair {
  readonly items: readonly [unknown, unknown];
  constructor(a: unknown, b: unknown) {
    this.items = [a, b];
  }
}

class Other {}

function tables(): TypeRegistry {
  const types = new TypeRegistry();
  types.add({
    type: Point,
    write: (point) => ({ x: (point as Point).x }),
    read(fields) {
      if (typeof fields !== "object" || fields === null || !("x" in fields)) {
        throw new CodecError("ERR_CODEC_TYPE", "not a point");
      }
      return new Point(fields.x);
    },
  });
  types.add({
    type: Pair,
    write: (pair) => (pair as Pair).items,
    read: (items) => new Pair(...(items as [unknown, unknown])),
  });
  return types;
}

describe.each(["msgpack", "json"] as const)("registered types in %s", (name) => {
  const codec = createCodec(name, { limits: DEFAULT_LIMITS, types: tables() });
  const plain = createCodec(name, { limits: DEFAULT_LIMITS });

  it.each([
    ["alone", new Point(1), { __type__: [0, { x: 1 }] }],
    ["in a list in a map", { a: [new Point(null)] }, { a: [{ __type__: [0, { x: null }] }] }],
    ["in one another", new Pair(new Point(1), new Pair(2, [])), { __type__: [1, [{ __type__: [0, { x: 1 }] }, { __type__: [1, [2, []]] }]] }], // biome-ignore format: one row
  ])("cross %s", (_where, value, stand) => {
    const bytes = codec.encode(value);
    expect(plain.decode(bytes)).toStrictEqual(stand);
    expect(codec.decode(bytes)).toStrictEqual(value);
  });

  it("cross between bare NaN and large integers, which JSON reads another way", () => {
    const value = [Number.NaN, 2n ** 60n, new Point(Number.POSITIVE_INFINITY)];
    expect(codec.decode(codec.encode(value))).toStrictEqual(value);
  });

  it("are matched by their own class, no child of it", () => {
    class Child extends Point {}
    expect(() => codec.encode([new Child(1)])).toThrow(/\$\[0\]: an instance of Child cannot be sent/);
    expect(() => codec.encode({ a: new Other() })).toThrow(/\$\.a: an instance of Other cannot be sent/);
    expect(() => codec.encode([new Point(() => 1)])).toThrow(/\$\[0\].*function/);
  });

  it("leave no map with their key to users", () => {
    expect(() => codec.encode({ a: { __type__: 1 } })).toThrow(/\$\.a\.__type__: the key __type__/);
    expect(() => codec.encode(new Map([["__type__", 1]]))).toThrow(/the key __type__/);
    expect(plain.decode(plain.encode({ __type__: 1 }))).toStrictEqual({ __type__: 1 });
    const empty = createCodec(name, { limits: DEFAULT_LIMITS, types: new TypeRegistry() });
    expect(empty.decode(empty.encode({ __type__: 1 }))).toStrictEqual({ __type__: 1 });
  });

  it.each([
    ["no list", 1],
    ["no pair", [0]],
    ["three", [0, 1, 2]],
    ["an unknown id", [2, 1]],
    ["a negative id", [-1, 1]],
    ["half an id", [0.5, 1]],
    ["an id as text", ["0", { x: 1 }]],
    ["what the type never makes", [0, 1]],
    ["null", null],
  ])("are refused if the stand-in is %s", (_what, stand) => {
    for (const bytes of [plain.encode({ __type__: stand }), plain.encode([Number.NaN, { __type__: stand }])]) {
      expect(() => codec.decode(bytes)).toThrow(CodecError);
    }
  });

  it("have no class twice, and may take in others", () => {
    const types = tables();
    expect(() => types.add({ type: Point, write: () => 1, read: () => ({}) })).toThrow(/Point is registered already/);
    const accepts = (value: object) => value instanceof Other || typeof value === "function";
    expect(types.add({ type: Other, accepts, write: () => "other", read: () => new Other() })).toBe(2);
    class Child extends Other {}
    const open = createCodec(name, { limits: DEFAULT_LIMITS, types });
    for (const value of [new Other(), new Child(), () => 1]) {
      expect(plain.decode(open.encode(value))).toStrictEqual({ __type__: [2, "other"] });
    }
    expect(() => open.encode(new Date(0))).toThrow(/Date cannot be sent/);
  });
});
