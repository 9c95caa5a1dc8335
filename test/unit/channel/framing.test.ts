import { describe, expect, it } from "vitest";
import { FrameSplitter, writeHeader } from "../../../src/channel/frames.ts";

function frame(payload: string): Buffer {
  const bytes = Buffer.from(`....${payload}`);
  writeHeader(bytes);
  return bytes;
}

function collect(frameBytesMax = 1 << 20): { readonly splitter: FrameSplitter; readonly payloads: string[] } {
  const payloads: string[] = [];
  const splitter = new FrameSplitter(frameBytesMax, (bytes, start, end) => {
    payloads.push(bytes.toString("utf8", start, end));
  });
  return { splitter, payloads };
}

describe("frames", () => {
  const sent = ["ohai", "", "x".repeat(300), "y".repeat(40_000), "last"];
  const stream = Buffer.concat(sent.map(frame));

  it.each([1, 2, 3, 4, 5, 7, 64, 1000, 65_536])("arrive whole in chunks of %i bytes", (size) => {
    const { splitter, payloads } = collect();
    for (let at = 0; at < stream.length; at += size) splitter.push(stream.subarray(at, at + size));
    expect(payloads).toStrictEqual(sent);
    expect(splitter.inFrame).toBe(false);
  });

  it("begin with their length as four bytes, big-endian", () => {
    expect(frame("ohai").toString("hex")).toBe("000000046f686169");
    const long = new Uint8Array(4 + 0x01_02_03);
    writeHeader(long);
    expect([...long.subarray(0, 4)]).toStrictEqual([0, 1, 2, 3]);
  });

  it("are handed out in place if they lie within one chunk", () => {
    const chunk = frame("ohai");
    let given: Buffer | undefined;
    new FrameSplitter(10, (bytes) => {
      given = bytes;
    }).push(chunk);
    expect(given).toBe(chunk);
  });

  it("of exactly the largest length pass, longer ones are refused on their header", () => {
    const { splitter, payloads } = collect(5);
    splitter.push(frame("12345"));
    expect(payloads).toStrictEqual(["12345"]);
    expect(() => splitter.push(Buffer.from([0, 0, 0, 6]))).toThrow(
      expect.objectContaining({ name: "ProtocolError", code: "ERR_CHANNEL_FRAME_BYTES" }),
    );
  });

  it("cost memory for what has arrived, not for what was announced", () => {
    const before = process.memoryUsage().arrayBuffers;
    const splitters = Array.from({ length: 100 }, () => collect(1 << 30).splitter);
    for (const splitter of splitters) splitter.push(Buffer.from([0x3f, 0xff, 0xff, 0xff, 1]));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20);
    expect(splitters.every(({ inFrame }) => inFrame)).toBe(true);
  });

  it("are not handed out once it was stopped, even in the same chunk", () => {
    const payloads: string[] = [];
    const splitter: FrameSplitter = new FrameSplitter(10, (bytes, start, end) => {
      payloads.push(bytes.toString("utf8", start, end));
      splitter.stop();
    });
    splitter.push(Buffer.concat([frame("a"), frame("b")]));
    expect(payloads).toStrictEqual(["a"]);
  });
});
