import { describe, expect, it } from "vitest";
import { type Codec, createCodec, type Value } from "../../../src/codec/index.ts";
import { DEFAULT_LIMITS as limits } from "../../../src/limits.ts";
import { JSON_TEXT, MSGPACK, type WireRow } from "./wire-table.ts";

const msgpack = createCodec("msgpack", { limits });
const json = createCodec("json", { limits });
const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const utf8 = (text: string) => new Uint8Array(Buffer.from(text));

function table(codec: Codec, rows: readonly WireRow[], bytesOf: (wire: string) => Uint8Array): void {
  it.each(rows)("reads $wire", ({ value, wire }) => {
    expect(codec.decode(bytesOf(wire))).toStrictEqual(value);
  });

  it.each(rows.filter(({ same }) => same))("writes $wire", ({ value, wire }) => {
    expect(new Uint8Array(codec.encode(value))).toStrictEqual(bytesOf(wire));
  });

  it.each(rows)("reads what it writes for $wire", ({ value }) => {
    expect(codec.decode(codec.encode(value))).toStrictEqual(value);
  });
}

describe("MsgPack", () => {
  table(msgpack, MSGPACK, hex);

  it("writes integers beyond 32 bits as integers", () => {
    expect(Buffer.from(msgpack.encode(1_700_000_000_000)).toString("hex")).toBe("cf0000018bcfe56800");
    expect(Buffer.from(msgpack.encode(2 ** 53 - 1)).toString("hex")).toBe("cf001fffffffffffff");
  });

  it("reads bytes and 32-bit floats that aiomas does not write", () => {
    expect(msgpack.decode(hex("c403010203"))).toStrictEqual(new Uint8Array([1, 2, 3]));
    expect(msgpack.decode(hex("ca3fc00000"))).toBe(1.5);
    expect(msgpack.decode(hex("ca80000000"))).toBe(0);
  });

  it("reads a map of mixed keys in the order of the wire", () => {
    const map = msgpack.decode(hex("83a13901a2313002c003")) as Map<Value, Value>;
    expect([...map]).toStrictEqual([["9", 1], ["10", 2], [null, 3]]); // biome-ignore format: one line
  });

  // msgpackr without its native part loses the mark in front of strings of more than 64 bytes.
  it("keeps a byte order mark in front of a long string", () => {
    const text = `\uFEFF${"é".repeat(70)}`;
    expect(msgpack.decode(msgpack.encode({ [text]: text }))).toStrictEqual({ [text]: text });
  });

  it("gives bytes that own their memory", () => {
    const frame = msgpack.encode(new Uint8Array([1, 2, 3]));
    const value = msgpack.decode(frame) as Uint8Array;
    frame.fill(0);
    expect(value).toStrictEqual(new Uint8Array([1, 2, 3]));
    expect(value.constructor).toBe(Uint8Array);
  });
});

describe("JSON", () => {
  table(json, JSON_TEXT, utf8);

  it.each([
    ["bytes", { a: [new Uint8Array(1)] }, "$.a[0]"],
    ["a Map with other keys than strings", [new Map([[1, 2]])], "$[0]"],
  ])("refuses %s", (_what, value, path) => {
    expect(() => json.encode(value)).toThrow(expect.objectContaining({ code: "ERR_VALUE_TYPE", path }));
  });
});

describe("every codec", () => {
  it.each([msgpack, json])("$name leaves headroom in front", (codec) => {
    const frame = codec.encode([1, "x"], 4);
    expect(codec.decode(frame, 4)).toStrictEqual([1, "x"]);
    expect(frame.length).toBe(codec.encode([1, "x"]).length + 4);
  });

  it("is known by its name", () => {
    expect(() => createCodec("xml" as "json", { limits })).toThrow(/codec must be one of "msgpack", .*, got "xml"/);
  });
});
