import { expect, it } from "vitest";
import { Agent } from "../../../src/agent/index.ts";
import { AgentSimulator, agentModel, type InputData } from "../../../src/cosim/index.ts";

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
