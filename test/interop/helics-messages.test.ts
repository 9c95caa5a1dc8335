import type { Log } from "cosimas";
import { describe, expect, it } from "vitest";
import { helicsEnvironment, start, startBroker, startPartner } from "../support/helics.ts";
import {
  CLERK,
  type Clerk,
  COSINE,
  type Cosine,
  FOLLOWER,
  type Follower,
  federateOne,
  populationOf,
} from "../support/helics-agents.ts";

/** Messages, iteration, filters, trees of brokers and unequal ends, with federates in Python, over real brokers. */
const environment = await helicsEnvironment();
const { reason } = environment;

const clerk = () => populationOf(CLERK, { type: "event-based" });
const orders = { orders: { endpoint: "agents/a/orders" } } as const;

describe.skipIf(reason !== undefined)(`HELICS: messages${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  it("reach the agents when they are due, and the agents' own the others", async () => {
    const broker = await startBroker(environment, 2);
    const control = startPartner(environment, broker, "control", { until: 5 });
    const { agent } = await federateOne<Clerk>(
      environment,
      broker,
      clerk(),
      { model: "Clerk", inputs: orders, outputs: { answer: { to: "control/out" } } },
      { untilS: 5 },
    );
    expect(agent.seen).toEqual([0, 1, 2, 3, 4].map((at) => [at, "control/out", { at }]));
    expect(await control.ended).toBe(0);
    const answers = [...control.output().matchAll(/message (\S+) (\S+) (.*)/g)].map(([, t, from, text]) => [
      t,
      from,
      JSON.parse(text!),
    ]);
    expect(answers).toEqual([1, 2, 3, 4].map((t) => [String(t), "agents/a/answer", { got: 1, at: t - 1 }]));
    expect(await broker.ended).toBe(0);
  });

  it("of one time come in the order of their senders' names, in every run", async () => {
    const names = ["c", "a", "d", "b"];
    for (let run = 0; run < 3; run++) {
      const broker = await startBroker(environment, 2);
      startPartner(environment, broker, "control", { until: 3, order: names });
      const { agent } = await federateOne<Clerk>(
        environment,
        broker,
        clerk(),
        { model: "Clerk", inputs: orders, outputs: [] },
        { untilS: 3 },
      );
      const sorted = ["a", "b", "c", "d"].map((name) => `control/${name}`);
      expect(agent.seen.map(([at, from]) => [at, from])).toEqual(
        [0, 1, 2].flatMap((at) => sorted.map((from) => [at, from])),
      );
    }
  });

  it("to an endpoint that only sends are dropped, which is said once", async () => {
    const broker = await startBroker(environment, 2);
    const control = startPartner(environment, broker, "control", { until: 4, to: "agents/a/answer" });
    const warnings: string[] = [];
    const log: Log = (level, text) => void (level === "warning" && warnings.push(String(text)));
    const { agent } = await federateOne<Clerk>(
      environment,
      broker,
      clerk(),
      { model: "Clerk", inputs: orders, outputs: { answer: { to: "control/out" } } },
      { untilS: 4, log },
    );
    expect(agent.seen).toEqual([]);
    expect(warnings).toEqual([
      'federate "agents": a message from control/out to agents/a/answer, due at 0 s, is dropped, as all to it are: ' +
        "agents/a/answer only sends; name it as the endpoint of an agent's input too, to read them",
    ]);
    expect(await Promise.all([control.ended, broker.ended])).toEqual([0, 0]);
  });

  it("that a filter delays arrive so much later, at the next whole unit", async () => {
    const broker = await startBroker(environment, 2);
    startPartner(environment, broker, "control", { until: 6, filter_delay: 1.5 });
    const { agent } = await federateOne<Clerk>(
      environment,
      broker,
      clerk(),
      { model: "Clerk", inputs: orders, outputs: [] },
      { untilS: 6 },
    );
    // Sent at 0, 1, 2 …, due at 1.5, 2.5, 3.5 …
    expect(agent.seen).toEqual([2, 3, 4, 5].map((at) => [at, "control/out", { at: at - 2 }]));
  });

  it("and values iterate at one time until nothing changes: x = cos y, y = x", async () => {
    const broker = await startBroker(environment, 2);
    const identity = startPartner(environment, broker, "identity", { until: 2 });
    const { agent, summary } = await federateOne<Cosine>(
      environment,
      broker,
      populationOf(COSINE, { type: "event-based" }),
      { model: "Cosine", inputs: { y: "identity/y" }, outputs: { x: { publication: "agents/a/y" } } },
      { untilS: 3, iterate: "ifNeeded", maxIterations: 200 },
    );
    expect(agent.x.toFixed(10)).toBe("0.7390851332");
    expect(await identity.ended).toBe(0);
    expect(identity.output()).toContain("fixed point 0.7390851332");
    expect(summary.steps).toBeGreaterThan(50);
  });

  it("pass through a tree of brokers", async () => {
    const root = await startBroker(environment, 2);
    const port = root.port + 20;
    const child = start(environment.broker!, [
      ...["-f", "1", `--port=${port}`, "--coretype=zmq", `--broker_address=${root.address}`],
      ...["--tick=500ms", "--timeout=3s"],
    ]);
    const below = { address: `tcp://127.0.0.1:${port}`, coreType: "zmq" };
    const meter = startPartner(environment, root, "meter", { until: 4 });
    const { agent } = await federateOne<Follower>(
      environment,
      below,
      populationOf(FOLLOWER),
      { model: "Follower", inputs: { x: "meter/x" } },
      { untilS: 4 },
    );
    expect(agent.seen).toEqual([0, 1, 2, 3].map((t) => [t, t]));
    expect(await Promise.all([meter.ended, root.ended, child.ended])).toEqual([0, 0, 0]);
  });

  it.each([
    ["before the others", 3, 8],
    ["after the others", 8, 3],
  ])("cease when the agents end %s, and all end well", async (_when, untilS, until) => {
    const broker = await startBroker(environment, 2);
    const meter = startPartner(environment, broker, "meter", { until });
    const { agent, summary } = await federateOne<Follower>(
      environment,
      broker,
      populationOf(FOLLOWER),
      { model: "Follower", inputs: { x: "meter/x" } },
      { untilS },
    );
    expect(summary.steps).toBe(untilS);
    const last = Math.min(untilS, until) - 1;
    // The last value stays.
    expect(agent.seen).toEqual(Array.from({ length: untilS }, (_, t) => [t, Math.min(t, last)]));
    expect(await Promise.all([meter.ended, broker.ended])).toEqual([0, 0]);
    expect(meter.output()).toContain("done");
  });
});
