import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkTopology, givenTopology } from "../../../src/cosim/topology.ts";
import { defineScenario, type Topology } from "../../../src/index.ts";

const GOOD: Topology = {
  nodes: [
    { id: "Bus-1", label: "Bus 1", series: ["Grid-0.Bus-1.vm_pu"], agents: ["PV-1"], x: 0, y: 1 },
    { id: "Bus-2", x: 2, y: 2 },
  ],
  edges: [{ id: "Line", from: "Bus-1", to: "Bus-2", series: ["Grid-0.Line.loading_percent"] }],
  nodeScale: { name: "voltage", unit: "p.u.", low: 0.95, best: 1, high: 1.05 },
  edgeScale: { name: "loading", unit: "%", best: 0, high: 100 },
};
const [one, two] = GOOD.nodes as [Topology["nodes"][0], Topology["nodes"][0]];
const [line] = GOOD.edges as [Topology["edges"][0]];

const WRONG: readonly [what: string, topology: unknown, code: string, message: string][] = [
  [
    "a misspelt field",
    { ...GOOD, node: [] },
    "ERR_OPTION_UNKNOWN",
    'no option "node" in topology; did you mean "nodes"?',
  ],
  ["no edges", { nodes: [] }, "ERR_OPTION_TYPE", "topology.edges must be an array, of an object each, got undefined"],
  ["a node without an id", { ...GOOD, nodes: [{}] }, "ERR_OPTION_TYPE", "topology.nodes[0].id must be a string"],
  [
    "a misspelt field of a node",
    { ...GOOD, nodes: [{ id: "A", serie: [] }] },
    "ERR_OPTION_UNKNOWN",
    'no option "serie" in topology.nodes[0]; did you mean "series"?',
  ],
  [
    "a series without an owner",
    { ...GOOD, nodes: [{ id: "A", series: ["vm_pu"] }], edges: [] },
    "ERR_OPTION_TYPE",
    'topology.nodes[0].series[0] must be the name of a series, as Grid-0.A.vm_pu, got "vm_pu"',
  ],
  [
    "a place that is no number",
    { ...GOOD, nodes: [{ ...one, x: Number.NaN }, two] },
    "ERR_OPTION_RANGE",
    "topology.nodes[0].x must be a finite number, got NaN",
  ],
  [
    "half a place",
    { ...GOOD, nodes: [{ id: "Bus-1", x: 1 }, two] },
    "ERR_SCENARIO_TOPOLOGY",
    'topology.nodes[0] "Bus-1" has x but no y; give both, or none',
  ],
  [
    "an id twice",
    { ...GOOD, nodes: [one, two, { id: "Bus-1" }] },
    "ERR_SCENARIO_TOPOLOGY",
    'topology.nodes[0] and [2] both have the id "Bus-1"',
  ],
  [
    "a line twice",
    { ...GOOD, edges: [line, line] },
    "ERR_SCENARIO_TOPOLOGY",
    'topology.edges[0] and [1] both have the id "Line"',
  ],
  [
    "a line to nowhere",
    { ...GOOD, edges: [{ ...line, to: "Bus2" }] },
    "ERR_SCENARIO_TOPOLOGY",
    'topology.edges[0] "Line" leads to "Bus2", which is no node; did you mean "Bus-2"?',
  ],
  [
    "a scale upside down",
    { ...GOOD, nodeScale: { name: "v", unit: "", low: 1.05, best: 1, high: 0.95 } },
    "ERR_SCENARIO_TOPOLOGY",
    "topology.nodeScale must have low <= best <= high, and room between low and high; it has low 1.05, best 1, high 0.95",
  ],
  [
    "a scale without room",
    { ...GOOD, edgeScale: { name: "l", unit: "%", best: 0, high: 0 } },
    "ERR_SCENARIO_TOPOLOGY",
    "it has low none, best 0, high 0",
  ],
  ["an array", [], "ERR_OPTION_TYPE", "topology must be an object, got an array of 0"],
];

describe("a topology", () => {
  it("is taken as it is if it is right, and when it is asked for if it is a function", async () => {
    expect(defineScenario({ name: "a", topology: GOOD, run() {} }).topology).toBe(GOOD);
    const late = defineScenario({ name: "a", topology: async () => GOOD, run() {} });
    expect(await givenTopology(late.topology)).toBe(GOOD);
    expect(await givenTopology(undefined)).toBe(undefined);
    expect(() => defineScenario({ name: "a", topology: 3 as never, run() {} })).toThrow(
      "topology must be a function, or a topology, which is an object",
    );
  });

  it.each(WRONG)("is refused for %s", async (_, topology, code, message) => {
    const text = expect.stringContaining(message);
    expect(() => checkTopology("view", topology)).toThrow(expect.objectContaining({ code, message: text }));
    await expect(givenTopology(() => topology as Topology)).rejects.toMatchObject({ code, message: text });
    if (Array.isArray(topology)) return;
    expect(() => defineScenario({ name: "a", topology: topology as Topology, run() {} })).toThrow(
      expect.objectContaining({ code, message: text }),
    );
  });

  it("is refused with a code, whatever is given", () => {
    fc.assert(
      fc.property(
        fc.object({ key: fc.constantFrom("nodes", "edges", "id", "from", "to", "x", "nodeScale") }),
        (given) => {
          try {
            checkTopology("view", given);
          } catch (error) {
            expect((error as { code: string }).code).toMatch(/^ERR_(OPTION|SCENARIO_TOPOLOGY)/);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
