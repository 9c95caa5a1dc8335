import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apart, type Box, forceLayout, hubLayout } from "../../../../adapters/dashboard/page/layout.ts";
import { shortIds } from "../../../../adapters/dashboard/page/short-ids.ts";

describe("names without what all begin with", () => {
  test.each<[ids: string[], prefix: string, short: string[]]>([
    [["household-north-001", "household-north-002", "household-north-017"], "household-north-", ["001", "002", "017"]],
    [["grid/pv.1", "grid/pv.2", "grid/battery"], "grid/", ["pv.1", "pv.2", "battery"]],
    [["@", "house-1", "house-2", "house-3"], "house-", ["@", "1", "2", "3"]],
    [["PV-1", "PV-2", "PV-3"], "", ["PV-1", "PV-2", "PV-3"]],
    [["agent1", "agent2", "agent3"], "", ["agent1", "agent2", "agent3"]],
    [["house-1", "house-2"], "", ["house-1", "house-2"]],
    [["house-", "house-1", "house-2"], "", ["house-", "house-1", "house-2"]],
    [["household-1", "trafo", "household-2"], "", ["household-1", "trafo", "household-2"]],
    [[], "", []],
  ])("%j", (ids, prefix, short) => {
    const found = shortIds(ids);
    expect(found.prefix).toBe(prefix);
    expect(ids.map(found.short)).toEqual(short);
  });

  test("no two become one, and each is what is left behind the prefix", () => {
    const id = fc.stringMatching(/^[a-c]{0,3}[-/.]?[a-c0-2]{1,3}$/);
    fc.assert(
      fc.property(fc.uniqueArray(id, { maxLength: 8 }), fc.constantFrom("", "node-", "a.b-"), (rest, front) => {
        const ids = rest.map((one) => front + one);
        const { prefix, short } = shortIds(ids);
        expect(ids.map((one) => prefix + short(one))).toEqual(ids);
        expect(ids.map(short)).not.toContain("");
      }),
    );
  });
});

describe("circles with names", () => {
  const [WIDTH, HEIGHT] = [836, 576];

  function boxes(places: ReadonlyMap<string, { x: number; y: number }>, sizes: ReadonlyMap<string, Box>) {
    return [...places].map(([id, { x, y }]) => {
      const { width, height, below } = sizes.get(id)!;
      return { left: x - width / 2, right: x + width / 2, top: y + below - height / 2, bottom: y + below + height / 2 };
    });
  }

  test("do not lie over each other where there is room, and stay in the drawing", () => {
    const graph = fc.integer({ min: 2, max: 60 }).chain((n) =>
      fc.record({
        n: fc.constant(n),
        letters: fc.integer({ min: 1, max: 8 }),
        edges: fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1)), { maxLength: 150 }),
      }),
    );
    fc.assert(
      fc.property(graph, ({ n, letters, edges }) => {
        const ids = Array.from({ length: n }, (_, i) => `n${i}`);
        const links = edges.map(([a, b]) => [ids[a]!, ids[b]!] as const);
        const free = hubLayout(ids, links) ?? forceLayout(ids, links);
        const sizes = new Map(ids.map((id) => [id, { width: 7.2 * letters + 30, height: 44, below: 8 }]));
        const all = boxes(apart(free, sizes, WIDTH, HEIGHT), sizes);
        for (const [i, one] of all.entries()) {
          expect(Math.min(one.left, one.top)).toBeGreaterThanOrEqual(-1e-6);
          expect(one.right).toBeLessThanOrEqual(WIDTH + 1e-6);
          expect(one.bottom).toBeLessThanOrEqual(HEIGHT + 1e-6);
          if (n * (7.2 * letters + 30) * 44 > 0.35 * WIDTH * HEIGHT) continue;
          for (const other of all.slice(i + 1)) {
            const overX = Math.min(one.right, other.right) - Math.max(one.left, other.left);
            const overY = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
            expect(Math.min(overX, overY)).toBeLessThanOrEqual(1e-6);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
