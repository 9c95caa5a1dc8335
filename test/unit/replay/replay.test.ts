import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import {
  Container,
  type ContainerOptions,
  openRun,
  Platform,
  type Population,
  Recording,
  RunError,
  replay,
} from "../../../src/index.ts";
import { Changed, done, Household, Power, Tireless, types } from "../../support/recorded-agents.ts";

const folder = mkdtempSync(join(tmpdir(), "cosimas-replay-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => done.splice(0));

const module = new URL("../../support/recorded-agents.ts", import.meta.url);
const options = { seed: 7, types } satisfies ContainerOptions;
let files = 0;
const file = () => join(folder, `${files++}.mcap`);

/** A run of an hour with everything that comes from outside. */
async function record(path: string, more: ContainerOptions = {}): Promise<string> {
  const record = new Recording(path, { durable: "write", modules: [module] });
  const container = await Container.create({ ...options, ...more, record });
  const ann = container.spawn(Household, { id: "ann", args: [new Power(1)] });
  for (const id of ["bea", "cy"]) container.spawn(Household, { id });
  const own = await ann.connect<typeof Household>("cy");
  const calls: Promise<unknown>[] = [];
  for (let step = 0; step < 4; step++) {
    container.input("ann", "onLoad", [{ p_kw: step + 0.5 }, ["bea", "cy"]]);
    calls.push(container.call("cy", "price", [step === 2 ? "nowhere" : "north"]));
    if (step === 1) calls.push(container.call("bea", "move", ["dan"]), own.offer(new Power(0.25)));
    if (step === 2) calls.push(container.call("dan", "leave"), container.call("nobody", "offer", [1]));
    await container.advance(900 * step);
    await container.advance(900 * step);
  }
  await Promise.allSettled(calls);
  await container.close();
  return container.traceHash();
}

describe("a replay", () => {
  it("of the same agents is the same event by event, and does no real I/O", async () => {
    const path = file();
    const hash = await record(path);
    expect(done.length).toBeGreaterThan(4);
    done.splice(0);
    const result = await replay(path, { classes: { Household }, types });
    expect(result.difference).toBeUndefined();
    expect(result).toMatchObject({ traceHash: hash, recordedHash: hash, advances: 8, failure: undefined });
    expect(result.compared).toBeGreaterThan(60);
    expect(done).toEqual([]);
    expect(result.header.modules).toEqual([
      { path: "test/support/recorded-agents.ts", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
  });

  it.each(["inline", "process"] as const)(
    "of a run that was ended in the middle of an advance ends there, too (%s)",
    async (isolation) => {
      const path = file();
      const record = new Recording(path, { durable: "write", modules: [module] });
      const population: Population =
        isolation === "inline"
          ? await Container.create({ ...options, record })
          : await Platform.create({ seed: 7, record, module, containers: 2, isolation });
      for (const id of ["ann", "bea"]) await population.spawn(Tireless, { id });
      await population.advance(0);
      let told = 0;
      const reason = new RunError("ERR_RUN_CLOSED", "enough");
      population.attach((batch) => {
        told += batch.length;
        if (told > 500) population.endAdvance!(reason);
      });
      await expect(population.advance(1e9)).rejects.toBe(reason);
      await population.close();
      const result = await replay(path, { classes: { Tireless }, types });
      expect(result).toMatchObject({ difference: undefined, failure: undefined, recordedHash: undefined });
      expect(result.compared).toBeGreaterThan(500);
      const whole = await openRun(path);
      expect(whole.torn).toBe(false);
      await whole.close();
    },
  );

  it("of changed agents names the first event that differs, and what led to it", async () => {
    const path = file();
    await record(path);
    class HouseholdToo extends Changed {
      static override readonly exposed = Household.exposed;
    }
    Object.defineProperty(HouseholdToo, "name", { value: "Household" });
    const { difference, compared } = await replay(path, { classes: [HouseholdToo], types });
    expect(compared).toBeGreaterThan(20);
    expect(difference).toMatchObject({
      what: "changed",
      // What was asked shows its state before it is heard of who asked.
      expected: { kind: "output", agent: "bea", values: { total: expect.any(Number) } },
      actual: { kind: "output", agent: "bea", values: { total: expect.any(Number) } },
      path: "values.total",
    });
    expect(difference!.causes.map(({ kind }) => kind)).toEqual(["request", "input"]);
    const [expected, actual] = difference!.values as [number, number];
    expect(actual).toBeGreaterThan(expected);
  });

  it("ends at a time, or compares from one on", async () => {
    const path = file();
    await record(path);
    const half = await replay(path, { classes: { Household }, types, until: 900 });
    expect(half).toMatchObject({ advances: 4, difference: undefined, recordedHash: undefined });
    const times: number[] = [];
    const onEvents = (events: readonly { kind: string }[]) => {
      for (const event of events) times.push((event as unknown as { ticks: number }).ticks);
    };
    const rest = await replay(path, { classes: { Household }, types, from: 1000, onEvents });
    expect(rest).toMatchObject({ advances: 8, difference: undefined });
    expect(rest.compared).toBe(times.length);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(1000e6);
  });

  it("tells what it lacks", async () => {
    const path = file();
    await record(path);
    await expect(replay(path, { classes: {}, types })).rejects.toMatchObject({ code: "ERR_REPLAY_CLASS" });
    await expect(replay(join(folder, "none.mcap"), { classes: {} })).rejects.toMatchObject({
      code: "ERR_RECORDING_OPEN",
    });
    const latency = { links: () => ({ delay: 0.1 }) };
    const other = file();
    const hash = await record(other, { communication: latency });
    const refused = replay(other, { classes: { Household }, types });
    await expect(refused).rejects.toMatchObject({ code: "ERR_REPLAY_COMMUNICATION" });
    const result = await replay(other, { classes: { Household }, types, communication: latency });
    expect(result).toMatchObject({ difference: undefined, traceHash: hash });
  });

  it("of a run that failed fails alike", async () => {
    const path = file();
    const container = await Container.create({ ...options, record: new Recording(path, { durable: "write" }) });
    container.spawn(Household, { id: "ann" });
    await container.advance(1);
    container.input("ann", "quarrel");
    await expect(container.advance(2)).rejects.toMatchObject({ code: "ERR_AGENT_FAILED" });
    await container.close();
    const result = await replay(path, { classes: { Household }, types });
    expect(result).toMatchObject({ difference: undefined, failure: { code: "ERR_AGENT_FAILED", agent: "ann" } });
  });
});

describe("a recording", () => {
  it("is the same file byte for byte of two runs, and from one, two and four containers", async () => {
    const run = async (containers: number) => {
      const path = file();
      const record = new Recording(path, { durable: "write" });
      const platform = await Platform.create({ module, containers, seed: 3, record });
      for (const id of ["ann", "bea", "cy", "eve"]) await platform.spawn("Household", { id, args: [new Power(2)] });
      for (let step = 0; step < 3; step++) {
        platform.input("ann", "onLoad", [{ p_kw: step }, ["eve", "cy"]]);
        platform.call("bea", "move", [`dan-${step}`]).catch(() => {});
        platform.call("cy", "offer", [new Power(1)]).catch(() => {});
        await platform.advance(60 * step);
      }
      await platform.close();
      return { path, bytes: readFileSync(path).toString("hex") };
    };
    const runs = [await run(1), await run(1), await run(2), await run(4)];
    expect(new Set(runs.map(({ bytes }) => bytes)).size).toBe(1);
    const result = await replay(runs[0]!.path, { classes: { Household }, types });
    expect(result.difference).toBeUndefined();
    expect(result.traceHash).toBe(result.recordedHash);
  });

  it("keeps what was done to the run, and reads it back", async () => {
    const path = file();
    await record(path);
    const run = await openRun(path);
    const ops: string[] = [];
    for await (const batch of run.batches()) for (const entry of batch) if (entry.kind === "feed") ops.push(entry.op);
    await run.close();
    expect(run.header).toMatchObject({ seed: 7, start: "2000-01-01T00:00:00.000Z", ticksPerSecond: 1e6 });
    expect(ops.filter((op) => op === "spawn")).toHaveLength(3);
    expect(ops.filter((op) => op === "advance")).toHaveLength(8);
    expect(ops.filter((op) => op === "ask")).toHaveLength(1);
    expect(ops.filter((op) => op === "call")).toHaveLength(7);
  });

  it("cannot be of a run on the wall's clock, nor of two runs", async () => {
    const { RealTimeClock } = await import("../../../src/index.ts");
    const recording = new Recording(file(), { durable: "write" });
    const wrong = Container.create({ clock: new RealTimeClock(), record: recording });
    await expect(wrong).rejects.toMatchObject({ code: "ERR_RUN_RECORD" });
    const container = await Container.create({ record: recording });
    await expect(Container.create({ record: recording })).rejects.toMatchObject({ code: "ERR_RECORDING_USED" });
    await container.close();
  });
});
