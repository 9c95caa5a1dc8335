import { fileURLToPath } from "node:url";
import { type Entity, type InputData, type ModelFactory, Simulator, World } from "cosimas/mosaik";
import { describe, expect, it } from "vitest";
import { pythonEnvironment } from "../support/python.ts";

/** Whole floats of Python's on their way through a World: to another simulator in Python, and to one in JavaScript. */
const { python, reason } = await pythonEnvironment("mosaik");
const program = fileURLToPath(new URL("../support/float_simulators.py", import.meta.url));

interface Models {
  Model: ModelFactory;
  whole(): Promise<number>;
  seen(): Promise<string[]>;
}

/** A sink in this process. */
class Here extends Simulator {
  readonly meta = {
    api_version: "3.0",
    type: "time-based",
    models: { Model: { any_inputs: true, params: [], attrs: [] } },
  } as const;
  readonly inputs: unknown[] = [];
  create(_num: number, type: string) {
    return [{ eid: "H", type }];
  }
  step(time: number, inputs: InputData): number {
    this.inputs.push(structuredClone(inputs["H"]));
    return time + 1;
  }
  getData() {
    return {};
  }
}

const VALUES = { a: 1, b: 1, c: { x: [2, 2, 2.5, 0], y: null }, d: 1e22, e: 3 };
const ATTRS = ["a", "b", "c", "d", "e"] as const;

describe.skipIf(reason !== undefined)(`floats${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  it.each([true, false])("of Python stay floats in Python and are numbers here, cache: %s", async (cache) => {
    const entry = (name: string) => ({ cmd: [python!, program, name, "%(addr)s"] });
    const here = new Here();
    const config = { Source: entry("Source"), Sink: entry("Sink"), Here: { simulator: () => here } };
    const world = new World(config, { cache, startTimeoutMs: 60_000, onOutput: () => {} });
    const steps: unknown[] = [];
    world.attach((batch) => {
      for (const event of batch)
        if (event.kind === "step" && event.sim === "Sink-0") steps.push(structuredClone(event));
    });
    try {
      const simulator = await world.start<Models>("Source");
      const source = await simulator.Model();
      const sinks = await world.start<Models>("Sink");
      const [now, late, changed] = (await sinks.Model.create(3)) as [Entity, Entity, Entity];
      world.connect(source, now, ...ATTRS);
      world.connect(source, late, "a", "b", { timeShifted: true, initialData: { a: 0, b: 0 } });
      world.connect(source, changed, "a", "b", { transform: (value) => value });
      world.connect(source, await (await world.start("Here")).Model(), ...ATTRS);
      await world.run({ until: 2 });
      const exact = "a=1.0, b=1, c={'x': [2.0, 2, 2.5, 0.0], 'y': None}, d=1e+22, e=3.0";
      expect((await sinks.seen()).sort()).toEqual(
        [exact, "a=0, b=0", "a=1, b=1", exact, "a=1.0, b=1", "a=1, b=1"].sort(),
      );
      expect(await simulator.whole()).toBe(7);
      expect(source.extraInfo).toBe(1);
      const inputs = Object.fromEntries(ATTRS.map((attr) => [attr, { "Source-0.S-0": VALUES[attr] }]));
      expect(here.inputs).toEqual([inputs, inputs]);
      expect(await world.getData([source], ...ATTRS)).toEqual(new Map([[source, VALUES]]));
      expect(steps).toHaveLength(2);
      expect((steps[1] as { inputs: InputData }).inputs["T-0"]).toEqual(inputs);
    } finally {
      await world.shutdown();
    }
  });
});
