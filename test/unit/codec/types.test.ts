import { describe, expect, it } from "vitest";
import { copyValue, createCodec, serializable, TypeRegistry, type ValueType } from "../../../src/codec/index.ts";
import { DEFAULT_LIMITS as limits } from "../../../src/limits.ts";

class Point {
  readonly x: unknown;
  readonly y: unknown;
  constructor(x: unknown, y: unknown) {
    this.x = x;
    this.y = y;
  }
}
class FarPoint extends Point {}
class Secret {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
const point = serializable(Point, ["x", "y"]);
const secret: ValueType<Secret> = {
  type: Secret,
  write: ({ text }) => {
    if (text === "") throw new RangeError("empty");
    return text;
  },
  read: (repr) => {
    if (typeof repr !== "string") throw new TypeError("a secret is a string");
    return new Secret(repr);
  },
};

const NAMES = ["msgpack", "json", "msgpack-blosc"] as const;
const codec = (name: (typeof NAMES)[number]) => createCodec(name, { types: [point, secret] });
const reading = (name: (typeof NAMES)[number], value: unknown) => {
  // Who has no types registered and is not of aiomas's profile writes the key as any other.
  const json = createCodec("mosaik-json");
  if (name === "json") return () => codec(name).decode(json.encode(value));
  const raw = value as { [key: string]: unknown };
  return () => codec(name).decode(packed(name, raw));
};

/** MsgPack of a value that may have the key `__type__`: written under a name of equal length, which is then replaced. */
function packed(name: "msgpack" | "msgpack-blosc", value: unknown): Uint8Array {
  const renamed = JSON.parse(JSON.stringify(value).replaceAll("__type__", "--type--"));
  const bytes = Buffer.from(createCodec(name).encode(renamed));
  for (let at = bytes.indexOf("--type--"); at >= 0; at = bytes.indexOf("--type--")) bytes.write("__type__", at);
  return bytes;
}

describe.each(NAMES)("a registered type in %s", (name) => {
  it("comes out as what went in, nested in itself and in others", () => {
    const value = [new Point(1, "a"), { deep: new Point(new Secret("x"), [new Point(null, {})]) }];
    expect(codec(name).decode(codec(name).encode(value))).toStrictEqual(value);
    expect(copyValue(value, limits, "$", codec(name).types)).toStrictEqual(value);
  });

  it.each([
    ["an unknown id", { __type__: [2, "x"] }, /\$: .*0 Point, 1 Secret/],
    ["a negative id", { __type__: [-1, "x"] }, /unknown id/],
    ["a fractional id", { __type__: [0.5, "x"] }, /unknown id/],
    ["the name of a method as id", { __type__: ["constructor", "x"] }, /unknown id/],
    ["no pair", { __type__: [0] }, /has to be \[id, repr\]/],
    ["no list", { __type__: "x" }, /has to be \[id, repr\]/],
    ["null", { __type__: null }, /has to be \[id, repr\]/],
    ["another key before it", { a: 1, __type__: [1, "x"] }, /has to be the only key/],
    ["another key after it", { __type__: [1, "x"], a: 1 }, /has to be the only key/],
    ["a repr that the type refuses", { __type__: [1, 5] }, /Secret cannot read it: a secret is a string/],
    ["a missing field", { __type__: [0, { x: 1 }] }, /exactly the fields x, y/],
    ["a field too many", { __type__: [0, { x: 1, y: 2, z: 3 }] }, /exactly the fields x, y/],
    ["fields of the prototype", { __type__: [0, { x: 1, constructor: 2 }] }, /exactly the fields x, y/],
    ["a list for fields", { __type__: [0, [1, 2]] }, /exactly the fields x, y/],
    ["an instance for fields", { __type__: [0, { __type__: [1, "x"] }] }, /exactly the fields x, y/],
  ])("refuses %s", (_what, value, message) => {
    expect(reading(name, value)).toThrow(expect.objectContaining({ name: "CodecError", code: "ERR_CODEC_TYPE" }));
    expect(reading(name, value)).toThrow(message);
  });

  it("says where", () => {
    const value = [1, { a: { __type__: [1, 5] } }];
    expect(reading(name, value)).toThrow(expect.objectContaining({ path: "$[1].a", cause: expect.any(TypeError) }));
    expect(() => codec(name).encode([1, { a: new Secret("") }])).toThrow(
      expect.objectContaining({
        name: "ValueError",
        code: "ERR_VALUE_SERIALIZER",
        path: "$[1].a",
        cause: expect.any(RangeError),
      }),
    );
    expect(() => codec(name).encode(new Point(1, [() => 1]))).toThrow(
      expect.objectContaining({ code: "ERR_VALUE_TYPE", path: "$[1].y[0]" }),
    );
  });

  it("is not that of its subclasses, and its key is nobody else's", () => {
    expect(() => codec(name).encode([new FarPoint(1, 2)])).toThrow(expect.objectContaining({ code: "ERR_VALUE_TYPE" }));
    expect(() => codec(name).encode([{ __type__: [0, 1] }])).toThrow(
      expect.objectContaining({ code: "ERR_VALUE_KEY", path: "$[0].__type__" }),
    );
  });

  it("is usable while another value is written or read", () => {
    const inner = codec(name);
    const busy: ValueType<Secret> = {
      type: Secret,
      write: ({ text }) => Array.from(inner.encode([text])),
      read: (repr) => new Secret((inner.decode(Uint8Array.from(repr as number[])) as [string])[0]),
    };
    inner.types.add({ ...busy, type: FarPoint as unknown as ValueType["type"] });
    const outer = createCodec(name, { types: [busy] });
    const nested: ValueType<Point> = {
      type: Point,
      write: (value) => Array.from(outer.encode(value.x)),
      read: (repr) => new Point(outer.decode(Uint8Array.from(repr as number[])), 0),
    };
    outer.types.add(nested);
    const value = [new Point([new Secret("a")], 0), "after", new Secret("b")];
    expect(outer.decode(outer.encode(value))).toStrictEqual(value);
  });

  it("counts to the limits as it is on the wire", () => {
    const small = createCodec(name, { limits: { nestingMax: 4, nodesMax: 7 }, types: [point] });
    const value = new Point(1, []);
    expect(small.decode(small.encode(value))).toStrictEqual(value);
    expect(() => small.encode([value])).toThrow(expect.objectContaining({ code: "ERR_VALUE_NESTING" }));
    expect(() => small.encode(new Point(1, [1, 2]))).toThrow(expect.objectContaining({ code: "ERR_VALUE_NODES" }));
  });
});

describe("a registry", () => {
  it("gives ids in order of registration", () => {
    const types = new TypeRegistry([point]);
    expect(types.add(secret)).toBe(1);
    expect(types.size).toBe(2);
    expect(Buffer.from(createCodec("msgpack", { types }).encode(new Secret("x"))).toString("latin1")).toBe(
      "\x81\xa8__type__\x92\x01\xa1x",
    );
  });

  it("refuses a class twice, and those that cross as they are", () => {
    expect(() => new TypeRegistry([point, point])).toThrow(new TypeError("the type Point is registered already"));
    for (const type of [Object, Array, Map, Uint8Array, Buffer]) {
      const built = { ...secret, type: type as unknown as typeof Secret };
      expect(() => new TypeRegistry([built])).toThrow(/cannot be registered/);
    }
  });

  it("asks a type that accepts other classes, once none fits exactly", () => {
    const any: ValueType = {
      type: Promise,
      accepts: (value) => value instanceof Point,
      write: () => "any",
      read: () => ({}),
    };
    const types = new TypeRegistry([any, point]);
    const written = createCodec("json", { types }).encode([new Point(1, 2), new FarPoint(1, 2)]);
    expect(Buffer.from(written).toString()).toBe('[{"__type__": [1, {"x": 1, "y": 2}]}, {"__type__": [0, "any"]}]');
    expect(() => createCodec("json", { types }).encode(new Secret("x"))).toThrow(
      /an instance of Secret cannot be sent/,
    );
  });
});

describe("serializable", () => {
  it("writes undefined fields as null, and refuses names that come twice", () => {
    const types = [point];
    const written = createCodec("json", { types }).encode(new Point(undefined, 1));
    expect(Buffer.from(written).toString()).toBe('{"__type__": [0, {"x": null, "y": 1}]}');
    expect(() => serializable(Point, ["x", "x"])).toThrow(TypeError);
  });

  it("takes the fields that the constructor does", () => {
    class Typed {
      readonly id: string;
      readonly kw: number;
      constructor(id: string, kw: number) {
        this.id = id;
        this.kw = kw;
      }
    }
    // @ts-expect-error kw is a number, and the first parameter a string
    serializable(Typed, ["kw", "id"]);
    // @ts-expect-error the second parameter is missing
    serializable(Typed, ["id"]);
    expect(serializable(Typed, ["id", "kw"]).write(new Typed("a", 1))).toEqual({ id: "a", kw: 1 });
  });
});
