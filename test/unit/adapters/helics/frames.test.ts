import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameReader, frameOf } from "../../../../adapters/helics/process/frames.ts";

/** What crosses between a program and the process that holds HELICS comes out as it went in, however it is cut. */

const record = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true });
const values = (value: fc.Arbitrary<unknown>) => fc.array(fc.tuple(fc.nat(1000), value));
const plain = fc.oneof(fc.string(), fc.boolean(), fc.array(fc.double()), fc.uint8Array());
const anyValues = fc.oneof(values(fc.double()), values(fc.oneof(fc.double(), plain)));
const endpoint = fc.nat(100);
const address = fc.string({ unit: "grapheme" });

const request = record({
  op: fc.constantFrom("time", "execute", "put"),
  timeS: fc.double(),
  iterate: fc.constantFrom("none", "force", "ifNeeded"),
  publish: anyValues,
  send: fc.array(
    fc.oneof(
      record({ endpoint, to: address, data: fc.uint8Array() }),
      record({ endpoint, to: address, data: fc.uint8Array(), timeS: fc.double({ noNaN: true }) }),
    ),
  ),
});
const reply = record({
  ok: fc.constant(true),
  value: fc.oneof(
    record({
      timeS: fc.double(),
      iterating: fc.boolean(),
      halted: fc.boolean(),
      inputs: anyValues,
      messages: fc.array(record({ endpoint, source: address, timeS: fc.double(), data: fc.uint8Array() })),
    }),
    fc.constant(undefined),
    fc.array(record({ publicationType: fc.string(), publicationUnits: fc.string() })),
  ),
});
const refusal = record({
  ok: fc.constant(false),
  failure: record({ function: fc.string(), code: fc.integer(), message: fc.string() }),
});

function taken(bytes: Buffer, sizes: readonly number[]): unknown[] {
  const got: unknown[] = [];
  const reader = new FrameReader((value) => got.push(value));
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    reader.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return got;
}

describe("frames between a program and the process that holds HELICS", () => {
  it("give what was put in, in any pieces", () => {
    const any = fc.array(fc.oneof(request, reply, refusal, fc.string()), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(any, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (all, sizes) => {
        expect(taken(Buffer.concat(all.map(frameOf)), sizes)).toStrictEqual(all);
      }),
    );
  });

  it("of a grant with numbers alone take less than V8's format, and text is sent as its bytes", () => {
    const numbers = { op: "time", timeS: 3, iterate: "none", publish: [[0, 1.5]], send: [] };
    expect(frameOf(numbers)).toHaveLength(34);
    const text = { ...numbers, send: [{ endpoint: 1, to: "a/é", data: "ü", timeS: 4 }] };
    const bytes = { ...numbers, send: [{ endpoint: 1, to: "a/é", data: new Uint8Array([0xc3, 0xbc]), timeS: 4 }] };
    expect(taken(frameOf(text), [1000])).toStrictEqual([bytes]);
  });

  it("of more than a gibibyte are refused", () => {
    const head = Buffer.from([0xff, 0xff, 0xff, 0xff, 0]);
    expect(() => taken(head, [100])).toThrow(/a frame has at most 1073741824 bytes, got 4294967295/);
  });
});
