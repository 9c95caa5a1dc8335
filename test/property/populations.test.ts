import { betweenPopulations, Container, combinedTraceHash, PopulationPart } from "cosimas";
import { describe, expect, it } from "vitest";
import { Walker, walkerIds } from "../support/walkers.ts";

/** Agents spread over populations that meet after each span give the trace of the same agents in one container. */
const SEEDS = process.env["COSIMAS_HEAVY"] === undefined ? 10 : 200;
const UNTIL_S = 12;
const DELAY_S = 0.5;
const AGENTS = 12;

async function inOne(parts: number, seed: number): Promise<{ hash: string; messages: number }> {
  const container = await Container.create({ seed, communication: betweenPopulations(DELAY_S) });
  const all = walkerIds(parts, AGENTS);
  for (const id of all) container.spawn(Walker, { id, args: [{ all, untilS: UNTIL_S - 3 }] });
  await container.advance(UNTIL_S - 1e-6);
  const hash = container.traceHash();
  const messages = container.counts.deliveries.reduce((sum, count) => sum + count, 0);
  await container.close();
  return { hash, messages };
}

async function inParts(parts: number, seed: number, periodTicks: number): Promise<{ hash: string; packs: number }> {
  const names = Array.from({ length: parts }, (_, i) => `p${i}`);
  const all = walkerIds(parts, AGENTS);
  const populations = await Promise.all(
    names.map((population) => {
      const peers = names.filter((name) => name !== population);
      return PopulationPart.create({ population, peers, delayS: DELAY_S, seed });
    }),
  );
  for (const id of all) {
    const part = populations[names.indexOf(id.split("/")[0]!)]!;
    part.container.spawn(Walker, { id, args: [{ all, untilS: UNTIL_S - 3 }] });
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
  const hash = combinedTraceHash(populations.map(({ container }) => container.traceChains()));
  await Promise.all(populations.map(({ container }) => container.close()));
  return { hash, packs };
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
});
