import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isEncodedAs, traceCodec } from "../../../src/codec/index.ts";
import { limitsOf } from "../../../src/limits.ts";

const codec = traceCodec(limitsOf());

function isItsOwn(value: unknown, other: unknown = value): boolean {
  const bytes = Buffer.from(codec.encode(other));
  return isEncodedAs(value, bytes, 0, bytes.length);
}

describe("a value against the bytes of a trace", () => {
  it.each([
    ...[0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, -1, -32, 0.5, -1e300, Number.POSITIVE_INFINITY],
    ...["", "kW", "x".repeat(31), "x".repeat(32), "x".repeat(300), true, false, null],
    ...[
      [],
      [1, [2, "three"]],
      Array.from({ length: 20 }, (_, i) => i),
      {},
      { kw: 1.5, phases: { a: null, b: [true] } },
    ],
  ])("%j is the same", (value) => {
    expect(isItsOwn(value)).toBe(true);
  });

  it.each([
    [1, 2],
    [1, "1"],
    [0, false],
    [null, 0],
    ["kW", "kw"],
    ["kW", "kWh"],
    [[1], [1, 2]],
    [[1, 2], [1]],
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { b: 1 }],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [{ a: 1 }, { a: 1, b: 2 }],
  ])("%j is not %j", (value, other) => {
    expect(isItsOwn(value, other)).toBe(false);
  });

  it("is never the same where the bytes are cut or go on", () => {
    const bytes = Buffer.from(codec.encode({ kw: [1.5, 300, "text", 70_000] }));
    for (let end = 0; end < bytes.length; end++) {
      expect(isEncodedAs({ kw: [1.5, 300, "text", 70_000] }, bytes.subarray(0, end), 0, end)).toBe(false);
    }
    expect(isEncodedAs(1, Buffer.from([1, 1]), 0, 2)).toBe(false);
  });

  it("is the same only if it is, whatever the values", () => {
    // A key "__proto__" is refused by the codec, and in no trace.
    const value = fc.jsonValue({ maxDepth: 4 }).filter((each) => !JSON.stringify(each).includes("__proto__"));
    fc.assert(
      fc.property(value, value, (a, b) => {
        if (isItsOwn(a, b)) expect(codec.decode(codec.encode(b))).toStrictEqual(codec.decode(codec.encode(a)));
      }),
    );
  });
});
