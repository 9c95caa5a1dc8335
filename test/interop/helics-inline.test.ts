import type { FederateSetup, HelicsError } from "cosimas/helics";
import { Federate } from "cosimas/helics";
import { describe, expect, it } from "vitest";
import { freePort, helicsEnvironment, startBroker, startPartner } from "../support/helics.ts";
import { endsWithOthers, expectToldWhy, failureOf, START_MS, TOLD_MS } from "../support/helics-faults.ts";
import { federateProgram } from "../support/helics-program.ts";

/**
 * HELICS inline: in the thread of its federate, here the main one of a program. The faults of `helics-faults.test.ts` hold
 * for it, too, though its event loop stands still: each a typed error in time, and the program ends by itself with its own exit code.
 */
const environment = await helicsEnvironment();
const { reason } = environment;

type Failure = HelicsError & { readonly lines: readonly string[]; readonly output: string };

const entity = { model: "Follower", inputs: { x: "meter/x" } };

function follow(
  broker: { readonly address: string; readonly coreType: string },
  setup: Partial<FederateSetup> = {},
  node: readonly string[] = [],
) {
  const own = { helicsIsolation: "inline", ...setup } as const;
  return federateProgram(environment, { agents: "follower", broker, entity, setup: own }, node);
}

describe.skipIf(reason !== undefined)(`HELICS: inline${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  it("gives what a process of its own gives", async () => {
    const all: unknown[] = [];
    for (const helicsIsolation of ["inline", "process"] as const) {
      const broker = await startBroker(environment, 2);
      const meter = startPartner(environment, broker, "meter", { until: 6 });
      const { seen } = await follow(broker, { helicsIsolation, untilS: 6 });
      expect(await meter.ended).toBe(0);
      expect(await broker.ended).toBe(0);
      all.push([seen, meter.output()]);
    }
    expect(all[0]).toEqual(all[1]);
    expect(all[0]).toEqual([
      [0, 1, 2, 3, 4, 5].map((second) => [second, second]),
      expect.stringMatching(/granted 5 (?:40|50)\ndone/),
    ]);
  });

  it("names a broker that is not there", async () => {
    const address = `tcp://127.0.0.1:${await freePort()}`;
    const run = follow({ address, coreType: "zmq" }, { connectTimeoutMs: 1000 });
    const { error, ms } = await failureOf<Failure>(run);
    expect(error).toMatchObject({ name: "HelicsError", code: "ERR_HELICS_BROKER", federate: "agents" });
    expect(error.message).toMatch(new RegExp(`federate "agents": .*${address}.*; start the broker`));
    expect(ms).toBeLessThan(TOLD_MS + START_MS);
  });

  endsWithOthers(environment, follow);

  it("ends the federation, with the reason, when an agent fails", async () => {
    const broker = await startBroker(environment, 2);
    const meter = startPartner(environment, broker, "meter", { until: 1e6, pause: 0.01 });
    const setup = { helicsIsolation: "inline", untilS: 1e6 } as const;
    const faulty = { ...entity, model: "Faulty" };
    const run = federateProgram(environment, { agents: "faulty", broker, entity: faulty, setup });
    await expect(run).rejects.toMatchObject({ code: "ERR_BRIDGE_SIMULATOR_FAILED" });
    await expectToldWhy(meter, broker, /federate "agents".*the inverter is gone/);
  });

  it.each([
    [
      "the grant",
      { sleep_at: 3 },
      2,
      /at 2\.\d+ s: the grant of 3\.\d+ s/,
      /it waits for federate "meter", which is at 3 s/,
    ],
    [
      "that all are ready",
      undefined,
      2,
      /at its start: the wait for all/,
      /the federation has "agents" so far; start the others/,
    ],
  ] as const)(
    "says what a wait for %s is for while it lasts, and ends it",
    async (_for, partner, count, what, whom) => {
      const broker = await startBroker(environment, count);
      if (partner !== undefined) startPartner(environment, broker, "meter", { until: 10, ...partner });
      const run = follow(broker, { waitWarnMs: 500, waitMs: 1500 });
      const { error } = await failureOf<Failure>(run);
      expect(error).toMatchObject({ code: "ERR_HELICS_TIMEOUT", federate: "agents" });
      expect(error.message).toMatch(/took more than 1500 ms: /);
      expect(error.message).toMatch(whom);
      const said = new RegExp(`warning: federate "agents" ${what.source}.* takes? more than 500 ms: ${whom.source}`);
      expect(error.output.slice(0, error.output.indexOf("told: "))).toMatch(said);
      expect(error.lines.join("\n")).toMatch(said);
    },
  );

  it("lets timers have their turn between grants that follow each other", async () => {
    const broker = await startBroker(environment, 1);
    const options = { library: environment.library!, broker: broker.address, helicsIsolation: "inline" } as const;
    const federate = await Federate.join(
      "alone",
      { ...options, periodS: 1 },
      { publications: [], inputs: [], endpoints: [] },
    );
    try {
      await expect(
        Federate.join("other", options, { publications: [], inputs: [], endpoints: [] }),
      ).rejects.toMatchObject({
        code: "ERR_HELICS_INLINE",
        federate: "other",
        message: /federate "alone" has its HELICS inline/,
      });
      await federate.initialize();
      await federate.execute();
      let turned = false;
      setTimeout(() => {
        turned = true;
      }, 1);
      // Ends by the timer alone.
      for (let step = 1; !turned; step++) expect((await federate.requestTime(step)).timeS).toBe(step);
    } finally {
      await federate.leave();
    }
    expect(await broker.ended).toBe(0);
  });

  it("refuses what needs the event loop during a wait", async () => {
    const { federatePopulation } = await import("cosimas/helics");
    const setup = {
      name: "p0",
      peers: ["p1"],
      delayS: 0.5,
      untilS: 9,
      populate: () => {},
      helicsIsolation: "inline",
    } as const;
    await expect(federatePopulation({ ...setup, containers: 2 })).rejects.toMatchObject({
      ...{ code: "ERR_HELICS_INLINE", message: /2 containers.*helicsIsolation/ },
    });
    await expect(federatePopulation({ ...setup, helicsIsolation: "thread" as never })).rejects.toThrow(
      /helicsIsolation must be one of "process", "inline", got "thread"/,
    );
  });
});
