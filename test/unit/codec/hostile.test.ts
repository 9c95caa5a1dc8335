import { describe, expect, it } from "vitest";
import { createCodec } from "../../../src/codec/index.ts";

const limits = { nestingMax: 64, nodesMax: 10_000 };
const msgpack = createCodec("msgpack", { limits });
const json = createCodec("json", { limits });

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const utf8 = (text: string) => new Uint8Array(Buffer.from(text));
const repeated = (byte: number, times: number) => new Uint8Array(times).fill(byte);

describe("MsgPack refuses", () => {
  it.each([
    ["nothing", "", "ERR_CODEC_BYTES"],
    ["bytes after the value", "0000", "ERR_CODEC_BYTES"],
    ["a cut string", "a561", "ERR_CODEC_BYTES"],
    ["a cut float", "cb00000000000000", "ERR_CODEC_BYTES"],
    ["a cut length", "d9", "ERR_CODEC_BYTES"],
    ["a claim of 4 GiB of array", "ddffffffff", "ERR_CODEC_BYTES"],
    ["a claim of 4 GiB of map", "dfffffffff", "ERR_CODEC_BYTES"],
    ["a claim of 4 GiB of string", "dbffffffff", "ERR_CODEC_BYTES"],
    ["a claim of 4 GiB of bytes", "c6ffffffff", "ERR_CODEC_BYTES"],
    ["a string that is not UTF-8", "a2c328", "ERR_CODEC_BYTES"],
    ["a lone surrogate", "a3eda080", "ERR_CODEC_BYTES"],
    ["a timestamp", "d6ff00000000", "ERR_CODEC_VALUE"],
    ["a RegExp", "c70578a3282b2924a0", "ERR_CODEC_VALUE"],
    ["msgpackr's record", "d4724091a16101", "ERR_CODEC_VALUE"],
    ["msgpackr's undefined", "d40000", "ERR_CODEC_VALUE"],
    ["msgpackr's cycle", "d66900000001d67000000001", "ERR_CODEC_VALUE"],
    ["a big integer", "c70942010000000000000000", "ERR_CODEC_VALUE"],
    ["0xc1", "c1", "ERR_CODEC_VALUE"],
    ["the key __proto__", "81a95f5f70726f746f5f5f80", "ERR_CODEC_VALUE"],
  ])("%s", (_what, wire, code) => {
    expect(() => msgpack.decode(hex(wire))).toThrow(expect.objectContaining({ name: "CodecError", code }));
  });

  it("a mixed map within a mixed map, without exponential work", () => {
    // Each level is {"": <next level>, nil: nil} and is read twice by itself.
    let wire = "00";
    for (let depth = 0; depth < 60; depth++) wire = `82a0${wire}c0c0`;
    expect(() => msgpack.decode(hex(wire))).toThrow(expect.objectContaining({ code: "ERR_CODEC_VALUE" }));
  });

  it("is usable afterwards", () => {
    expect(() => msgpack.decode(hex("92a161"))).toThrow();
    expect(msgpack.decode(hex("92a161c0"))).toStrictEqual(["a", null]);
  });
});

describe("JSON refuses", () => {
  it.each([
    ["nothing", "", "ERR_CODEC_BYTES"],
    ["text after the value", "1 1", "ERR_CODEC_BYTES"],
    ["text after a bare token", "NaN NaN", "ERR_CODEC_BYTES"],
    ["a string without end", '["NaN', "ERR_CODEC_BYTES"],
    ["a bad escape beside a token", '["\\x", NaN]', "ERR_CODEC_BYTES"],
    ["tokens that Python does not write", "[+Infinity]", "ERR_CODEC_BYTES"],
    ["another not-a-number", "[-NaN]", "ERR_CODEC_BYTES"],
    ["leading zeros of a long integer", "00000000000000000001", "ERR_CODEC_BYTES"],
    ["an integer of 4301 digits", `-${"1".repeat(4301)}`, "ERR_CODEC_VALUE"],
    ["an integer of a million digits", "9".repeat(1_000_000), "ERR_CODEC_VALUE"],
    ["a lone surrogate", '"\\ud800"', "ERR_CODEC_VALUE"],
    ["a lone surrogate beside a token", '["\\ud800", NaN]', "ERR_CODEC_VALUE"],
    ["the key __proto__", '[{"__proto__": 1}]', "ERR_CODEC_VALUE"],
    ["the key __proto__ beside a token", '[{"__proto__": NaN}]', "ERR_CODEC_VALUE"],
  ])("%s", (_what, text, code) => {
    expect(() => json.decode(utf8(text))).toThrow(expect.objectContaining({ name: "CodecError", code }));
  });

  it("bytes that are not UTF-8", () => {
    expect(() => json.decode(hex("22ff22"))).toThrow(expect.objectContaining({ code: "ERR_CODEC_BYTES" }));
  });
});

describe("limits", () => {
  const arrays = (depth: number, inner = "") => utf8(`${"[".repeat(depth)}${inner}${"]".repeat(depth)}`);

  it("64 arrays in one another pass, 65 do not", () => {
    const nested = (depth: number) => new Uint8Array([...repeated(0x91, depth - 1), 0x90]);
    expect(() => msgpack.decode(nested(64))).not.toThrow();
    expect(() => msgpack.decode(nested(65))).toThrow(/nestingMax = 64/);
    expect(() => msgpack.decode(nested(100_000))).toThrow(/nestingMax = 64/);
    for (const inner of ["", "NaN"]) {
      expect(() => json.decode(arrays(64, inner))).not.toThrow();
      expect(() => json.decode(arrays(65, inner))).toThrow(/nestingMax = 64/);
      expect(() => json.decode(arrays(100_000, inner))).toThrow(/nestingMax = 64/);
    }
  });

  it("10 000 values pass, 10 001 do not", () => {
    const items = (count: number) => new Uint8Array([0xdc, count >> 8, count & 255, ...repeated(0xc0, count)]);
    expect(() => msgpack.decode(items(9999))).not.toThrow();
    expect(() => msgpack.decode(items(10_000))).toThrow(/nodesMax = 10000/);
    const texts = (count: number, item: string) => utf8(`[${new Array(count).fill(item).join(",")}]`);
    for (const item of ["1", "NaN", "[]"]) {
      expect(() => json.decode(texts(9999, item))).not.toThrow();
      expect(() => json.decode(texts(10_000, item))).toThrow(/nodesMax = 10000/);
    }
  });

  it("count commas inside strings for nothing", () => {
    const text = ",".repeat(20_000);
    expect(json.decode(utf8(JSON.stringify([text])))).toStrictEqual([text]);
  });
});
