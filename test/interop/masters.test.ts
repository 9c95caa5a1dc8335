import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compareRuns, openRun, Recording, type TraceEvent } from "cosimas";
import {
  type CreateResult,
  type InputData,
  type Meta,
  type ModelFactory,
  type OutputData,
  type OutputRequest,
  Simulator,
  World,
} from "cosimas/mosaik";
import { afterAll, describe, expect, it } from "vitest";
import { helicsEnvironment, start, startBroker } from "../support/helics.ts";
import { pythonEnvironment } from "../support/python.ts";
import { HOUSES, population } from "./fixtures/masters/population.ts";

/**
 * One population, unchanged, under three masters: mosaik in Python, a HELICS federation, and `World`; the meter is in Python
 * under the first two. The traces are compared event by event: everything that happened to an agent, with its tag, cause, peer
 * and content, and what was done to the run, as inputs, spawns and advances. The masters' own steps are in none of them: a
 * population records what happens to it, whoever steps it. Nothing of the files but the name of the module that was
 * served may differ.
 */
const helics = await helicsEnvironment();
const mosaik = await pythonEnvironment("mosaik");
const reason = helics.reason ?? mosaik.reason;
const root = fileURLToPath(new URL("../..", import.meta.url));
const METER = "test/support/meter_masters.py";
const COSIMAS = [process.execPath, "--conditions=cosimas:source", "--import", "tsx", join(root, "src/cli/main.ts")];
const FIXTURES = "test/interop/fixtures/masters";
const UNTIL = 12;

/** As the one in `meter_masters.py`. */
class Meter extends Simulator {
  readonly meta: Meta = {
    api_version: "3.0",
    type: "time-based",
    models: { Meter: { public: true, params: ["eid"], attrs: ["x", "y"] } },
  };
  #x: Record<string, number> = {};

  create(_num: number, model: string, { eid }: { readonly eid?: unknown }): readonly CreateResult[] {
    return [{ eid: String(eid), type: model }];
  }

  step(time: number, inputs: InputData): number {
    const given = Object.entries(inputs).map(([house, { y }]) => {
      const index = HOUSES.indexOf(house as "h0");
      return [house, ((time * 7 + index) % 5) + (Object.values(y!)[0] as number) / 4] as const;
    });
    this.#x = Object.fromEntries(given);
    return time + 1;
  }

  getData(outputs: OutputRequest): OutputData {
    return Object.fromEntries(Object.keys(outputs).map((eid) => [eid, { x: this.#x[eid] }]));
  }
}

async function underWorld(file: string): Promise<string> {
  const agents = population();
  agents.recordIn(new Recording(file, { modules: [new URL("./fixtures/masters/population.ts", import.meta.url)] }));
  const world = new World({ Meter: { simulator: () => new Meter() }, Agents: { simulator: () => agents } });
  try {
    const meter = await world.start<{ Meter: ModelFactory }>("Meter");
    const start = await world.start<{ House: ModelFactory }>("Agents");
    for (const house of HOUSES) {
      const [source, agent] = [await meter.Meter({ eid: house }), await start.House({ eid: house })];
      world.connect(source, agent, "x");
      world.connect(agent, source, "y", { timeShifted: true, initialData: { y: 0 } });
    }
    await world.run({ until: UNTIL });
    return agents.population.traceHash();
  } finally {
    await world.shutdown();
  }
}

async function underMosaik(file: string): Promise<void> {
  const command = [...COSIMAS, "sim", `${FIXTURES}/simulator.ts`, "%(addr)s", "--record", file].join(" ");
  const run = start(mosaik.python!, [METER, "mosaik", command], { PYTHONHASHSEED: "0" });
  expect(await run.ended, run.output()).toBe(0);
}

async function underHelics(file: string): Promise<void> {
  const broker = await startBroker(helics, 2);
  const meter = start(helics.python!, [METER, "helics", broker.address]);
  const connection = ["--broker", broker.address, "--library", helics.library!, "--timeout", "30"];
  const [command, ...args] = [...COSIMAS, "federate", `${FIXTURES}/federate.ts`, ...connection, "--record", file];
  const agents = start(command!, args);
  expect(await agents.ended, agents.output()).toBe(0);
  expect(await meter.ended, meter.output()).toBe(0);
}

async function eventsIn(file: string): Promise<{ events: TraceEvent[]; hash: string | undefined }> {
  const run = await openRun(file);
  const events: TraceEvent[] = [];
  for await (const batch of run.batches()) for (const entry of batch) if (entry.kind !== "feed") events.push(entry);
  await run.close();
  return { events, hash: run.summary?.traceHash };
}

describe.skipIf(reason !== undefined)(
  `one population, three masters${reason === undefined ? "" : ` (${reason})`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "cosimas-masters-"));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it("have the same trace, event by event", async () => {
      const [world, inPython, federation] = ["world", "mosaik", "helics"].map((name) => join(folder, `${name}.mcap`));
      const hash = await underWorld(world!);
      await underMosaik(inPython!);
      await underHelics(federation!);

      const { events, hash: recorded } = await eventsIn(world!);
      expect(recorded).toBe(hash);
      const kinds = new Set(events.map(({ kind }) => kind));
      const all = [
        "created",
        "input",
        "log",
        "oneway",
        "output",
        "reply",
        "failure",
        "request",
        "tick",
        "timer",
      ] as const;
      for (const kind of all) expect(kinds).toContain(kind);
      expect(events.filter(({ kind }) => kind === "input")).toHaveLength(UNTIL * HOUSES.length);
      for (const file of [inPython!, federation!]) {
        const other = await eventsIn(file);
        expect(other.hash).toBe(hash);
        expect(other.events).toEqual(events);
        const { difference, compared, feeds, headers } = await compareRuns(world!, file);
        expect({ difference, compared, feeds }).toEqual({
          difference: undefined,
          compared: events.length,
          feeds: undefined,
        });
        expect(
          headers.every((line) => /^modules?\b/.test(line)),
          headers.join(),
        ).toBe(true);
      }
    });
  },
);
