import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ring } from "../../../src/channel/calls.ts";

describe("the ring of calls that wait", () => {
  it("does what a map does, however many wait and for however long", () => {
    // How many are added, then which part of those that wait is taken out again, oldest or newest first.
    const steps = fc.array(fc.tuple(fc.nat(500), fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), {
      minLength: 1,
    });
    fc.assert(
      fc.property(steps, (rounds) => {
        const ring = new Ring<{ id: number }>();
        const map = new Map<number, { id: number }>();
        let next = 0;
        for (const [count, part, newest] of rounds) {
          for (let n = 0; n < count; n++) {
            const item = { id: next++ };
            ring.add(item);
            map.set(item.id, item);
          }
          const ids = [...map.keys()];
          if (newest) ids.reverse();
          for (const id of ids.slice(0, ids.length * part)) {
            expect(ring.take(id)).toBe(map.get(id));
            map.delete(id);
            expect(ring.take(id)).toBe(undefined);
          }
          expect(ring.size).toBe(map.size);
          expect(ring.items()).toStrictEqual([...map.values()]);
        }
      }),
    );
  });

  it("keeps one that waits while a million come and go", () => {
    const ring = new Ring<{ id: number }>();
    const patient = { id: 0 };
    ring.add(patient);
    for (let id = 1; id <= 1_000_000; id++) {
      ring.add({ id });
      ring.take(id);
    }
    expect(ring.take(1_000_000)).toBe(undefined);
    expect(ring.take(0)).toBe(patient);
    expect(ring.size).toBe(0);
  });
});
