import { describe, expect, it } from "vitest";
import { AgentSimulator, World } from "../../../adapters/mosaik/index.ts";
import { Agent } from "../../../src/index.ts";
import { Probe } from "../adapters/mosaik/simulators.ts";

/** Doubles what it is given, and adds what its partner has. */
class Doubler extends Agent {
  static override readonly exposed = ["ask"] as const;
  static override readonly outputs = ["doubled", "seen"] as const;
  doubled = 0;
  readonly seen: unknown[] = [];
  readonly #partner: string | undefined;
  constructor(params: { partner?: string }) {
    super();
    this.#partner = params.partner;
  }
  async take(inputs: { value: number; all?: Record<string, number> }): Promise<void> {
    this.seen.push([this.clock.time(), inputs]);
    this.doubled = 2 * inputs.value;
    if (this.#partner === undefined) return;
    const partner = await this.connect<typeof Doubler>(this.#partner);
    this.doubled += await partner.ask();
  }
  ask(): number {
    return this.doubled;
  }
}

const population = () =>
  new AgentSimulator({
    stepSize: 2,
    models: {
      Doubler: { agent: Doubler, params: ["partner"], method: "take", inputs: { value: "one", all: "all" } },
      Mute: { agent: Doubler, outputs: ["doubled"] },
    },
  });

/** A source whose output is its time, and one that collects. */
const source = () =>
  new Probe({
    getData: (outputs, time) => Object.fromEntries(Object.keys(outputs).map((eid) => [eid, { out: time }])),
  });

async function world(agents: AgentSimulator, sink = new Probe()) {
  const made = new World(
    { Source: { simulator: source }, Agents: { simulator: () => agents }, Sink: { simulator: () => sink } },
    { timeResolution: 60 },
  );
  const handles = {
    source: await made.start("Source"),
    agents: await made.start("Agents"),
    sink: await made.start("Sink"),
  };
  return { world: made, ...handles };
}

describe("AgentSimulator", () => {
  it("has a model for each class, with parameters, inputs and outputs", () => {
    const { models, type } = population().meta;
    expect(type).toBe("time-based");
    expect(models["Doubler"]).toEqual({
      public: true,
      params: ["eid", "partner"],
      attrs: ["value", "all", "doubled", "seen"],
    });
    expect(models["Mute"]).toEqual({ public: true, params: ["eid"], attrs: ["doubled"] });
  });

  it("gives inputs, settles what they set going, and puts out the result in the same step", async () => {
    const agents = population();
    const sink = new Probe();
    const run = await world(agents, sink);
    const from = await run.source.M();
    const a = await run.agents.Doubler({ eid: "a", partner: "b" });
    const b = await run.agents.Doubler({ eid: "b" });
    const monitor = await run.sink.M();
    for (const agent of [a, b]) {
      run.world.connect(from, agent, ["out", "value"], ["out", "all"]);
      run.world.connect(agent, monitor, ["doubled", "in"]);
    }
    await run.world.run({ until: 5 });
    const atStep2 = { time: 2, inputs: { E0: { in: { "Agents-0.a": 8, "Agents-0.b": 4 } } } };
    expect(sink.steps[2]).toMatchObject(atStep2);
    // Seconds of the agents' clock: 60 for each unit, a step every second unit.
    expect(agents.container.outputs("b", ["seen"])["seen"]).toEqual(
      [0, 2, 4].map((time) => [60 * time, { value: time, all: { "Source-0.E0": time } }]),
    );
    expect(agents.container.traceHash()).toMatch(/^[0-9a-f]{16}$/);
    await run.world.shutdown();
    await expect(agents.container.advance(1000)).rejects.toMatchObject({ code: "ERR_RUN_CLOSED" });
  });

  it("refuses a second source for an input that has one, and inputs that nobody takes", async () => {
    const run = await world(population());
    const [from1, from2] = await run.source.M.create(2);
    const agent = await run.agents.Doubler({ eid: "a" });
    run.world.connect(from1!, agent, ["out", "value"]);
    run.world.connect(from2!, agent, ["out", "value"]);
    await expect(run.world.run({ until: 1 })).rejects.toMatchObject({
      message: expect.stringContaining('input "value" of agent "a" at step 0 has one source, got 2'),
    });
    const other = await world(population());
    const mute = await other.agents.Mute();
    other.world.connect(await other.source.M(), mute, ["out", "doubled"]);
    await expect(other.world.run({ until: 1 })).rejects.toMatchObject({
      message: expect.stringMatching(/Mute-0" takes no input "doubled"; its inputs: none/),
    });
  });

  it("names agent and step when an agent fails", async () => {
    class Broken extends Doubler {
      override async take(): Promise<void> {
        throw new Error("no power");
      }
    }
    const agents = new AgentSimulator({
      models: { Broken: { agent: Broken, method: "take", inputs: { value: "one" } } },
    });
    const run = await world(agents);
    run.world.connect(await run.source.M(), await run.agents["Broken"]!({ eid: "x" }), ["out", "value"]);
    await expect(run.world.run({ until: 1 })).rejects.toMatchObject({
      code: "ERR_BRIDGE_SIMULATOR_FAILED",
      message: expect.stringContaining("Agents-0"),
      cause: expect.objectContaining({ agent: "x", message: expect.stringContaining("no power") }),
    });
  });

  it("has no container before it was started", () => {
    expect(() => population().container).toThrow(expect.objectContaining({ code: "ERR_SCENARIO_NOT_STARTED" }));
  });
});
