import { describe, expect, it } from "vitest";
import { World } from "../../../../adapters/mosaik/index.ts";
import { Probe, type ProbeBehaviour } from "./simulators.ts";

const boom = () => {
  throw new TypeError("boom");
};

/** Run a probe F with a connected, healthy probe G for two steps. */
async function failing(behaviour: ProbeBehaviour, options: object = {}) {
  const [f, g] = [new Probe(behaviour), new Probe()];
  const world = new World({ F: { simulator: () => f }, G: { simulator: () => g } });
  const [source, dest] = [await (await world.start("F")).M(), await (await world.start("G")).M()];
  world.connect(source, dest, ["out", "in"], options);
  const failure = await world.run({ until: 2 }).then(
    () => expect.unreachable("the run ended well"),
    (error: unknown) => error as Error,
  );
  return { failure, world, f, g };
}

describe("a simulator that breaks the contract ends the run", () => {
  it.each<[string, ProbeBehaviour, string, RegExp]>([
    ["throws in step", { step: boom }, "SIMULATOR_FAILED", /F-0, step\(\) at time 0: boom/],
    ["rejects in step", { step: async () => boom() }, "SIMULATOR_FAILED", /F-0, step\(\) at time 0: boom/],
    ["throws in getData", { getData: boom }, "SIMULATOR_FAILED", /F-0, getData\(\) at time 0: boom/],
    ["names no next step", { step: () => null }, "NEXT_STEP", /returned null; a time-based simulator must name/],
    ["stands still", { step: (time) => Math.max(time, 1) }, "NEXT_STEP", /at time 1: returned 1; .* later than 1/],
    ["names half a step", { step: () => 1.5 }, "NEXT_STEP", /returned 1.5; the next step must be an integer/],
    ["names a text", { step: () => "1" as never }, "NEXT_STEP", /returned a string, 1;/],
    ["answers nothing", { getData: () => null }, "OUTPUT", /F-0, getData\(\) at time 0: returned null/],
    ["leaves an entity out", { getData: () => ({}) }, "OUTPUT", /no value for attribute "out" of E0/],
    ["leaves an attribute out", { getData: () => ({ E0: { in: 1 } }) }, "OUTPUT", /no value for attribute "out" of E0/],
    ["inherits an attribute", { getData: () => ({ E0: Object.create({ out: 1 }) }) }, "OUTPUT", /no value/],
    ["adds an entity", { getData: () => ({ E0: { out: 1 }, E7: {} }) }, "OUTPUT", /"E7", .*; there are: E0/],
    [
      "adds an attribute",
      { getData: () => ({ E0: { out: 1, x: 2 } }) },
      "OUTPUT",
      /"x" of E0; model M has: in, in2, out/,
    ],
    [
      "puts out earlier",
      { getData: () => ({ E0: { out: 1 }, time: -1 }) },
      "OUTPUT_TIME",
      /output time -1 is no .* 0, on/,
    ],
    [
      "puts out half a step later",
      { getData: () => ({ E0: { out: 1 }, time: 0.5 }) },
      "OUTPUT_TIME",
      /output time 0.5/,
    ],
  ])("%s", async (_what, behaviour, code, message) => {
    const { failure, f, g } = await failing(behaviour);
    expect(failure).toMatchObject({ name: "BridgeError", code: `ERR_BRIDGE_${code}` });
    expect(failure).toHaveProperty("tag.round", 0);
    expect(failure.message).toMatch(message);
    expect(g.calls.at(-1)).toBe("finalize");
    expect(f.calls.at(-1)).toBe("finalize");
  });

  it("gives the cause, the call and the time in ticks", async () => {
    const step = (time: number) => (time === 1 ? boom() : 1);
    const { failure } = await failing({ step });
    expect(failure).toMatchObject({ method: "step", tag: { ticks: 1_000_000, round: 0 } });
    expect(failure.cause).toBeInstanceOf(TypeError);
  });

  it("takes an output time that is the step's", async () => {
    const probe = new Probe({ getData: (_outputs, time) => ({ E0: { out: time }, time }) });
    const world = new World({ F: { simulator: () => probe }, G: { simulator: () => new Probe() } });
    world.connect(await (await world.start("F")).M(), await (await world.start("G")).M(), ["out", "in"]);
    await expect(world.run({ until: 2 })).resolves.toBeUndefined();
  });

  it("waits for the others of its time, and reports the first in the order of ids", async () => {
    const ends: string[] = [];
    const slow = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      ends.push("slow");
      throw new Error("slow failed");
    };
    const world = new World({
      a: { simulator: () => new Probe({ step: slow }) },
      b: { simulator: () => new Probe({ step: async () => boom() }) },
      c: { simulator: () => new Probe({ step: boom, finalize: () => ends.push("c finalised") }) },
    });
    for (const name of ["c", "b", "a"] as const) await world.start(name, { simId: name });
    await expect(world.run({ until: 1 })).rejects.toThrow("simulator a, step() at time 0: slow failed");
    expect(ends).toEqual(["slow", "c finalised"]);
    await expect(world.shutdown()).resolves.toBeUndefined();
  });

  it("names a transform that throws", async () => {
    const { failure } = await failing({}, { transform: boom });
    expect(failure).toMatchObject({ name: "ScenarioError", code: "ERR_SCENARIO_TRANSFORM" });
    expect(failure.message).toContain("F-0.E0.out -> G-0.E0.in at time 0: boom");
  });

  it("names a failing init, setupDone and extra method", async () => {
    const probe = new Probe();
    const world = new World({ F: { simulator: () => probe } });
    probe.init = boom;
    await expect(world.start("F")).rejects.toThrow("simulator F-0, init(): boom");
    probe.init = () => probe.meta;
    probe.double = boom;
    const handle = await world.start("F");
    await expect(handle.double(1)).rejects.toMatchObject({ code: "ERR_BRIDGE_SIMULATOR_FAILED", method: "double" });
    probe.setupDone = boom;
    await expect(world.run({ until: 1 })).rejects.toThrow(/simulator F-\d, setupDone\(\): boom/);
  });

  it("finalises all even if one throws there, and says so", async () => {
    const last = new Probe();
    const world = new World({ F: { simulator: () => new Probe({ finalize: boom }) }, G: { simulator: () => last } });
    await world.start("F");
    await world.start("G");
    await world.run({ until: 1 });
    await expect(world.shutdown()).rejects.toThrow("simulator F-0, finalize(): boom");
    expect(last.calls.at(-1)).toBe("finalize");
  });
});

describe("a wrong run is refused", () => {
  it.each([0, -1, 1.5, Number.NaN, 2 ** 53])("until %d", async (until) => {
    await expect(new World({}).run({ until })).rejects.toThrow(RangeError);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("rtFactor %d", async (rtFactor) => {
    await expect(new World({}).run({ until: 1, rtFactor })).rejects.toThrow(RangeError);
  });

  it("after shutdown, or before a start has settled", async () => {
    const world = new World({ F: { simulator: () => new Probe() } });
    const started = world.start("F");
    await expect(world.run({ until: 1 })).rejects.toMatchObject({ code: "ERR_SCENARIO_NOT_STARTED" });
    await started;
    await world.shutdown();
    await expect(world.run({ until: 1 })).rejects.toMatchObject({ code: "ERR_RUN_CLOSED" });
  });
});
