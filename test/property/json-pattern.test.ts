import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCodec } from "../../src/codec/index.ts";
import { JsonPattern } from "../../src/codec/json-pattern.ts";
import { DEFAULT_LIMITS } from "../../src/limits.ts";

/** A JSON text as a pattern, against the codec that reads and writes whole values. */
const codec = createCodec("mosaik-json");
const { integerDigitsMax } = DEFAULT_LIMITS;

/** Integers below 2^53 come as numbers; beyond, those of Python are bigints. */
const number = fc.oneof(
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((value) => Math.abs(value) < 2 ** 53 || !Number.isInteger(value)),
  fc.integer(),
  fc.maxSafeInteger(),
);
const text = fc.oneof(fc.string(), fc.constantFrom('"', "\\", '\\"1', "-1", "1e5", "é 7", "\u{1F600}"));
/** Values whose numbers are 0, so that others can take their places. */
const form = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    { weight: 4, arbitrary: fc.constant(0) },
    text,
    fc.constantFrom(null, true, Number.NaN, Number.NEGATIVE_INFINITY),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(
      text.filter((key) => key !== "__proto__" && !/^\d/.test(key)),
      tie("value"),
      { maxKeys: 4 },
    ),
  ),
})).value;

/** The value with its numbers, in their order, taken from `next`. */
function withNumbers(value: unknown, next: () => number): unknown {
  if (typeof value === "number" && Number.isFinite(value)) return next();
  if (Array.isArray(value)) return value.map((item) => withNumbers(item, next));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNumbers(item, next)]));
}

describe("a JSON pattern", () => {
  it("reads and writes the numbers that the codec reads and writes", () => {
    fc.assert(
      fc.property(
        form,
        fc.infiniteStream(number),
        fc.infiniteStream(number),
        fc.nat(8),
        (value, first, second, headroom) => {
          const numbers: number[] = [];
          const fill = (stream: Iterator<number>) =>
            codec.encode(
              withNumbers(value, () => {
                numbers.push(stream.next().value as number);
                return numbers.at(-1)!;
              }),
            );
          const pattern = new JsonPattern(fill(first), integerDigitsMax);
          numbers.length = 0;
          const other = fill(second);
          const expected = Float64Array.from(numbers, (each) => each + 0);
          expect(pattern.count).toBe(expected.length);
          const into = new Float64Array(pattern.count);
          expect(pattern.read(other, 0, other.length, into)).toBe(true);
          expect([...into]).toEqual([...expected]);
          const written = pattern.write(expected, headroom);
          expect(Buffer.from(written.subarray(headroom)).toString()).toBe(Buffer.from(other).toString());
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is not taken for what another text says", () => {
    fc.assert(
      fc.property(
        form,
        fc.infiniteStream(number),
        fc.nat(),
        fc.nat(255),
        fc.constantFrom("change", "cut", "insert"),
        (value, stream, at, byte, how) => {
          const bytes = Buffer.from(codec.encode(withNumbers(value, () => stream.next().value as number)));
          const pattern = new JsonPattern(bytes, integerDigitsMax);
          const place = at % bytes.length;
          const changed =
            how === "cut"
              ? bytes.subarray(0, place)
              : Buffer.concat([
                  bytes.subarray(0, place),
                  Buffer.of(byte),
                  bytes.subarray(how === "insert" ? place : place + 1),
                ]);
          const into = new Float64Array(pattern.count);
          if (!pattern.read(changed, 0, changed.length, into)) return;
          // What it does read, the codec reads, too, and as the same numbers.
          const read: number[] = [];
          withNumbers(codec.decode(changed), () => 0);
          const collect = (item: unknown): void => {
            if (typeof item === "number" && Number.isFinite(item)) read.push(item);
            else if (Array.isArray(item)) item.forEach(collect);
            else if (typeof item === "object" && item !== null) Object.values(item).forEach(collect);
          };
          collect(codec.decode(changed));
          expect([...into].filter(Number.isFinite)).toEqual(read);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("writes what JavaScript writes otherwise as the codec does", () => {
    const pattern = new JsonPattern(Buffer.from("[0,1,2,3,4,5]"), integerDigitsMax);
    const numbers = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 2 ** 60, 1e300];
    expect(Buffer.from(pattern.write(Float64Array.from(numbers), 0)).toString()).toBe(
      Buffer.from(codec.encode(numbers)).toString(),
    );
  });

  it("leaves integers that are no doubles to the codec", () => {
    const pattern = new JsonPattern(Buffer.from("[0]"), integerDigitsMax);
    const text = Buffer.from("[9007199254740993]");
    expect(pattern.read(text, 0, text.length, new Float64Array(1))).toBe(false);
    expect(pattern.read(Buffer.from("[1] "), 0, 3, new Float64Array(1))).toBe(true);
    expect(pattern.read(Buffer.from("[1] "), 0, 4, new Float64Array(1))).toBe(false);
  });
});
