import { expect, it } from "vitest";
import { type Entity, type MosaikProxy, World } from "../../../../adapters/mosaik/index.ts";
import { Probe, type ProbeBehaviour } from "./simulators.ts";

/** Wall seconds of a simulated one: a step each 20 ms. */
const rtFactor = 0.02;

async function timed(behaviours: Record<string, ProbeBehaviour>) {
  const probes: Record<string, Probe> = {};
  const startedMs: number[] = [];
  const make = (name: string, behaviour: ProbeBehaviour) => {
    const probe = new Probe(behaviour);
    const { step } = probe;
    probe.step = (...args) => {
      if (name === "a") startedMs.push(performance.now());
      return step.apply(probe, args);
    };
    probes[name] = probe;
    return probe;
  };
  const config = Object.fromEntries(
    Object.entries(behaviours).map(([name, behaviour]) => [name, { simulator: () => make(name, behaviour) }]),
  );
  const world = new World(config);
  const entities: Record<string, Entity> = {};
  for (const name of Object.keys(behaviours)) entities[name] = await (await world.start(name, { simId: name })).M();
  return { world, probes, entities, startedMs };
}

it("begins no step before it is due, and what one is late by does not delay the others", async () => {
  // The step at time 2 takes three times as long as it may: those at 3 and 4 are late, the one at 6 is on time again.
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const { world, startedMs } = await timed({
    a: { step: async (time) => (time === 2 ? wait(60).then(() => 3) : time + 1) },
  });
  const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
  const startMs = performance.now();
  await world.run({ until: 8, rtFactor });
  const endMs = performance.now();
  for (const [time, ms] of startedMs.entries()) expect(ms - startMs).toBeGreaterThanOrEqual(time * 20);
  expect(endMs - startMs).toBeGreaterThanOrEqual(8 * 20);
  expect(await warned).toMatchObject({ code: "COSIMAS_TOO_SLOW", message: /simulator a: its step at time \d+ ended/ });
});

it("ends a strict run with the step that is late", async () => {
  const { world } = await timed({ a: { step: (time) => busy(50, time + 1) } });
  await expect(world.run({ until: 8, rtFactor, rtStrict: true })).rejects.toMatchObject({
    code: "ERR_RUN_TOO_SLOW",
    message: /simulator a: its step at time 0 ended .* after time 1 was due/,
  });
});

it("begins no step while it is paused, and wall time stands still", async () => {
  const { world, probes } = await timed({ a: {} });
  const run = world.run({ until: 4, rtFactor });
  await expect.poll(() => probes["a"]!.steps.length, { timeout: 20_000, interval: 1 }).toBeGreaterThan(0);
  world.pause();
  const steps = probes["a"]!.steps.length;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(probes["a"]!.steps.length).toBe(steps);
  world.resume();
  await run;
  expect(probes["a"]!.steps).toHaveLength(4);
});

it("can be paused without real time, too", async () => {
  const { world, probes } = await timed({ a: { hops: () => 1 } });
  const run = world.run({ until: 50, progress: ({ time }) => time === 9 && world.pause() });
  await expect.poll(() => probes["a"]!.steps.length, { timeout: 20_000 }).toBeGreaterThan(9);
  const steps = probes["a"]!.steps.length;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(probes["a"]!.steps.length).toBe(steps);
  expect(steps).toBeLessThan(50);
  world.resume();
  await run;
  expect(probes["a"]!.steps).toHaveLength(50);
});

it("takes events from outside at times that are to come, and no others", async () => {
  const asked: (readonly [number, unknown])[] = [];
  let mosaik: MosaikProxy | undefined;
  const { world, probes } = await timed({
    a: { step: (time) => ask(time) },
    e: { meta: { type: "event-based", set_events: true }, step: () => null },
  });
  async function ask(time: number): Promise<number> {
    mosaik ??= probes["e"]!.mosaik;
    for (const at of time !== 2 && time !== 5 ? [] : [time + 2, time]) {
      asked.push([
        at,
        await mosaik.setEvent(at).then(
          () => "taken",
          (error: Error) => (error as { code?: string }).code,
        ),
      ]);
    }
    return time + 1;
  }
  await world.run({ until: 8, rtFactor });
  expect(asked).toEqual([
    [4, "taken"],
    [2, "ERR_RUN_EVENT"],
    [7, "taken"],
    [5, "ERR_RUN_EVENT"],
  ]);
  expect(probes["e"]!.steps.map(({ time }) => time)).toEqual([4, 7]);
});

function busy<T>(ms: number, value: T): T {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return value;
}
