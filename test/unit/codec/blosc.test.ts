import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import Blosc from "numcodecs/blosc";
import { describe, expect, it } from "vitest";
import { readBloscFrame } from "../../../src/codec/blosc.ts";
import { createCodec } from "../../../src/codec/index.ts";
import { DEFAULT_LIMITS as limits } from "../../../src/limits.ts";

interface Row {
  readonly name: string;
  readonly length: number;
  readonly sha256: string;
  readonly frame: string;
}

/** Made by `test/support/blosc_frames.py`: Python's blosc, as aiomas calls it. */
const rows = JSON.parse(readFileSync(new URL("../../fixtures/blosc-frames.json", import.meta.url), "utf8")) as Row[];
const blosc = createCodec("msgpack-blosc", { limits });
const msgpack = createCodec("msgpack", { limits });
const MEBI = 2 ** 20;

const hex = (text: string) => Buffer.from(text, "hex");
const open = (frame: Buffer, max = 16 * MEBI) => readBloscFrame(frame, 0, frame.length, max);
const row = (name: string) => hex(rows.find((each) => each.name === name)!.frame);

describe("a Blosc frame of Python", () => {
  it.each(rows)("$name: gives the content", ({ frame, length, sha256 }) => {
    const content = open(hex(frame));
    expect(content.length).toBe(length);
    expect(createHash("sha256").update(content).digest("hex")).toBe(sha256);
    expect(blosc.decode(hex(frame))).toStrictEqual(msgpack.decode(content));
  });

  const short = rows.filter(({ length }) => length < 128);
  it.each(short)("$name: is what we write", ({ frame }) => {
    const value = blosc.decode(hex(frame));
    expect(Buffer.from(blosc.encode(value)).toString("hex")).toBe(frame);
  });

  it("lies anywhere in the bytes", () => {
    const frame = row("numbers");
    const padded = Buffer.concat([Buffer.from([1, 2, 3]), frame, Buffer.from([4])]);
    expect(blosc.decode(padded, 3, padded.length - 1)).toStrictEqual(blosc.decode(frame));
  });
});

describe("a frame that we write", () => {
  it("is read by Blosc itself, whatever its length", async () => {
    for (const length of [0, 1, 7, 8, 100, 127, 128, 129, 5000, 300_000]) {
      const value = ["x".repeat(length)];
      const frame = blosc.encode(value, 4).subarray(4);
      expect(msgpack.decode(await new Blosc().decode(frame))).toStrictEqual(value);
      expect(blosc.decode(frame)).toStrictEqual(value);
    }
  });
});

describe("a frame of another Blosc", () => {
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 3000 }),
    fc
      .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 4000 }))
      .map(([piece, times]) => Buffer.concat(new Array<Uint8Array>(times).fill(piece))),
    fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 20_000, size: "max" }).map((items) => Uint8Array.from(items)),
  );

  it("gives the content, at every level of compression, shuffled or not", async () => {
    await fc.assert(
      fc.asyncProperty(
        content,
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom(0, 1),
        async (bytes, level, shuffle) => {
          const frame = Buffer.from(await new Blosc(level, "blosclz", shuffle).encode(bytes));
          expect(open(frame).equals(bytes)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each(["lz4", "zlib", "zstd"])("compressed by %s is refused", async (compressor) => {
    const frame = Buffer.from(await new Blosc(5, compressor, 1).encode(Buffer.alloc(5000)));
    expect(() => blosc.decode(frame)).toThrow(
      expect.objectContaining({
        name: "CodecError",
        code: "ERR_CODEC_VALUE",
        message: expect.stringContaining(compressor),
      }),
    );
  });
});

describe("a hostile frame is refused:", () => {
  const stored = hex("0201130804000000010000001400000093000000");
  const changed = (frame: Buffer, change: (copy: Buffer) => void) => {
    const copy = Buffer.from(frame);
    change(copy);
    return copy;
  };

  it.each([
    ["empty", Buffer.alloc(0), "ERR_CODEC_BYTES"],
    ["shorter than its header", stored.subarray(0, 15), "ERR_CODEC_BYTES"],
    ["cut off", stored.subarray(0, 19), "ERR_CODEC_BYTES"],
    ["of another version", changed(stored, (f) => f.writeUInt8(5, 0)), "ERR_CODEC_BYTES"],
    ["with the reserved flag", changed(stored, (f) => f.writeUInt8(0x1b, 2)), "ERR_CODEC_BYTES"],
    ["stored, with another length", changed(stored, (f) => f.writeUInt32LE(3, 4)), "ERR_CODEC_BYTES"],
    ["of items without bytes", changed(row("zeros"), (f) => f.writeUInt8(0, 3)), "ERR_CODEC_BYTES"],
    ["of blocks without bytes", changed(row("zeros"), (f) => f.writeUInt32LE(0, 8)), "ERR_CODEC_BYTES"],
    ["of blocks larger than all", changed(row("zeros"), (f) => f.writeUInt32LE(0x7fffffff, 8)), "ERR_CODEC_BYTES"],
    ["with more blocks than bytes", changed(row("zeros"), (f) => f.writeUInt32LE(1, 8)), "ERR_CODEC_BYTES"],
    ["with a block beyond its end", changed(row("zeros"), (f) => f.writeUInt32LE(1_000_000, 16)), "ERR_CODEC_BYTES"],
    ["with a block in its header", changed(row("zeros"), (f) => f.writeUInt32LE(0, 16)), "ERR_CODEC_BYTES"],
    ["with a stream beyond its end", changed(row("zeros"), (f) => f.writeUInt32LE(0xffffffff, 20)), "ERR_CODEC_BYTES"],
    ["shuffled by bits", changed(row("zeros"), (f) => f.writeUInt8(0x04, 2)), "ERR_CODEC_VALUE"],
  ])("%s", (_what, frame, code) => {
    expect(() => blosc.decode(frame)).toThrow(expect.objectContaining({ name: "CodecError", code, path: "$" }));
  });

  it("a bomb, before anything is allocated", () => {
    const bomb = changed(row("zeros"), (f) => f.writeUInt32LE(0xffffffff, 4));
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 100; i++) expect(() => blosc.decode(bomb)).toThrow(/frameBytesMax = 16777216/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * MEBI);
    const frame = row("zeros");
    expect(() => open(frame, 100_004)).toThrow();
    expect(open(frame, 100_005).length).toBe(100_005);
  });

  it("changed anywhere: an error or a value, and nothing of earlier frames", () => {
    const frames = rows.map(({ frame }) => hex(frame)).filter((frame) => frame.length < 20_000);
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(fc.constantFrom(...frames), fc.array(change, { minLength: 1, maxLength: 4 }), (frame, changes) => {
        const copy = Buffer.from(frame);
        for (const [place, byte] of changes) copy[place % copy.length] = byte;
        try {
          blosc.decode(copy);
        } catch (error) {
          expect(error).toMatchObject({ name: "CodecError", code: expect.stringMatching(/^ERR_CODEC_/) });
        }
      }),
      { numRuns: 5000 },
    );
  });
});
