import type { PopulationOptions } from "cosimas";
import { betweenPopulations, Container, combinedTraceHash } from "cosimas";
import { federatePopulation, type HelicsConfiguration, type PopulationSummary } from "cosimas/helics";
import { describe, expect, it } from "vitest";
import { count } from "../support/heavy.ts";
import { type Broker, helicsEnvironment, start, startBroker } from "../support/helics.ts";
import { Walker, walkerIds } from "../support/walkers.ts";

/** Populations of agents that call each other, each a federate with a HELICS process of its own, over real brokers. */
const environment = await helicsEnvironment();
const { reason } = environment;

/** Of each core type and number of populations. */
const SEEDS = count("seeds of populations over HELICS", 2, 100);
const SEED_TIMEOUT_MS = 30_000;
const UNTIL_S = 10;
const DELAY_S = 0.5;
const AGENTS = 12;

async function inOne(parts: number, seed: number): Promise<string> {
  const container = await Container.create({ seed, communication: betweenPopulations(DELAY_S) });
  const all = walkerIds(parts, AGENTS);
  for (const id of all) container.spawn(Walker, { id, args: [{ all, untilS: UNTIL_S - 3 }] });
  await container.advance(UNTIL_S - 1e-6);
  const hash = container.traceHash();
  await container.close();
  return hash;
}

const module = new URL("../support/walkers.ts", import.meta.url);

/** @param spread - Where the agents of each population live. */
function federation(
  brokers: readonly Pick<Broker, "address" | "coreType">[],
  seed: number,
  periodS: number,
  spread: PopulationOptions = {},
): Promise<PopulationSummary[]> {
  const names = brokers.map((_, i) => `p${i}`);
  const all = walkerIds(names.length, AGENTS);
  return Promise.all(
    brokers.map(({ address, coreType }, i) =>
      federatePopulation({
        ...{ name: names[i]!, peers: names.filter((_, j) => j !== i), delayS: DELAY_S, periodS, untilS: UNTIL_S, seed },
        ...{ library: environment.library!, broker: address, coreType: coreType as "zmq", connectTimeoutMs: 20_000 },
        ...spread,
        populate(home) {
          for (const id of all.filter((own) => own.startsWith(`${names[i]}/`))) {
            home.spawn(Walker, { id, args: [{ all, untilS: UNTIL_S - 3 }] });
          }
        },
      }),
    ),
  );
}

describe.skipIf(reason !== undefined)(
  `HELICS: populations${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    it.each([
      ["zmq", 2, 0.5],
      ["zmq", 3, 0.25],
      ["zmq", 4, 0.5],
      ["zmq", 2, 1 / 3],
      ["tcpss", 2, 0.5],
      ["tcpss", 3, 0.25],
      ["tcpss", 4, 0.5],
    ])(
      "over %s, %i of them, give the trace of one container (a period of %f s)",
      { timeout: SEEDS * SEED_TIMEOUT_MS },
      async (coreType, parts, periodS) => {
        for (let seed = 0; seed < SEEDS; seed++) {
          const broker = await startBroker(environment, parts, { coreType });
          const summaries = await federation(
            Array.from({ length: parts }, () => broker),
            seed,
            periodS,
          );
          expect(combinedTraceHash(summaries.map(({ chains }) => chains)), `seed ${seed}`).toBe(
            await inOne(parts, seed),
          );
          const sent = summaries.reduce((sum, summary) => sum + summary.sent, 0);
          expect(sent).toBeGreaterThan(50);
          expect(await broker.ended).toBe(0);
        }
      },
    );

    it.each([
      [1, "process"],
      [2, "inline"],
      [2, "thread"],
      [4, "inline"],
      [4, "process"],
    ] as const)("give it on %i containers each (%s)", async (containers, isolation) => {
      const broker = await startBroker(environment, 2);
      const summaries = await federation([broker, broker], 11, DELAY_S, { containers, isolation, module });
      expect(combinedTraceHash(summaries.map(({ chains }) => chains))).toBe(await inOne(2, 11));
      const counts = summaries.map(({ sent, received }) => [sent, received]);
      expect(counts[0]).toEqual([counts[1]![1], counts[1]![0]]);
      expect(await broker.ended).toBe(0);
    });

    it("give it over a tree of brokers", async () => {
      const root = await startBroker(environment, 3);
      const port = root.port + 20;
      const options = ["--coretype=zmq", `--broker_address=${root.address}`, "--tick=500ms", "--timeout=3s"];
      const child = start(environment.broker!, ["-f", "2", `--port=${port}`, ...options]);
      const below = { address: `tcp://127.0.0.1:${port}`, coreType: "zmq" };
      const summaries = await federation([root, below, below], 7, DELAY_S);
      expect(combinedTraceHash(summaries.map(({ chains }) => chains))).toBe(await inOne(3, 7));
      expect(await Promise.all([root.ended, child.ended])).toEqual([0, 0]);
    });

    it("refuse a period above the delay, with the reason, and agents of another population", async () => {
      const setup = { name: "p0", peers: ["p1"], delayS: 0.5, untilS: 9, populate: () => {} };
      await expect(federatePopulation({ ...setup, periodS: 1 })).rejects.toThrow(
        /periodS is 1, which is more than delayS, 0.5: .* take a period of at most the smallest delay/,
      );
      const populate = (home: { spawn: (type: typeof Walker, options: object) => void }) => {
        home.spawn(Walker, { id: "p1/w" });
      };
      await expect(federatePopulation({ ...setup, populate: populate as never })).rejects.toThrow(/begins with "p0\/"/);
      const configured = (configuration: HelicsConfiguration | string) =>
        federatePopulation({ ...setup, configuration });
      const code = "ERR_HELICS_CONFIGURATION";
      await expect(configured({ perod: 1 })).rejects.toMatchObject({ code, message: /did you mean "period"/ });
      await expect(configured({ period: 1, endpoints: [] })).rejects.toMatchObject({
        ...{ code, message: /has period, endpoints, which populations that talk to each other decide themselves/ },
      });
      await expect(configured({ name: "p7" })).rejects.toMatchObject({ code, message: /the name "p7".*"p0"/ });
      await expect(configured("no/such.json")).rejects.toMatchObject({ code, message: /no\/such\.json/ });
      await expect(federatePopulation({ ...setup, peers: [] })).rejects.toThrow(/peers must be the names/);
    });
  },
);
