import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { World } from "../../../../adapters/mosaik/index.ts";
import { Probe, type ProbeBehaviour } from "./simulators.ts";

/** A hundred milliseconds of wall time for each step; the wall clock is the test's. */
const RT_FACTOR = 0.1;
const STEP_MS = 100;

const EVENT_BASED = { type: "event-based", set_events: true } as const;

/** A probe whose steps are noted with the wall time at which they began; `tookMs` of them pass within a step. */
async function paced(behaviour: ProbeBehaviour = {}, tookMs: (time: number) => number = () => 0) {
  const begun: [time: number, atMs: number][] = [];
  const probe = new Probe({
    ...behaviour,
    step: (time) => {
      begun.push([time, performance.now()]);
      const next = behaviour.meta?.type === "event-based" ? null : time + 1;
      const ms = tookMs(time);
      if (ms === 0) return next;
      return new Promise<number>((resolve) => setTimeout(() => resolve(next as number), ms));
    },
  });
  const world = new World({ P: { simulator: () => probe } });
  await world.start("P");
  return { world, probe, begun };
}

/** What became of `run` once `ms` of wall time have passed; it must be over by then. */
async function passing(run: Promise<void>, ms: number): Promise<unknown> {
  const settled = run.then(
    () => undefined,
    (error: unknown) => error,
  );
  await vi.advanceTimersByTimeAsync(ms);
  return settled;
}

describe("a run in real time", () => {
  const warnings: unknown[] = [];
  beforeEach(() => {
    warnings.length = 0;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"], now: 0 });
    vi.spyOn(process, "emitWarning").mockImplementation((text) => void warnings.push(String(text)));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("begins each step when it is due, none early, and lasts to its end", async () => {
    const { world, begun } = await paced();
    const startMs = performance.now();
    const run = world.run({ until: 5, rtFactor: RT_FACTOR });
    expect(await passing(run, 5 * STEP_MS)).toBeUndefined();
    expect(begun.map(([time, atMs]) => [time, atMs - startMs])).toEqual([0, 1, 2, 3, 4].map((t) => [t, t * STEP_MS]));
  });

  it("is due by absolute times: what a step is late by does not delay the others", async () => {
    const { world, begun } = await paced({}, (time) => (time === 1 ? 250 : 30));
    const startMs = performance.now();
    const run = world.run({ until: 6, rtFactor: RT_FACTOR });
    expect(await passing(run, 6 * STEP_MS)).toBeUndefined();
    const times = begun.map(([time, atMs]) => [time, atMs - startMs]);
    // Steps 2 and 3 are late since step 1 took until 350; 4 and 5 are in time again.
    expect(times).toEqual([
      [0, 0],
      [1, 100],
      [2, 350],
      [3, 380],
      [4, 410],
      [5, 500],
    ]);
    expect(warnings).toEqual([
      expect.stringMatching(/simulator P-0: its step at time 1 ended 150\.0 ms after time 2 was due/),
    ]);
  });

  it("ends with an error at the first late step if it is strict", async () => {
    const { world, begun } = await paced({}, (time) => (time === 1 ? 250 : 0));
    const run = world.run({ until: 6, rtFactor: RT_FACTOR, rtStrict: true });
    const error = await passing(run, 6 * STEP_MS);
    expect(error).toMatchObject({
      code: "ERR_RUN_TOO_SLOW",
      message: expect.stringMatching(/P-0: its step at time 1 ended 150\.0 ms after time 2 was due/),
    });
    expect(begun).toHaveLength(2);
  });

  it("steps a simulator when something happens outside of the simulation", async () => {
    const { world, probe, begun } = await paced({ meta: EVENT_BASED });
    const refused: unknown[] = [];
    setTimeout(() => void probe.mosaik.setEvent(3), 120);
    setTimeout(() => void probe.mosaik.setEvent(2).catch((error) => refused.push(error)), 320);
    setTimeout(() => void probe.mosaik.setEvent(99).catch((error) => refused.push(error)), 340);
    const startMs = performance.now();
    const run = world.run({ until: 5, rtFactor: RT_FACTOR });
    expect(await passing(run, 5 * STEP_MS)).toBeUndefined();
    expect(begun.map(([time, atMs]) => [time, atMs - startMs])).toEqual([[3, 300]]);
    expect(refused).toEqual([
      expect.objectContaining({
        code: "ERR_RUN_EVENT",
        message: expect.stringMatching(/P-0, setEvent\(2\): that time/),
      }),
    ]);
  });

  it("pauses between two steps, and wall time stands still for it", async () => {
    const { world, begun } = await paced();
    const startMs = performance.now();
    const run = world.run({ until: 4, rtFactor: RT_FACTOR });
    setTimeout(() => world.pause(), 150);
    setTimeout(() => world.resume(), 1150);
    expect(await passing(run, 4 * STEP_MS + 1000)).toBeUndefined();
    const times = begun.map(([time, atMs]) => [time, atMs - startMs]);
    expect(times).toEqual([
      [0, 0],
      [1, 100],
      [2, 1200],
      [3, 1300],
    ]);
    expect(warnings).toEqual([]);
  });

  it("waits to be resumed if it was paused before it began", async () => {
    const { world, begun } = await paced();
    world.pause();
    setTimeout(() => world.resume(), 500);
    const startMs = performance.now();
    expect(await passing(world.run({ until: 2 }), 500)).toBeUndefined();
    expect(begun.map(([time, atMs]) => [time, atMs - startMs])).toEqual([
      [0, 500],
      [1, 500],
    ]);
  });
});

it("an event needs a run in real time", async () => {
  const { world, probe } = await paced({ meta: EVENT_BASED });
  await expect(probe.mosaik.setEvent(1)).rejects.toMatchObject({ code: "ERR_RUN_EVENT" });
  await world.run({ until: 1 });
  await expect(probe.mosaik.setEvent(1)).rejects.toThrow("only a run in real time takes events");
});

it("can be paused without real time, too", async () => {
  const probe = new Probe({ hops: () => 1 });
  const world = new World({ P: { simulator: () => probe } });
  await world.start("P");
  let run: Promise<void> | undefined;
  const paused = new Promise<void>((resolve) => {
    const progress = ({ time }: { time: number }) => {
      if (time !== 9) return;
      world.pause();
      resolve();
    };
    run = world.run({ until: 50, progress });
  });
  await paused;
  const steps = probe.steps.length;
  expect(steps).toBeLessThan(50);
  // Whatever was under way is over after some turns.
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(probe.steps.length).toBe(steps);
  world.resume();
  await run;
  expect(probe.steps).toHaveLength(50);
});
