import type { TraceEvent } from "cosimas";
import type { ConnectEntry, Time } from "cosimas/mosaik";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { count } from "../support/heavy.ts";
import { reportDifference, type ScenarioPlan, scenarioArbitrary } from "../support/mosaik-arbitrary.ts";
import { type CallLog, listen, MosaikDriver, type Played } from "../support/mosaik-driver.ts";
import { ScriptSimulator } from "../support/mosaik-script.ts";
import { pythonEnvironment } from "../support/python.ts";
import { brokenPromises, canonical, comparable, faultless, triggered } from "../support/world-comparison.ts";
import { WorldPlayer } from "../support/world-player.ts";

/**
 * Generated scenarios in real mosaik, their simulators in Python, and in a World, the same simulators in TypeScript: every
 * simulator sees the same calls and gives the same answers.
 *
 * mosaik runs with some of its faults mended (`mend` in mosaik_driver.py); `faultless` leaves out others.
 */
const { python, reason } = await pythonEnvironment("mosaik");
const SCENARIOS = count("scenarios in World and in mosaik", 30, 1000);

const REMOTE_SCENARIOS = count("scenarios in World and in mosaik, remote simulators", 10, 300);

const totals = { scenarios: 0, simulators: 0, steps: 0 };

function expectSame(scenario: ScenarioPlan, inMosaik: Played, inWorld: InWorld): void {
  const free = triggered(scenario);
  expect(canonical(inWorld.seen)).toEqual(canonical(inMosaik.seen));
  for (const { sid } of scenario.sims) {
    const [got, expected] = [inWorld.logs[sid]!, inMosaik.logs[sid]!].map((log) => comparable(log, !free.has(sid)));
    expect({ sid, log: got }).toEqual({ sid, log: expected });
  }
}

/** A simulator whose steps take some turns of the event loop. */
class LateSimulator extends ScriptSimulator {
  readonly #turns: readonly number[];
  #steps = 0;

  constructor(turns: readonly number[]) {
    super();
    this.#turns = turns;
  }

  override async step(...args: Parameters<ScriptSimulator["step"]>): Promise<Time | null> {
    const turns = this.#turns[this.#steps++ % this.#turns.length]!;
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
    return super.step(...args);
  }
}

type InWorld = Pick<Played, "seen" | "logs"> & { readonly events: readonly TraceEvent[] };

/** Run it in a world of simulators of this process. */
async function playInWorld(scenario: ScenarioPlan, make: (index: number) => ScriptSimulator): Promise<InWorld> {
  const simulators = new Map(scenario.sims.map(({ sid }, index) => [sid, make(index)]));
  const config = Object.fromEntries(Array.from(simulators, ([sid, made]) => [sid, { simulator: () => made }]));
  const player = new WorldPlayer(scenario, config);
  const events: TraceEvent[] = [];
  player.world.attach((batch) => events.push(...batch));
  await player.play();
  await player.world.shutdown();
  const logs = Object.fromEntries(Array.from(simulators, ([sid, { log }]) => [sid, log as CallLog]));
  return { seen: player.seen, logs, events };
}

/** Run it in a world of simulators that it connects to, in TypeScript or in Python. */
async function playRemotely(
  driver: MosaikDriver,
  scenario: ScenarioPlan,
  mixture: readonly boolean[],
): Promise<InWorld> {
  const simulators = new Map<string, ScriptSimulator>();
  const config: Record<string, ConnectEntry> = {};
  for (const [index, { sid }] of scenario.sims.entries()) {
    config[sid] = { connect: driver.pythonAddress };
    if (mixture[index] !== true) continue;
    const simulator = new ScriptSimulator();
    simulators.set(sid, simulator);
    config[sid] = { connect: (await listen(simulator)).address };
  }
  const player = new WorldPlayer(scenario, config);
  await player.play();
  await player.world.shutdown();
  const inTypeScript = Object.fromEntries(Array.from(simulators, ([sid, { log }]) => [sid, log as CallLog]));
  return { seen: player.seen, logs: { ...(await driver.pythonLogs()), ...inTypeScript }, events: [] };
}

describe.skipIf(reason !== undefined)(`World against mosaik${reason === undefined ? "" : ` (${reason})`}`, () => {
  const seed = Number(process.env["COSIMAS_SEED"] ?? Date.now() % 2 ** 31);
  // Inputs without a value are warned of: by the thousand here.
  const printers = process.listeners("warning");
  let driver: MosaikDriver;
  beforeAll(async () => {
    process.removeAllListeners("warning");
    driver = await MosaikDriver.start(python!);
  });
  afterAll(async () => {
    for (const printer of printers) process.on("warning", printer);
    await driver?.close();
    const { scenarios, simulators, steps } = totals;
    process.stderr.write(
      `World against mosaik ${driver?.version}, seed ${seed}: ${scenarios} scenarios of ${simulators} simulators, ${steps} steps\n`,
    );
  });

  it(`${REMOTE_SCENARIOS} scenarios are the same with remote simulators`, { timeout: 1_800_000 }, async () => {
    const inTypeScript = fc.array(fc.boolean(), { minLength: 6, maxLength: 6 });
    const property = fc.asyncProperty(scenarioArbitrary, inTypeScript, async (generated, mixture) => {
      const scenario = faultless(generated);
      const inMosaik = await driver.play(scenario, () => "Python", { mended: "all" });
      expect(inMosaik).toMatchObject({ error: null, errors: [] });
      expectSame(scenario, inMosaik, await playRemotely(driver, scenario, mixture));
    });
    await fc.assert(property, { numRuns: REMOTE_SCENARIOS, seed, endOnFailure: true, reporter: reportDifference });
  });

  it(`${SCENARIOS} scenarios are the same, whoever is quicker`, { timeout: 1_800_000 }, async () => {
    const lateness = fc.array(fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }), { minLength: 6, maxLength: 6 });
    const property = fc.asyncProperty(scenarioArbitrary, lateness, async (generated, turns) => {
      const scenario = faultless(generated);
      const inMosaik = await driver.play(scenario, () => "Python", { mended: "all" });
      expect(inMosaik).toMatchObject({ error: null, errors: [] });
      const inWorld = await playInWorld(scenario, () => new ScriptSimulator());
      expectSame(scenario, inMosaik, inWorld);
      expect(await playInWorld(scenario, (index) => new LateSimulator(turns[index]!))).toEqual(inWorld);
      for (const { sid } of scenario.sims)
        expect({ sid, broken: brokenPromises(scenario, sid, inWorld.logs[sid]!) }).toEqual({ sid, broken: [] });
      totals.scenarios++;
      totals.simulators += scenario.sims.length;
      totals.steps += Object.values(inWorld.logs)
        .flat()
        .filter(([name]) => name === "step").length;
    });
    // Not shrunk: that takes long, and the scenario is printed.
    await fc.assert(property, { numRuns: SCENARIOS, seed, endOnFailure: true, reporter: reportDifference });
    expect(totals.steps).toBeGreaterThan(SCENARIOS);
  });
});
