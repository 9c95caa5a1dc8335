import fc from "fast-check";
import { Packr } from "msgpackr";
import { describe, expect, it } from "vitest";
import { createCodec } from "../../../src/codec/index.ts";
import { MsgPackWriter } from "../../../src/codec/msgpack-writer.ts";
import { Output } from "../../../src/codec/output.ts";
import { DEFAULT_LIMITS as limits } from "../../../src/limits.ts";

/** What the writer does not take itself: the walk that copies, and msgpackr, write these. */
const packr = new Packr({ useRecords: false, variableMapSize: true, encodeUndefinedAsNil: true, useToJSON: false });

function written(value: unknown, output = new Output(64)): Buffer | undefined {
  return new MsgPackWriter(limits).write(value, output) ? output.take() : undefined;
}

/** Where the form on the wire changes. */
const LENGTHS = [0, 1, 15, 16, 31, 32, 63, 64, 65, 255, 256, 65_535, 65_536];
const EDGES = [0, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const NUMBERS = [...EDGES, ...EDGES.filter((edge) => edge <= 0x8000_0000).map((edge) => -edge), -0x20, -0x21, -0x81];

const key = fc
  .string({ unit: "grapheme", maxLength: 80 })
  .filter((each) => !/^(__(proto|type)__|constructor)$/.test(each));
const value = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, false, undefined, -0, ...NUMBERS),
    fc.integer(),
    fc.double({ noNaN: true }).filter((each) => !Number.isSafeInteger(each)),
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie("node"), { maxLength: 40 }),
    fc.dictionary(key, tie("node").filter((field) => field !== undefined), { maxKeys: 40, noNullPrototype: true }), // biome-ignore format: one line
  ),
})).node;

describe("the writer of MsgPack", () => {
  it("writes what msgpackr does", () => {
    fc.assert(
      fc.property(value, (each) => {
        expect(written(each)?.toString("hex")).toBe(packr.pack(each).toString("hex"));
      }),
      { numRuns: 2000 },
    );
  });

  it.each(LENGTHS)("takes the smallest form of what has %i bytes, items or fields", (length) => {
    const items = Array.from({ length }, (_, i) => i);
    const fields = Object.fromEntries(items.map((i) => [`k${i}`, i]));
    const letters = "é".repeat(length / 2) + "e".repeat(length % 2);
    for (const each of ["e".repeat(length), letters, new Uint8Array(length), Buffer.alloc(length), items, fields]) {
      expect(Buffer.compare(written(each)!, packr.pack(each))).toBe(0);
    }
  });

  it.each([
    [2 ** 32, "cf0000000100000000"],
    [2 ** 53 - 1, "cf001fffffffffffff"],
    [-(2 ** 31) - 1, "d3ffffffff7fffffff"],
    [-(2 ** 32), "d3ffffffff00000000"],
    [-(2 ** 53) + 1, "d3ffe0000000000001"],
    [2 ** 53, "cb4340000000000000"],
    [Number.NaN, "cb7ff8000000000000"],
    [Number.NEGATIVE_INFINITY, "cbfff0000000000000"],
  ])("writes %d as %s", (number, hex) => {
    expect(written(number)!.toString("hex")).toBe(hex);
  });

  it("writes all NaN with the same bits", () => {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setBigUint64(0, 0xfff8_0000_0000_1234n);
    expect(written(bits.getFloat64(0))!.toString("hex")).toBe("cb7ff8000000000000");
  });

  it("leaves to the walk what has to be changed, or refused, and writes nothing of it", () => {
    class Own {}
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    const unusual = [{ a: undefined }, new Map(), 1n, new Own(), new Date(), Object.create(null), () => 1, Symbol("s"),
      "\ud800", "é\udc00", { __type__: 1 }, JSON.parse('{"__proto__": 1}'), cyclic, new Float32Array(2), new Set()]; // biome-ignore format: a table
    for (const each of unusual) {
      const output = new Output(64);
      output.append(Buffer.from("head"));
      expect(written(["x".repeat(100), each], output)).toBeUndefined();
      expect(output.take().toString()).toBe("head");
    }
  });

  it("reads each field once", () => {
    let reads = 0;
    const fields = {
      get a() {
        return ++reads;
      },
    };
    expect(written(fields)!.toString("hex")).toBe("81a16101");
    expect(reads).toBe(1);
  });

  it("keeps what stands before the value, in whatever buffer that is", () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), value, (before, head, each) => {
        const output = new Output(64);
        output.append(Buffer.alloc(before, 1));
        const first = output.take();
        output.append(Buffer.alloc(head, 2));
        const whole = written(each, output)!;
        expect(whole.subarray(0, head)).toStrictEqual(Buffer.alloc(head, 2));
        expect(Buffer.compare(whole.subarray(head), packr.pack(each))).toBe(0);
        expect(first).toStrictEqual(Buffer.alloc(before, 1));
      }),
    );
  });

  it("gives each value bytes of its own", () => {
    const codec = createCodec("msgpack");
    const values = ["a", "b".repeat(5000), "c".repeat(20_000), "d"];
    const all = [...values, ...values].map((each) => codec.encode(each, 4));
    for (const bytes of all) bytes.fill(0xff, 0, 4); // as the owner of the headroom does
    expect(all.map((bytes) => codec.decode(bytes, 4))).toStrictEqual([...values, ...values]);
  });

  it("goes on after a getter has thrown", () => {
    const codec = createCodec("msgpack");
    const thrower = {
      get a() {
        throw new Error("not now");
      },
    };
    expect(() => codec.encode(["x", thrower])).toThrow("not now");
    expect(Buffer.from(codec.encode(["y"])).toString("hex")).toBe("91a179");
  });
});
