import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Entity, World } from "../../../../adapters/mosaik/index.ts";
import type { TraceEvent } from "../../../../src/trace.ts";
import { Probe, type ProbeBehaviour } from "./simulators.ts";

/** A world of probes called a, b, c, …, with an entity E0 in each. */
async function worldOf(behaviours: Record<string, ProbeBehaviour>, options: { timeResolution?: number } = {}) {
  const probes: Record<string, Probe> = {};
  const entities: Record<string, Entity> = {};
  const make = (name: string) => {
    probes[name] = new Probe(behaviours[name]);
    return probes[name];
  };
  const config = Object.fromEntries(Object.keys(behaviours).map((name) => [name, { simulator: () => make(name) }]));
  const world = new World(config, options);
  for (const name of Object.keys(behaviours)) {
    const handle = await world.start(name, { simId: name });
    entities[name] = await handle.M();
  }
  return { world, probes, entities };
}

describe("data flow", () => {
  it("gives a step what its source put out at the same time, whoever was started first", async () => {
    const { world, probes, entities } = await worldOf({ b: {}, a: {} });
    world.connect(entities.a!, entities.b!, ["out", "in"]);
    await world.run({ until: 3 });
    expect(probes.b!.seen()).toEqual([
      [0, { "a.E0": "a@0" }],
      [1, { "a.E0": "a@1" }],
      [2, { "a.E0": "a@2" }],
    ]);
    expect(probes.b!.steps.map(({ maxAdvance }) => maxAdvance)).toEqual([3, 3, 3]);
  });

  it("holds the newest output of a slower source and skips those of a faster one", async () => {
    const { world, probes, entities } = await worldOf({
      slow: { stepSize: 3 },
      fast: { stepSize: 2 },
      sink: { stepSize: 4 },
    });
    world.connect(entities.slow!, entities.fast!, ["out", "in"]);
    world.connect(entities.fast!, entities.sink!, ["out", "in"]);
    await world.run({ until: 9 });
    expect(probes.fast!.seen().map(([time, sources]) => [time, sources?.["slow.E0"]])).toEqual([
      [0, "slow@0"],
      [2, "slow@0"],
      [4, "slow@3"],
      [6, "slow@6"],
      [8, "slow@6"],
    ]);
    expect(probes.sink!.seen().map(([time, sources]) => [time, sources?.["fast.E0"]])).toEqual([
      [0, "fast@0"],
      [4, "fast@4"],
      [8, "fast@8"],
    ]);
  });

  it("ends before `until`, and asks getData only where somebody is connected", async () => {
    const { world, probes, entities } = await worldOf({ a: { stepSize: 2 }, b: { stepSize: 2 } });
    world.connect(entities.a!, entities.b!, ["out", "in"], ["out", "in2"]);
    await world.run({ until: 4 });
    await world.shutdown();
    expect(probes.a!.calls).toEqual([
      "init",
      "create 1 M",
      "setupDone",
      "step 0",
      "getData 0",
      "step 2",
      "getData 2",
      "finalize",
    ]);
    expect(probes.a!.requests[0]).toEqual({ E0: ["out"] });
    expect(probes.b!.calls.filter((call) => call.startsWith("getData"))).toEqual([]);
  });

  it("shifts values by whole steps, with initial data before the first", async () => {
    const { world, probes, entities } = await worldOf({ a: {}, b: {} });
    world.connect(entities.a!, entities.b!, ["out", "in"]);
    world.connect(entities.b!, entities.a!, ["out", "in"], { timeShifted: true, initialData: { out: "first" } });
    world.connect(entities.b!, entities.a!, ["out", "in2"], { timeShifted: 2, initialData: { out: "second" } });
    await world.run({ until: 3 });
    expect(probes.a!.seen().map(([, sources]) => sources?.["b.E0"])).toEqual(["first", "b@0", "b@1"]);
    expect(probes.a!.seen("in2").map(([, sources]) => sources?.["b.E0"])).toEqual(["second", "second", "b@0"]);
    expect(probes.b!.seen().map(([, sources]) => sources?.["a.E0"])).toEqual(["a@0", "a@1", "a@2"]);
  });

  it("lets a simulator hear itself one step later", async () => {
    const { world, probes, entities } = await worldOf({ a: {} });
    world.connect(entities.a!, entities.a!, ["out", "in"], { timeShifted: 1, initialData: { out: 0 } });
    await world.run({ until: 2 });
    expect(probes.a!.seen().map(([, sources]) => sources?.["a.E0"])).toEqual([0, "a@0"]);
  });

  it("transforms values on their way, initial ones too", async () => {
    const { world, probes, entities } = await worldOf({ a: {}, b: {} });
    const transform = (value: unknown) => `<${String(value)}>`;
    world.connect(entities.a!, entities.b!, ["out", "in"], { timeShifted: 1, initialData: { out: "i" }, transform });
    await world.run({ until: 2 });
    expect(probes.b!.seen().map(([, sources]) => sources?.["a.E0"])).toEqual(["<i>", "<a@0>"]);
  });

  it("orders the inputs of one attribute by connecting, whoever answers first", async () => {
    const { world, probes, entities } = await worldOf({ a: { hops: () => 1 }, b: { hops: () => 30 }, c: {}, sink: {} });
    for (const name of ["c", "b", "a"]) world.connect(entities[name]!, entities.sink!, ["out", "in"]);
    await world.run({ until: 1 });
    expect(Object.keys(probes.sink!.steps[0]!.inputs["E0"]!["in"]!)).toEqual(["c.E0", "b.E0", "a.E0"]);
  });

  it("keeps null and NaN, and what a source does to its answer afterwards", async () => {
    const answer: Record<string, Record<string, unknown>> = { E0: {} };
    const getData = (_outputs: unknown, time: number) => {
      answer["E0"]!["out"] = [null, Number.NaN, 2][time];
      return answer;
    };
    const { world, probes, entities } = await worldOf({ a: { getData }, b: {} });
    world.connect(entities.a!, entities.b!, ["out", "in"], { timeShifted: 1, initialData: { out: null } });
    await world.run({ until: 3 });
    expect(probes.b!.seen().map(([, sources]) => sources?.["a.E0"])).toEqual([null, null, Number.NaN]);
  });

  it("gives every step the newest output at or before its time less the shift, for random worlds and delays", async () => {
    const sim = fc.record({ stepSize: fc.integer({ min: 1, max: 5 }), hops: fc.integer({ min: 0, max: 4 }) });
    const edge = fc.record({ from: fc.nat(3), to: fc.nat(3), shift: fc.integer({ min: 0, max: 4 }) });
    const scenario = fc.record({
      sims: fc.array(sim, { minLength: 4, maxLength: 4 }),
      edges: fc.uniqueArray(edge, { maxLength: 8, selector: ({ from, to }) => `${from} ${to}` }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ sims, edges }) => {
        const behaviours = sims.map(({ stepSize, hops }, i) => {
          return [`s${i}`, { stepSize, hops: (time: number) => (hops * (time + i)) % 5 }] as const;
        });
        const { world, probes, entities } = await worldOf(Object.fromEntries(behaviours));
        // Upwards unshifted, otherwise shifted: no cycle without delay.
        const links = edges.map(({ from, to, shift }) => ({ from, to, shift: from < to ? shift : Math.max(1, shift) }));
        for (const { from, to, shift } of links) {
          const options = shift === 0 ? {} : { timeShifted: shift, initialData: { out: "none yet" } };
          world.connect(entities[`s${from}`]!, entities[`s${to}`]!, ["out", "in"], options);
        }
        const until = 23;
        await world.run({ until });
        for (const [to, { stepSize }] of sims.entries()) {
          const expected: [number, Record<string, unknown> | undefined][] = [];
          for (let time = 0; time < until; time += stepSize) {
            const incoming = links
              .filter((link) => link.to === to)
              .map(({ from, shift }) => {
                const size = sims[from]!.stepSize;
                const put = Math.floor((time - shift) / size) * size;
                return [`s${from}.E0`, put < 0 ? "none yet" : `s${from}@${put}`];
              });
            expected.push([time, incoming.length === 0 ? undefined : Object.fromEntries(incoming)]);
          }
          expect(probes[`s${to}`]!.seen()).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("a run", () => {
  it("reports progress once for each time, up to the whole", async () => {
    const { world } = await worldOf({ a: { stepSize: 2 }, b: { stepSize: 3 } }, { timeResolution: 60 });
    const seen: unknown[] = [];
    await world.run({ until: 6, progress: (progress) => seen.push(progress) });
    expect(seen).toEqual([
      { time: 0, timeS: 0, until: 6, fraction: 2 / 6 },
      { time: 2, timeS: 120, until: 6, fraction: 3 / 6 },
      { time: 3, timeS: 180, until: 6, fraction: 4 / 6 },
      { time: 4, timeS: 240, until: 6, fraction: 1 },
    ]);
  });

  it("emits ticks and steps in an order that does not depend on who answers first", async () => {
    const traces: TraceEvent[][] = [];
    for (const hops of [0, 7]) {
      const { world, entities } = await worldOf({ b: { hops: () => hops }, a: {}, c: {} }, { timeResolution: 0.5 });
      world.connect(entities.a!, entities.c!, ["out", "in"]);
      const events: TraceEvent[] = [];
      const streamed: TraceEvent[] = [];
      const detach = world.attach((batch) => events.push(...batch));
      world.events$.subscribe((event) => streamed.push(event));
      await world.run({ until: 2 });
      detach();
      expect(streamed).toEqual(events);
      traces.push(events);
    }
    expect(traces[0]).toEqual(traces[1]);
    expect(traces[0]!.slice(4)).toEqual([
      { kind: "tick", ticks: 500_000, round: 0 },
      {
        kind: "step",
        ticks: 500_000,
        round: 0,
        sim: "a",
        time: 1,
        next: 2,
        inputs: {},
        outputs: { E0: { out: "a@1" } },
      },
      { kind: "step", ticks: 500_000, round: 0, sim: "b", time: 1, next: 2, inputs: {}, outputs: {} },
      {
        kind: "step",
        ticks: 500_000,
        round: 0,
        sim: "c",
        time: 1,
        next: 2,
        inputs: { E0: { in: { "a.E0": "a@1" } } },
        outputs: {},
      },
    ]);
  });

  it("tells a simulator how far the run is, and who its neighbours are", async () => {
    const percent: number[] = [];
    const step = async (time: number) => {
      percent.push(await probe.mosaik.getProgress());
      return time + 1;
    };
    const { world, probes, entities } = await worldOf({ a: { step }, b: { stepSize: 2 } });
    const probe = probes.a!;
    world.connect(entities.a!, entities.b!, ["out", "in"]);
    expect(await probe.mosaik.getRelatedEntities("a.E0")).toEqual({ "b.E0": { sid: "b", type: "M" } });
    expect(await probe.mosaik.getRelatedEntities(["b.E0"])).toEqual({ "b.E0": { "a.E0": { sid: "a", type: "M" } } });
    expect(await probe.mosaik.getRelatedEntities()).toEqual({
      nodes: { "a.E0": { sid: "a", type: "M" }, "b.E0": { sid: "b", type: "M" } },
      edges: [["a.E0", "b.E0", {}]],
    });
    await expect(probe.mosaik.getRelatedEntities("a.E9")).rejects.toMatchObject({ code: "ERR_BRIDGE_UNKNOWN_ENTITY" });
    await world.run({ until: 4 });
    // b goes by twos: at 1 both are on average at (1 + 2) / 2 of 4.
    expect(percent).toEqual([0, 37.5, 50, 87.5]);
  });

  it("calls extra methods before and after it, and finalises once", async () => {
    const probe = new Probe();
    const world = new World({ P: { simulator: () => probe } });
    const handle = await world.start("P", { p1: 7 });
    expect(probe.initParams).toEqual({ p1: 7, timeResolution: 1 });
    await world.run({ until: 1 });
    expect(await handle.double(21)).toBe(42);
    await world.shutdown();
    await world.shutdown();
    expect(probe.calls.filter((call) => call === "finalize")).toHaveLength(1);
    await expect(world.run({ until: 1 })).rejects.toMatchObject({ code: "ERR_RUN_REPEATED" });
  });

  it("ends at its signal, before the next time", async () => {
    const controller = new AbortController();
    const { world, probes } = await worldOf({ a: {} });
    const progress = ({ time }: { time: number }) => {
      if (time === 2) controller.abort(new Error("enough"));
    };
    const failure = await world.run({ until: 10, progress, signal: controller.signal }).catch((error) => error);
    expect(failure).toMatchObject({ code: "ERR_RUN_ABORTED", cause: { message: "enough" } });
    expect(probes.a!.calls.slice(-2)).toEqual(["step 2", "finalize"]);
  });

  it("does not let simulators be changed or shut down while it goes on", async () => {
    const outcomes: unknown[] = [];
    const step = async (time: number) => {
      outcomes.push(await world.shutdown().catch((error) => error.code));
      outcomes.push(await world.start("a").catch((error) => error.code));
      return time + 1;
    };
    const { world } = await worldOf({ a: { step } });
    await world.run({ until: 1 });
    expect(outcomes).toEqual(["ERR_RUN_BUSY", "ERR_SCENARIO_AFTER_RUN"]);
  });

  it("keeps few outputs, however long it is", async () => {
    const { OutputPorts } = await import("../../../../adapters/mosaik/scheduler/outputs.ts");
    const kept: number[] = [];
    const push = OutputPorts.prototype.push;
    OutputPorts.prototype.push = function (...args) {
      push.apply(this, args);
      kept.push(this.kept);
    };
    try {
      const { world, entities } = await worldOf({ a: {}, slow: { stepSize: 50 }, late: {} });
      world.connect(entities.a!, entities.slow!, ["out", "in"]);
      world.connect(entities.a!, entities.late!, ["out", "in"], { timeShifted: 3, initialData: { out: 0 } });
      await world.run({ until: 400 });
    } finally {
      OutputPorts.prototype.push = push;
    }
    expect(kept).toHaveLength(400);
    expect(Math.max(...kept)).toBeLessThanOrEqual(5);
  });
});
