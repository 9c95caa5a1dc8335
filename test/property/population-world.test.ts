import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type InputData,
  type ModelFactory,
  type OutputData,
  type OutputRequest,
  Simulator,
  type Time,
  World,
} from "../../adapters/mosaik/index.ts";
import { AgentSimulator, agentModel, type TraceEvent } from "../../src/cosim/index.ts";
import { Agent } from "../../src/index.ts";

/** A population in a World, by places, against the same one with a `step` and a `getData` of its own, which are given objects. */

class Meter extends Agent {
  static override readonly outputs = ["n", "seen", "2"] as const;
  n = 0;
  seen: unknown = null;
  2 = [1];

  take(inputs: { one?: unknown; all?: Record<string, unknown> }): void {
    this.n++;
    this.seen = JSON.stringify(inputs);
    inputs.one = this.n;
  }
}

const models = {
  Meter: agentModel(Meter, { method: "take", inputs: { all: "all", one: "one" }, outputs: ["n", "seen", "2"] }),
};

let placed = 0;

class Population extends AgentSimulator {
  constructor() {
    super({ models });
  }
  override stepPlaced(...args: Parameters<AgentSimulator["stepPlaced"]>): Promise<Time | null> {
    placed++;
    return super.stepPlaced(...args);
  }
}

class InObjects extends Population {
  override step(time: Time, inputs: InputData): Promise<Time | null> {
    return super.step(time, inputs);
  }
  override getData(asked: OutputRequest): Promise<OutputData> {
    return super.getData(asked);
  }
}

/** Gives what it is told to give, and keeps what it gets. */
class Source extends Simulator {
  readonly meta = {
    api_version: "3.0",
    type: "time-based",
    models: { Source: { public: true, params: ["eid"], attrs: ["u", "v", "got", "1"] } },
  } as const;
  readonly got: string[] = [];
  readonly #values: () => unknown;

  constructor(values: () => unknown) {
    super();
    this.#values = values;
  }
  create(_num: number, type: string, { eid }: { readonly eid?: string }) {
    return [{ eid: eid!, type }];
  }
  step(time: Time, inputs: InputData): Time {
    this.got.push(JSON.stringify(inputs));
    return time + 1;
  }
  getData(asked: OutputRequest): OutputData {
    const valued = (attrs: readonly string[]) => Object.fromEntries(attrs.map((attr) => [attr, this.#values()]));
    return Object.fromEntries(Object.entries(asked).map(([eid, attrs]) => [eid, valued(attrs)]));
  }
}

const SOURCES = ["s", "7", "a"];
const METERS = ["10", "m", "2"];
const given = fc.record({
  source: fc.constantFrom(...SOURCES),
  meter: fc.constantFrom(...METERS),
  attr: fc.constantFrom("u", "v", "1"),
  input: fc.constantFrom("one", "all", "all", "all"),
});
const taken = fc.record({
  meter: fc.constantFrom(...METERS),
  source: fc.constantFrom(...SOURCES),
  output: fc.constantFrom("n", "seen", "2"),
  attr: fc.constantFrom("got", "1"),
});
const value = fc.oneof(
  { weight: 5, arbitrary: fc.double() },
  { weight: 1, arbitrary: fc.constantFrom(null, "text", [1, { a: 2 }], -0) },
);

describe("a population in a World", () => {
  it("sees, gives and traces the same, whether its inputs come by places or as objects", async () => {
    // An entity is connected once to an attribute of another; all from one source would overrule each other.
    const inputs = fc.uniqueArray(given, { maxLength: 6, selector: (to) => [to.source, to.meter, to.input].join() });
    const outputs = fc.uniqueArray(taken, { maxLength: 5, selector: (from) => [from.meter, from.source].join() });
    const links = fc.tuple(inputs, outputs);
    await fc.assert(
      fc.asyncProperty(links, fc.array(value, { minLength: 1, maxLength: 20 }), async ([ins, outs], values) => {
        const run = async (population: AgentSimulator) => {
          let i = 0;
          const source = new Source(() => values[i++ % values.length]);
          const world = new World({ S: { simulator: () => source }, P: { simulator: () => population } });
          const { Source: model } = await world.start<{ Source: ModelFactory }>("S");
          const { Meter: meter } = await world.start<{ Meter: ModelFactory }>("P");
          const sources = new Map<string, Awaited<ReturnType<typeof model>>>();
          const meters = new Map<string, Awaited<ReturnType<typeof meter>>>();
          for (const eid of SOURCES) sources.set(eid, await model({ eid }));
          for (const eid of METERS) meters.set(eid, await meter({ eid }));
          for (const { source, meter, attr, input } of ins) {
            world.connect(sources.get(source)!, meters.get(meter)!, [attr, input]);
          }
          const later = { timeShifted: true, initialData: { n: 0, seen: 0, "2": 0 } } as const;
          for (const { meter, source, output, attr } of outs) {
            const initialData = { [output]: later.initialData[output as "n"] };
            world.connect(meters.get(meter)!, sources.get(source)!, [output, attr], { ...later, initialData });
          }
          const events: TraceEvent[] = [];
          world.attach((batch) => void events.push(...batch));
          const ended = await world.run({ until: 4 }).then(
            () => "ended",
            (error: Error) => error.message,
          );
          return { ended, events, got: source.got, hash: population.population.traceHash() };
        };
        const general = await run(new InObjects());
        expect(await run(new Population())).toEqual(general);
      }),
      { numRuns: 150 },
    );
    expect(placed).toBeGreaterThan(100);
  });
});
