import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { Channel } from "../../../src/channel/index.ts";
import { type AgentInput, Container, type Isolation, Platform } from "../../../src/index.ts";
import { Member } from "../../../src/platform/member.ts";
import { Meter } from "../../support/meters.ts";
import { types, Worker } from "../../support/platform-agents.ts";

/** A step of a population on several containers: what crosses for it, and that it does what one container does. */
const module = new URL("../../support/meters.ts", import.meta.url);
const IDS = Array.from({ length: 40 }, (_, i) => `meter-${i}`);

async function both(isolation: Isolation): Promise<readonly [Container, Platform]> {
  const one = await Container.create();
  const many = await Platform.create({ module, isolation, containers: 2 });
  onTestFinished(async () => void (await Promise.all([one.close(), many.close()])));
  for (const id of IDS) one.spawn(Meter, { id });
  await Promise.all(IDS.map((id) => many.spawn("Meter", { id })));
  return [one, many];
}

const set = (agent: string, ...args: unknown[]): AgentInput => ({ agent, method: "set", args });

const request = new Map(IDS.map((id): [string, string[]] => [id, ["last", "taken"]]));

afterEach(() => vi.restoreAllMocks());

describe("a step of a platform", () => {
  it("is one order for each container, if agents only take inputs; its read is none", async () => {
    const orders = vi.spyOn(Member.prototype, "obey");
    const [one, many] = await both("inline");
    for (let t = 0; t < 4; t++) {
      orders.mockClear();
      const inputs = IDS.map((id, i) => set(id, i + t / 10));
      one.inputs(inputs);
      many.inputs(inputs);
      expect(await many.advance(t)).toBe(await one.advance(t));
      expect(await many.read(request)).toEqual(await one.read(request));
      const asked = orders.mock.calls.map(([order]) => order.task.what);
      // At first the agents are made, in a round of their own, and nobody knows what is going to be read.
      if (t > 0) expect(asked).toEqual(["round", "round"]);
    }
    expect(many.traceHash()).toBe(one.traceHash());
  });

  it("goes on where another container has something to say after all, and reads what came of it", async () => {
    const [one, many] = await both("inline");
    for (let t = 0; t < 3; t++) {
      const call = { agent: "meter-0", method: "pass", args: ["meter-1", t + 10] };
      for (const population of [one, many]) {
        population.inputs([set("meter-1", t), call]);
        await population.advance(t);
        const values = await population.read(new Map([...request].reverse()));
        expect(values.get("meter-0")).toEqual({ last: t + 11, taken: 0 });
        expect(values.get("meter-1")).toEqual({ last: t + 10, taken: 2 * (t + 1) });
      }
    }
    expect(many.traceHash()).toBe(one.traceHash());
  });

  it.each(["inline", "process"] as const)("keeps every value, alike or not: %s", async (isolation) => {
    const [one, many] = await both(isolation);
    const numbers = [0, -0, 0.1, -1, 2 ** 31, -(2 ** 31), 2 ** 53, 1e300, Number.NaN, Number.POSITIVE_INFINITY];
    const others = [null, true, "text", 2n ** 60n, new Uint8Array([1, 2]), [1, "two"], { three: 3 }];
    const steps = [
      IDS.map((id, i) => set(id, numbers[i % numbers.length])),
      IDS.map((id, i) => set(id, i, numbers[i % numbers.length])),
      IDS.map((id, i) => set(id, [...numbers, ...others][i % 17])),
      IDS.map((id, i) => set(id, ...numbers.slice(0, i % 3))),
      [...IDS, ...IDS].map((id) => set(id)),
    ];
    for (const [t, inputs] of steps.entries()) {
      for (const population of [one, many]) {
        population.inputs(inputs);
        await population.advance(t);
      }
      expect(await many.read(request)).toEqual(await one.read(request));
    }
    const uneven = new Map(IDS.map((id, i): [string, string[]] => [id, ["taken", "last"].slice(0, i % 3)]));
    expect(await many.read(uneven)).toEqual(await one.read(uneven));
    expect(many.traceHash()).toBe(one.traceHash());
  });

  it("reads different outputs at once", async () => {
    const [, many] = await both("inline");
    many.inputs(IDS.map((id, i) => set(id, i)));
    await many.advance(1);
    const reads = await Promise.all([
      many.outputs("meter-3", ["last"]),
      many.read(request),
      many.outputs("meter-4", ["taken", "last"]),
    ]);
    expect(reads[0]).toEqual({ last: 3 });
    expect(reads[1].get("meter-39")).toEqual({ last: 39, taken: 1 });
    expect(reads[2]).toEqual({ taken: 1, last: 4 });
    await expect(
      many.read(
        new Map([
          ["meter-1", ["last"]],
          ["nobody", ["last"]],
        ]),
      ),
    ).rejects.toMatchObject({
      code: "ERR_AGENT_UNKNOWN",
    });
  });

  it.each(["thread", "process"] as const)(
    "sends no frame to a container that has nothing at a tag: %s",
    async (isolation) => {
      const module = new URL("../../support/platform-agents.ts", import.meta.url);
      const one = await Container.create({ types });
      const many = await Platform.create({ module, isolation, containers: 4 });
      onTestFinished(async () => void (await Promise.all([one.close(), many.close()])));
      const requests = vi.spyOn(Channel.prototype, "ask");
      // Each is a frame there and one back; whose channel it is shows when its agent is made.
      const channels: unknown[] = [];
      for (let i = 0; i < 4; i++) {
        one.spawn(Worker, { id: `worker-${i}` });
        await many.spawn("Worker", { id: `worker-${i}` });
        channels.push(requests.mock.contexts.at(-1));
      }
      const step = async (t: number, give: (population: Container | Platform) => void) => {
        requests.mockClear();
        for (const population of [one, many]) {
          give(population);
          await population.advance(t);
        }
        return channels.map((channel) => requests.mock.contexts.filter((context) => context === channel).length);
      };
      expect(await step(0, () => {})).toEqual([1, 1, 1, 1].map(() => expect.any(Number)));
      expect(await step(1, () => {})).toEqual([0, 0, 0, 0]);
      // A call and its answer: what is not 0 or 1 is not asked, and each of the two only when something has come.
      const asks = await step(2, (population) => {
        population.call("worker-0", "ask", ["worker-1", "echo", 1]).catch(() => {});
      });
      expect(asks.slice(2)).toEqual([0, 0]);
      expect(asks[1]).toBe(2); // its round, and the end of the advance
      // What is on its way for five seconds is nothing until then.
      const order = await step(3, (population) => population.input("worker-2", "order", ["worker-3", 1, 5]));
      expect([order[0], order[1], order[3]]).toEqual([0, 0, 0]);
      expect((await step(7, () => {})).reduce((sum, frames) => sum + frames)).toBe(0);
      const due = await step(8, () => {});
      expect([due[0], due[1], due[2]]).toEqual([0, 0, 0]);
      expect(due[3]).toBeGreaterThan(0);
      expect(many.traceHash()).toBe(one.traceHash());
    },
  );
});
