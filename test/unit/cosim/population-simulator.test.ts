import { describe, expect, it, vi } from "vitest";
import { Agent } from "../../../src/agent/index.ts";
import { AgentSimulator, type AgentSimulatorOptions, agentModel, type InputData } from "../../../src/cosim/index.ts";
import { models as linked } from "../../support/linked-agents.ts";

class Meter extends Agent {
  static override readonly outputs = ["sum"] as const;
  sum = 0;
  measure({ all = {} }: { one?: number; all?: Readonly<Record<string, unknown>> }): void {
    for (const value of Object.values(all)) this.sum += value as number;
  }
}

const models = { Meter: agentModel(Meter, { method: "measure", inputs: { one: "one", all: "all" } }) };

/** What a population comes to that gets `inputs` once. */
async function run(inputs: InputData) {
  const agents = new AgentSimulator({ models });
  await agents.init("A", { timeResolution: 1 });
  await agents.create(1, "Meter", { eid: "m" });
  await agents.step(0, inputs);
  const data = await agents.getData({ m: ["sum"] });
  await agents.finalize();
  return { hash: agents.population.traceHash(), data };
}

it("does not depend on the order of a master's keys: mosaik's is that of Python's sets, another one in every run", async () => {
  // 0.1 + 0.2 + 0.3 is another double than 0.3 + 0.2 + 0.1.
  const one = await run({ m: { one: { "S.a": 1 }, all: { "S.a": 0.1, "S.b": 0.2, "S.c": 0.3 } } });
  const other = await run({ m: { all: { "S.c": 0.3, "S.b": 0.2, "S.a": 0.1 }, one: { "S.a": 1 } } });
  expect(other).toEqual(one);
  expect(one.data).toEqual({ m: { sum: 0.1 + 0.2 + 0.3 } });
});

it("says what it needs to live on several containers, and checks its options", async () => {
  const spread = new AgentSimulator({ models, containers: 2 });
  await expect(spread.init("A", { timeResolution: 1 })).rejects.toMatchObject({ code: "ERR_SCENARIO_CONTAINERS" });
  expect(() => new AgentSimulator({ models, container: 2 } as never)).toThrow(/did you mean "containers"\?/);
  expect(() => new AgentSimulator({ models, containers: 0 })).toThrow(/containers must be an integer >= 1, got 0/);
  expect(() => new AgentSimulator({ models, isolation: "remote" as never })).toThrow(/isolation must be one of/);
  await expect(async () => new AgentSimulator({ models }).create(2e6, "Meter", {})).rejects.toThrow(/at most 1000000/);
});

describe("what the module of the agents exports for all containers", () => {
  const module = new URL("../../support/linked-agents.ts", import.meta.url);

  /** Two agents that tell each other what they measure at second 1, until second 2. */
  async function told(options: Partial<AgentSimulatorOptions>) {
    const agents = new AgentSimulator({ models: linked, ...options });
    await agents.init("A", { timeResolution: 1 });
    await agents.create(1, "Linked", { eid: "a", to: "b" });
    await agents.create(1, "Linked", { eid: "b", to: "a" });
    await agents.step(1, { a: { kw: { "S.a": 3 } }, b: { kw: { "S.b": 5 } } });
    await agents.step(2, {});
    const data = await agents.getData({ a: ["heard"], b: ["heard"] });
    const hash = await agents.population.traceHash();
    await agents.finalize();
    return { data, hash };
  }

  it("holds in the only container, too: its communication model and its types", async () => {
    const [alone, spread] = [await told({ module }), await told({ module, containers: 2 })];
    expect(alone.data).toEqual({ a: { heard: [5, 1.25] }, b: { heard: [3, 1.25] } });
    expect(alone).toEqual(spread);
  });

  it("gives way to the option", async () => {
    const communication = { links: { delay: 0.5 } };
    const [alone, spread] = [
      await told({ module, communication }),
      await told({ module, communication, containers: 2, isolation: "process" }),
    ];
    expect(alone.data).toMatchObject({ a: { heard: [5, 1.5] } });
    expect(alone).toEqual(spread);
  });

  it("says which module does not load", async () => {
    const wrong = new URL("../../support/no-such-agents.ts", import.meta.url);
    const text = /no-such-agents\.ts does not load: /;
    await expect(told({ module: wrong })).rejects.toMatchObject({ code: "ERR_SCENARIO_LOAD", message: text });
    expect(() => new AgentSimulator({ models: linked, communication: 5 as never })).toThrow(/communication must be/);
  });

  it("tells of a module that does not end loading, as one that waits for who loads it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const init = told({ module: new URL("../../support/endless-module.ts", import.meta.url) });
      const refused = expect(init).rejects.toMatchObject({
        code: "ERR_SCENARIO_LOAD",
        message: expect.stringMatching(/endless-module\.ts has not loaded within 60 s\. .* a module of their own/),
      });
      await vi.advanceTimersByTimeAsync(60_000);
      await refused;
    } finally {
      vi.useRealTimers();
    }
  });
});
