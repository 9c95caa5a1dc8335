import { describe, expect, it } from "vitest";
import { type Entity, World } from "../../../../adapters/mosaik/index.ts";
import { Probe, type ProbeBehaviour } from "./simulators.ts";

/** A world that is run piece by piece, and worlds of many simulators. */

async function worldOf(behaviours: Record<string, ProbeBehaviour>) {
  const probes = Object.fromEntries(Object.entries(behaviours).map(([id, behaviour]) => [id, new Probe(behaviour)]));
  const world = new World(Object.fromEntries(Object.entries(probes).map(([id, p]) => [id, { simulator: () => p }])));
  const entities: Record<string, Entity> = {};
  for (const id of Object.keys(probes)) entities[id] = await (await world.start(id, { simId: id })).M();
  return { world, probes, entities };
}

const seen = ({ steps }: Probe) => steps.map(({ time, inputs }) => [time, inputs["E0"]?.["in"]]);

/** Sources at different paces, one of them three steps late: what is kept between two runs matters. */
async function scenario() {
  const made = await worldOf({ a: {}, b: { stepSize: 4 }, c: { hops: (time) => time % 3 } });
  const { world, entities } = made;
  world.connect(entities["a"]!, entities["b"]!, ["out", "in"]);
  world.connect(entities["a"]!, entities["c"]!, ["out", "in"], { timeShifted: 3, initialData: { out: "none yet" } });
  return made;
}

describe("runs of one world", () => {
  it.each([[[5, 10, 23]], [[1, 2, 3, 4, 23]]])("that end at %j give what one run gives", async (ends) => {
    const once = await scenario();
    await once.world.run({ until: 23 });
    const pieces = await scenario();
    for (const until of ends) {
      await pieces.world.run({ until });
      expect(pieces.probes["a"]!.steps.length).toBe(until);
    }
    for (const id of ["a", "b", "c"]) expect(seen(pieces.probes[id]!)).toEqual(seen(once.probes[id]!));
    expect(pieces.probes["a"]!.calls.filter((call) => call === "setupDone")).toHaveLength(1);
    const { simulators } = pieces.world.summary();
    expect(simulators.map(({ steps }) => steps)).toEqual([23, 6, 23]);
  });

  it("are asked for data and extra methods in between, but nothing is connected any more", async () => {
    const { world, entities } = await scenario();
    await world.run({ until: 5 });
    expect((await world.getData([entities["a"]!], "out")).get(entities["a"]!)).toEqual({ out: "a@4" });
    expect(() => world.connect(entities["a"]!, entities["c"]!, "in")).toThrow(/cannot be changed once it runs/);
    await expect(world.run({ until: 5 })).rejects.toThrow(/until must be after 5, where the last run ended; got 5/);
    await expect(world.run({ until: 9, lazyStepping: false })).rejects.toThrow(/lazyStepping is fixed/);
    await world.run({ until: 6 });
    await world.shutdown();
    await expect(world.run({ until: 7 })).rejects.toMatchObject({ code: "ERR_RUN_REPEATED" });
    const other = await scenario();
    const first = other.world.run({ until: 5 });
    await expect(other.world.run({ until: 6 })).rejects.toMatchObject({ code: "ERR_RUN_BUSY" });
    await first;
  });

  it("go on in real time from where they were", async () => {
    const { world, probes } = await worldOf({ a: {} });
    await world.run({ until: 2000 });
    const startMs = performance.now();
    await world.run({ until: 2003, rtFactor: 0.02 });
    const tookMs = performance.now() - startMs;
    expect(probes["a"]!.steps).toHaveLength(2003);
    expect(tookMs).toBeGreaterThan(3 * 20 - 1);
    // Not from 0: that would be 40 s.
    expect(tookMs).toBeLessThan(10_000);
  });
});

describe("advance", () => {
  it("makes the steps up to a time, with that, and tells when the next one is", async () => {
    const { world, probes } = await worldOf({ a: { stepSize: 3 } });
    const times = () => probes["a"]!.steps.map(({ time }) => time);
    expect(await world.advance(0)).toBe(3);
    expect(times()).toEqual([0]);
    expect(await world.advance(2)).toBe(3);
    expect(times()).toEqual([0]);
    expect(await world.advance(3)).toBe(6);
    expect(await world.advance(1)).toBe(6);
    expect(times()).toEqual([0, 3]);
    await world.run({ until: 8 });
    expect(times()).toEqual([0, 3, 6]);
    await expect(world.advance(-1)).rejects.toThrow(/advance: time must be an integer >= 0 in steps, got -1/);
    await expect(world.advance("5" as never)).rejects.toThrow(/time must be an integer >= 0 in steps, got "5"/);
  });

  it("tells that nothing more is scheduled", async () => {
    const { world } = await worldOf({ a: { meta: { type: "hybrid" }, step: () => null } });
    expect(await world.advance(10)).toBeUndefined();
  });
});

describe("a pause at a time", () => {
  it("comes when everything before it is made, and ends by resume", async () => {
    const { world, probes } = await scenario();
    const paused = world.pauseAt(7);
    const run = world.run({ until: 12 });
    await paused;
    const last = () => ["a", "b", "c"].map((id) => probes[id]!.steps.at(-1)!.time);
    expect(last()).toEqual([6, 4, 6]);
    const again = world.pauseAt(9);
    await Promise.resolve();
    expect(last()).toEqual([6, 4, 6]);
    world.resume();
    await again;
    await run;
    expect(last()).toEqual([11, 8, 11]);
  });

  it("settles too if the run is over before", async () => {
    const { world } = await scenario();
    const paused = world.pauseAt(70);
    await world.run({ until: 12 });
    await paused;
  });
});

describe("a summary", () => {
  it("survives JSON", async () => {
    const { world, entities } = await worldOf({ slow: { hops: () => 3 }, quick: {} });
    world.connect(entities["slow"]!, entities["quick"]!, ["out", "in"]);
    await world.run({ until: 4 });
    const summary = world.summary();
    const read = JSON.parse(JSON.stringify(summary));
    expect(read.wallMs).toBe(summary.wallMs);
    expect(read.simulators[1]).toEqual({
      ...{ sid: "quick", steps: 4, busyMs: summary.simulators[1]!.busyMs },
      waitedMs: { slow: summary.simulators[1]!.waitedMs.get("slow") },
    });
  });
});

describe("many simulators", () => {
  it("form a chain of 20,000, each stepped after the one before", { timeout: 60_000 }, async () => {
    const COUNT = 20_000;
    const order: string[] = [];
    class Link extends Probe {
      override step(time: number): number {
        order.push(this.sid);
        return time + 1;
      }
    }
    const world = new World({ L: { simulator: () => new Link() } });
    let last: Entity | undefined;
    for (let i = 0; i < COUNT; i++) {
      const entity: Entity = await (await world.start("L", { simId: `s${i}` })).M();
      if (last !== undefined) world.connect(last, entity, ["out", "in"]);
      last = entity;
    }
    await world.run({ until: 1 });
    expect(order).toEqual(Array.from({ length: COUNT }, (_, i) => `s${i}`));
  });
  it("cause each other's steps along a chain of 20,000, and in a loop of 2,000 round a hub", {
    timeout: 60_000,
  }, async () => {
    const order: string[] = [];
    const event = () => {
      const events: Probe = new Probe({
        meta: { type: "event-based", extra_methods: [] },
        step: () => {
          order.push(events.sid);
          return null;
        },
      });
      return events;
    };
    const world = new World({ L: { simulator: event } });
    let last: Entity | undefined;
    for (let i = 0; i < 20_000; i++) {
      const entity: Entity = await (await world.start("L", { simId: `s${i}` })).M();
      if (last !== undefined) world.connect(last, entity, ["out", "in"]);
      last = entity;
    }
    world.setInitialEvent("s0");
    await world.run({ until: 1 });
    expect(order).toEqual(Array.from({ length: 20_000 }, (_, i) => `s${i}`));
    order.length = 0;
    const round = new World({ L: { simulator: event } });
    const hub = await (await round.start("L", { simId: "hub" })).M();
    for (let i = 0; i < 2000; i++) {
      const leaf = await (await round.start("L", { simId: `leaf${i}` })).M();
      round.connect(hub, leaf, ["out", "in"]);
      round.connect(leaf, hub, ["out", "in"], { timeShifted: true });
    }
    round.setInitialEvent("hub");
    await round.run({ until: 3 });
    const leaves = Array.from({ length: 2000 }, (_, i) => `leaf${i}`).sort();
    expect(order).toEqual(["hub", ...leaves, "hub", ...leaves, "hub", ...leaves]);
  });
});
