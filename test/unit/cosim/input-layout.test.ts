import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputLayout, type InputPlace, putInput } from "../../../src/cosim/input-layout.ts";
import type { InputData } from "../../../src/cosim/types.ts";

const name = fc.constantFrom("a", "b", "10", "2", "constructor", "toString");
const places = fc.array(fc.record({ eid: name, attr: name, source: name }), { maxLength: 12 });

function oneByOne(all: readonly InputPlace[]): InputData {
  const inputs: InputData = {};
  for (const [i, place] of all.entries()) putInput(inputs, place, i);
  return inputs;
}

describe("the form of inputs", () => {
  it("gives the object that the values make one by one, in the same order, unless two have one place", () => {
    fc.assert(
      fc.property(places, (all) => {
        const layout = InputLayout.of(all);
        const different = new Set(all.map(({ eid, attr, source }) => JSON.stringify([eid, attr, source])));
        expect(layout === undefined).toBe(different.size < all.length);
        if (layout === undefined) return;
        const values = new Array<number>(all.length);
        for (const [i, slot] of layout.slots.entries()) values[slot] = i;
        expect(JSON.stringify(layout.fill(values))).toBe(JSON.stringify(oneByOne(all)));
        // Slots are in the order of the object's text.
        expect(JSON.stringify(layout.fill(values)).match(/:\d+/g) ?? []).toEqual(values.map((value) => `:${value}`));
      }),
    );
  });

  it("gives each step objects of its own", () => {
    const layout = InputLayout.of([{ eid: "e", attr: "x", source: "S.e" }])!;
    const first = layout.fill([1]);
    first["e"]!["x"]!["S.e"] = 5;
    first["e"]!["y"] = {};
    expect(layout.fill([2])).toEqual({ e: { x: { "S.e": 2 } } });
    expect(Object.getPrototypeOf(first["e"]!["x"])).toBe(Object.prototype);
  });
});
