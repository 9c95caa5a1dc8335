import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copyFlat, copyOnly, copyValue } from "../../../src/codec/copy.ts";
import { hashArrayOf, hashValue } from "../../../src/codec/hash-value.ts";
import { NO_TYPES } from "../../../src/codec/types.ts";
import { Hash64 } from "../../../src/hash.ts";
import { Delivery } from "../../../src/kernel/model.ts";
import { Kind, OUTSIDE } from "../../../src/kernel/order.ts";
import { DEFAULT_LIMITS } from "../../../src/limits.ts";

const flat = fc.oneof(fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.constantFrom(-0, Number.NaN));
const any = fc.oneof({ weight: 4, arbitrary: flat }, { weight: 1, arbitrary: fc.anything() });

/** What `copy` gives, or the code of what it throws. */
function outcome(copy: () => unknown): unknown {
  try {
    return { value: copy() };
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("flat arguments", () => {
  it("are copied without a walk as with one, or left to it, also at the bounds", () => {
    const bounds = fc.record({ nodesMax: fc.constantFrom(0, 1, 2, 3, 100), nestingMax: fc.constantFrom(0, 1, 64) });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 4 }), bounds, (args, limits) => {
        const walked = outcome(() => copyValue(args, limits));
        const many = copyFlat(args, limits);
        if (many !== undefined) expect({ value: many }).toEqual(walked);
        const only = copyOnly(args, limits);
        if (only !== undefined) expect({ value: [only] }).toEqual(walked);
      }),
    );
  });

  it("are not walked if there are one or two", () => {
    fc.assert(
      fc.property(flat, flat, (a, b) => {
        expect(copyOnly([a], DEFAULT_LIMITS)).toBeDefined();
        expect(copyFlat([a, b], DEFAULT_LIMITS)).toBeDefined();
      }),
    );
  });

  it("are hashed and seen as the list that they are", () => {
    fc.assert(
      fc.property(flat, (value) => {
        const [one, other] = [new Hash64(), new Hash64()];
        hashArrayOf(one, value, NO_TYPES);
        hashValue(other, [value], NO_TYPES);
        expect(one.hex()).toBe(other.hex());
        const message = new Delivery(Kind.oneway, "a", undefined, OUTSIDE, 0, "m", value, -1, undefined, true);
        expect(message.content).toEqual([value]);
      }),
    );
  });
});
