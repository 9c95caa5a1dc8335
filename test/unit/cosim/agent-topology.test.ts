import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkTopology } from "../../../src/cosim/topology.ts";
import { type AgentTopology, Topology } from "../../../src/index.ts";

const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `a${i}`);
const edges = (topology: AgentTopology): string[] => topology.edges.map(({ id }) => id);
const wrong = (message: RegExp) =>
  expect.objectContaining({ code: "ERR_SCENARIO_TOPOLOGY", message: expect.stringMatching(message) });

describe("a topology of agents", () => {
  it.each([
    [Topology.ring(ids(4)), ["a0 - a1", "a0 - a3", "a1 - a2", "a2 - a3"]],
    [Topology.ring(ids(2)), ["a0 - a1"]],
    [Topology.ring(ids(1)), []],
    [Topology.ring([]), []],
    [Topology.star("hub", ids(3)), ["hub - a0", "hub - a1", "hub - a2"]],
    [Topology.complete(ids(3)), ["a0 - a1", "a0 - a2", "a1 - a2"]],
    [Topology.smallWorld(ids(5), { k: 2, p: 0 }), ["a0 - a1", "a0 - a4", "a1 - a2", "a2 - a3", "a3 - a4"]],
    [
      Topology.fromEdges([
        ["b", "a"],
        ["c", "b"],
      ]),
      ["b - a", "b - c"],
    ],
  ])("has its edges, each once: %#", (topology, expected) => {
    expect(edges(topology)).toEqual(expected);
    expect(topology.isConnected).toBe(true);
    for (const { from, to } of topology.edges) {
      expect(topology.neighbours(from)).toContain(to);
      expect(topology.neighbours(to)).toContain(from);
    }
  });

  it("keeps the order of the ids, not that of the edges", () => {
    const topology = Topology.fromEdges(
      [
        ["a2", "a1"],
        ["a0", "a2"],
      ],
      ids(4),
    );
    expect(topology.neighbours("a2")).toEqual(["a0", "a1"]);
    expect(topology.neighbours("a3")).toEqual([]);
    expect(topology.ids).toEqual(ids(4));
    expect(topology.has("a3") && !topology.has("a4")).toBe(true);
    expect(topology.isConnected).toBe(false);
  });

  it("is drawn as any other: nodes with their agents, edges between them", () => {
    expect(() => checkTopology("defineScenario", Topology.complete(ids(5)))).not.toThrow();
    expect(JSON.parse(JSON.stringify(Topology.ring(ids(2))))).toEqual({
      nodes: [
        { id: "a0", agents: ["a0"] },
        { id: "a1", agents: ["a1"] },
      ],
      edges: [{ id: "a0 - a1", from: "a0", to: "a1" }],
    });
  });

  it("is a small world: the same for a seed, with as many edges as the ring", () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 3, max: 40 })
          .chain((n) => fc.record({ n: fc.constant(n), half: fc.integer({ min: 1, max: Math.floor((n - 1) / 2) }) })),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer(),
        ({ n, half }, p, seed) => {
          const topology = Topology.smallWorld(ids(n), { k: 2 * half, p, seed });
          expect(topology.edges).toHaveLength(n * half);
          expect(new Set(edges(topology)).size).toBe(n * half);
          expect(edges(Topology.smallWorld(ids(n), { k: 2 * half, p, seed }))).toEqual(edges(topology));
          for (const { from, to } of topology.edges) expect(from).not.toBe(to);
          const ends = topology.ids.reduce((sum, id) => sum + topology.neighbours(id).length, 0);
          expect(ends).toBe(2 * n * half);
        },
      ),
    );
  });

  it("rewires as many edges as p says, and brings all nearer to each other", () => {
    const ring = new Set(edges(Topology.smallWorld(ids(1000), { k: 4, p: 0 })));
    const world = Topology.smallWorld(ids(1000), { k: 4, p: 0.1, seed: 1 });
    const rewired = edges(world).filter((edge) => !ring.has(edge)).length;
    expect(rewired).toBeGreaterThan(150);
    expect(rewired).toBeLessThan(250);
    expect(farthest(world)).toBeLessThan(25); // 250 in the ring
    expect(edges(Topology.smallWorld(ids(1000), { k: 4, p: 0.1, seed: 2 }))).not.toEqual(edges(world));
  });

  it.each([
    ["a,b\nb,c\n", ["a - b", "b - c"]],
    ["\uFEFFfrom;to\r\n# a comment\r\n\r\na; b\r\n", ["a - b"]],
    ["source,target\nsource,b", ["source - b"]],
    ['"a","b"', ["a - b"]],
    ['[["a","b"],["b","c"]]', ["a - b", "b - c"]],
    ['{"nodes":["c","b","a"],"edges":[["a","b"]]}', ["b - a"]],
    ['{"directed":false,"nodes":[{"id":0},{"id":1}],"links":[{"source":0,"target":1}]}', ["0 - 1"]],
    ['{"edges":[{"from":"a","to":"b"}]}', ["a - b"]],
  ])("is read from %j", (text, expected) => {
    expect(edges(Topology.parse(text))).toEqual(expected);
  });

  it.each([
    ["a,b\nb", /line 2 .*"b"/],
    ["a,b,c", /line 1/],
    ["a,a", /from "a" to itself/],
    ["a,b\nb,a", /between "b" and "a" is there twice/],
    ["[1", /none: /],
    ["{}", /"edges"/],
    ['{"nodes":3,"edges":[]}', /"nodes" must be a list/],
    ['{"nodes":["bus-1"],"edges":[["bus-1","bus1"]]}', /"bus1".*did you mean "bus-1"/],
    ['{"nodes":["a","a"],"edges":[]}', /"a" is there twice/],
    ['[["a"]]', /\[0\] must be an edge/],
    ['{"edges":[{"from":"a"}]}', /edges\[0\]\.to .*nothing/],
  ])("refuses %j", (text, message) => {
    expect(() => Topology.parse(text)).toThrow(wrong(message));
  });

  it("refuses what is none", () => {
    expect(() => Topology.ring(["a", "a"])).toThrow(wrong(/"a" is there twice/));
    expect(() => Topology.star("a", ["a"])).toThrow(wrong(/"a" is there twice/));
    expect(() => Topology.ring(["a b"])).toThrow(expect.objectContaining({ code: "ERR_AGENT_ID" }));
    expect(() => Topology.ring("abc" as never)).toThrow(expect.objectContaining({ code: "ERR_OPTION_TYPE" }));
    expect(() => Topology.fromEdges([["a"]] as never)).toThrow(/pairs\[0\] must be two ids/);
    expect(() => Topology.smallWorld(ids(4), { k: 3, p: 0 })).toThrow(/k must be even and below/);
    expect(() => Topology.smallWorld(ids(4), { k: 4, p: 0 })).toThrow(
      expect.objectContaining({ code: "ERR_OPTION_RANGE" }),
    );
    expect(() => Topology.smallWorld(ids(4), { k: 2, p: 1.5 })).toThrow(/p must be a finite number >= 0 and <= 1/);
    expect(() => Topology.smallWorld(ids(4), { k: 2, q: 1 } as never)).toThrow(/there is no option "q"/);
    expect(() => Topology.complete(ids(2000))).toThrow(/at most 1000000 edges/);
    expect(() => Topology.ring(["a1"]).neighbours("a2")).toThrow(wrong(/no agent "a2".*did you mean "a1"/));
  });
});

/** Edges from the first agent to the one that is farthest. */
function farthest(topology: AgentTopology): number {
  const distance = new Map([[topology.ids[0]!, 0]]);
  for (const [id, far] of distance)
    for (const next of topology.neighbours(id)) if (!distance.has(next)) distance.set(next, far + 1);
  expect(distance.size).toBe(topology.ids.length);
  return Math.max(...distance.values());
}
