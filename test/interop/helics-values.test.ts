import { describe, expect, it } from "vitest";
import { helicsEnvironment, startBroker, startPartner } from "../support/helics.ts";
import { FOLLOWER, type Follower, federateOne, populationOf } from "../support/helics-agents.ts";

/** Values between agents and a federate in Python, over a real broker. */
const environment = await helicsEnvironment();
const { reason } = environment;

describe.skipIf(reason !== undefined)(`HELICS: values${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  it.each(["zmq", "tcpss"])(
    "of the same time reach the agents, and the agents' answers the others (%s)",
    async (coreType) => {
      const broker = await startBroker(environment, 2, { coreType });
      const meter = startPartner(environment, broker, "meter", { until: 6 });
      const { agent, summary } = await federateOne<Follower>(
        environment,
        broker,
        populationOf(FOLLOWER),
        { model: "Follower", inputs: { x: "meter/x" } },
        { untilS: 6 },
      );
      expect(agent.seen).toEqual([0, 1, 2, 3, 4, 5].map((t) => [t, t]));
      expect(summary).toMatchObject({ grants: 6, steps: 6, timeS: 5.000001 });
      expect(await meter.ended).toBe(0);
      expect(meter.output()).toContain("done");
      // What the agents say at t is there for whoever is granted t + 1.
      const granted = [...meter.output().matchAll(/granted (\d+) (\d+)/g)].map(([, t, y]) => [Number(t), Number(y)]);
      expect(granted).toEqual([1, 2, 3, 4, 5].map((t) => [t, 10 * (t - 1)]));
      expect(await broker.ended).toBe(0);
    },
  );
});
