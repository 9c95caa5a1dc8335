import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  betweenPopulations,
  type CommunicationModel,
  Container,
  combinedTraceHash,
  type Isolation,
  PopulationPart,
  populationOf,
  Recording,
  replay,
} from "cosimas";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { Parent, Walker, walkerIds } from "../support/walkers.ts";

/** Agents spread over populations that meet after each span give the trace of the same agents in one container. */
const SEEDS = process.env["COSIMAS_HEAVY"] === undefined ? 10 : 200;
const UNTIL_S = 12;
const DELAY_S = 0.5;
const AGENTS = 12;

/** Messages are late, overtake each other, come twice and are lost, within and between populations; calls have an end. */
const LOSSY: CommunicationModel = {
  links: (from, to) => {
    const within = populationOf(from) === populationOf(to);
    return { delay: within ? 0.02 : DELAY_S, jitter: 0.3, duplication: 0.1, loss: 0.05 };
  },
  partitions: [{ at: 4, until: 5, groups: [["p0/w0", "p1/w1"]] }],
  callTimeout: 1.4,
};

async function inOne(
  parts: number,
  seed: number,
  inner?: CommunicationModel,
): Promise<{ hash: string; messages: number }> {
  const container = await Container.create({ seed, communication: betweenPopulations(DELAY_S, inner) });
  const all = walkerIds(parts, AGENTS);
  for (const id of all) container.spawn(Walker, { id, args: [{ all, untilS: UNTIL_S - 3 }] });
  await container.advance(UNTIL_S - 1e-6);
  const hash = container.traceHash();
  const messages = container.counts.deliveries.reduce((sum, count) => sum + count, 0);
  await container.close();
  return { hash, messages };
}

/** Where a population lives. */
interface Spread {
  readonly containers: number;
  readonly isolation: Exclude<Isolation, "remote">;
  readonly record?: Recording;
  readonly communication?: CommunicationModel;
}

const ALONE: Spread = { containers: 1, isolation: "inline" };
const module = new URL("../support/walkers.ts", import.meta.url);

/** @param spreadOf - Where each population lives, by its number. */
async function inParts(
  parts: number,
  seed: number,
  periodTicks: number,
  spreadOf: (part: number) => Spread = () => ALONE,
): Promise<{ hash: string; hashes: string[]; packs: number }> {
  const names = Array.from({ length: parts }, (_, i) => `p${i}`);
  const all = walkerIds(parts, AGENTS);
  const populations = await Promise.all(
    names.map((population, i) => {
      const peers = names.filter((name) => name !== population);
      return PopulationPart.create({ population, peers, delayS: DELAY_S, seed, module, ...spreadOf(i) });
    }),
  );
  for (const id of all) {
    const part = populations[names.indexOf(id.split("/")[0]!)]!;
    await part.spawn(Walker, { id, args: [{ all, untilS: UNTIL_S - 3 }] });
  }
  let packs = 0;
  const end = UNTIL_S * 1e6;
  for (let ticks = 0; ticks < end; ) {
    ticks = Math.min(end, ticks + periodTicks);
    await Promise.all(populations.map((part) => part.serveUntil(ticks)));
    for (const part of populations) {
      for (const { peer, bytes } of part.take()) {
        packs++;
        populations[names.indexOf(peer)]!.receive(bytes);
      }
    }
  }
  const hash = combinedTraceHash(populations.map(({ population }) => population.traceChains()));
  const hashes = populations.map(({ population }) => population.traceHash());
  await Promise.all(populations.map(({ population }) => population.close()));
  return { hash, hashes, packs };
}

describe("many populations, one simulation", () => {
  it.each([2, 3, 4])("gives the trace of one container: %i populations", async (parts) => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const one = await inOne(parts, seed);
      expect(one.messages).toBeGreaterThan(100);
      // A period as long as the delay, and one that divides nothing.
      for (const periodTicks of [500_000, 170_003]) {
        const { hash, packs } = await inParts(parts, seed, periodTicks);
        expect(hash, `seed ${seed}, period ${periodTicks}`).toBe(one.hash);
        expect(packs).toBeGreaterThan(10);
      }
    }
  });

  it("gives it when each population lives on 1 to 3 containers of its own", async () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 4 });
    const property = fc.asyncProperty(
      fc.nat(1e6),
      cuts,
      fc.integer({ min: 50_000, max: 500_000 }),
      fc.boolean(),
      async (...given) => {
        const [seed, containers, periodTicks, isLossy] = given;
        const model = isLossy ? { communication: LOSSY } : {};
        const one = await inOne(containers.length, seed, model.communication);
        const spreadOf = (part: number): Spread => ({ containers: containers[part]!, isolation: "inline", ...model });
        const { hash } = await inParts(containers.length, seed, periodTicks, spreadOf);
        expect(hash).toBe(one.hash);
      },
    );
    await fc.assert(property, { numRuns: SEEDS });
  });

  it.each(["thread", "process"] as const)("gives it when they live in a %s each", async (isolation) => {
    const one = await inOne(2, 5);
    const alone = await inParts(2, 5, 500_000);
    const { hash, hashes } = await inParts(2, 5, 500_000, (part) => ({ containers: part + 1, isolation }));
    expect(hash).toBe(one.hash);
    expect(hashes).toEqual(alone.hashes);
  });

  it("refuses a delay below the span, with the reason, and a message that comes too late", async () => {
    const make = (population: string, peer: string) =>
      PopulationPart.create({ population, peers: [peer], delayS: 0.1, seed: 1 });
    const [p0, p1] = [await make("p0", "p1"), await make("p1", "p0")];
    const all = ["p1/w"];
    p0.container.spawn(Walker, { id: "p0/w", args: [{ all, untilS: 9 }] });
    p1.container.spawn(Walker, { id: "p1/w", args: [{ all, untilS: 9 }] });
    await expect(p0.serveUntil(10_000_000)).rejects.toThrow(
      /is due at \d+ ticks, before the populations meet at 10000000/,
    );
    const q0 = await make("p0", "p1");
    q0.container.spawn(Walker, { id: "p0/w", args: [{ all, untilS: 9 }] });
    let pack: Uint8Array | undefined;
    for (let ticks = 100_000; pack === undefined; ticks += 100_000) {
      await q0.serveUntil(ticks);
      pack = q0.take()[0]?.bytes;
    }
    await p1.serveUntil(5_000_000).catch(() => {});
    expect(() => p1.receive(pack!)).toThrow(/were served before it came/);
  });

  it("refuses the same on several containers, and an agent that would belong to another population", async () => {
    const make = (population: string, peer: string) =>
      PopulationPart.create({ population, peers: [peer], delayS: 0.1, seed: 1, containers: 2, module });
    const part = await make("p0", "p1");
    await part.spawn(Walker, { id: "p0/w", args: [{ all: ["p1/w"], untilS: 9 }] });
    await expect(part.serveUntil(10_000_000)).rejects.toMatchObject({
      code: "ERR_COMMUNICATION_LINK",
      message: expect.stringMatching(/is due at \d+ ticks, before the populations meet at 10000000/),
    });
    await part.population.close();
    const parent = await make("p0", "p1");
    await parent.spawn(Parent, { id: "p0/parent" });
    await expect(parent.serveUntil(1_000_000)).rejects.toMatchObject({ cause: { code: "ERR_AGENT_ID" } });
    await parent.population.close();
  });

  it("says what several containers cannot have", async () => {
    const make = (options: object) =>
      PopulationPart.create({ population: "p0", peers: ["p1"], delayS: 0.1, containers: 2, ...options });
    await expect(make({})).rejects.toMatchObject({ code: "ERR_SCENARIO_CONTAINERS", message: /needs the module/ });
    const links = () => undefined;
    const given = { module, isolation: "thread", communication: { links } };
    await expect(make(given)).rejects.toThrow(/export const communication/);
    const types = [{ type: Date, write: String, read: (text: string) => new Date(text) }];
    await expect(make({ module, types })).rejects.toThrow(/export the list that the option types has/);
  });
});

describe("a recording of one of several populations", () => {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-populations-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string) => join(folder, `${name}.mcap`);

  it("has the same bytes for any number of containers, and gives the same hash once more", async () => {
    for (let seed = 0; seed < SEEDS / 5; seed++) {
      const named = (part: number, containers: number) => file(`${seed}-${part}-${containers}`);
      const recorded = (containers: number) => (part: number) => ({
        ...{ containers, isolation: "inline" as const },
        record: new Recording(named(part, containers)),
      });
      const alone = await inParts(2, seed, 500_000, recorded(1));
      const spread = await inParts(2, seed, 500_000, recorded(3));
      expect(spread.hashes).toEqual(alone.hashes);
      for (const part of [0, 1]) {
        expect(readFileSync(named(part, 3)).equals(readFileSync(named(part, 1)))).toBe(true);
        const { difference, traceHash, recordedHash, compared } = await replay(named(part, 3), { classes: [Walker] });
        expect(difference).toBeUndefined();
        expect([traceHash, recordedHash]).toEqual([alone.hashes[part], alone.hashes[part]]);
        expect(compared).toBeGreaterThan(100);
      }
    }
  });
});
