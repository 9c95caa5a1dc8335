import { type Entity, type InputData, type OutputData, type OutputRequest, Simulator, World } from "cosimas/mosaik";
import { describe, expect, it } from "vitest";
import { breakers } from "./fixtures/breakers.ts";

/** The scenario of mosaik-population.test.ts under World: the same agents see and cause the same. */

/** Gives a current every 4 s: 5 A, then 11 A, 17 A …; takes the states of the breakers. */
class Grid extends Simulator {
  override readonly meta = {
    api_version: "3.0",
    type: "time-based",
    models: { Line: { public: true, params: [], attrs: ["i", "closed"] } },
  } as const;
  readonly seen: unknown[] = [];
  #time = 0;

  override create(num: number, type: string) {
    return Array.from({ length: num }, (_, i) => ({ eid: `L${i}`, type }));
  }

  override step(time: number, inputs: InputData): number {
    this.seen.push([time, inputs]);
    this.#time = time;
    return time + 4;
  }

  override getData(outputs: OutputRequest): OutputData {
    return Object.fromEntries(Object.keys(outputs).map((eid) => [eid, { i: 5 + 1.5 * this.#time + Number(eid[1]) }]));
  }
}

/** Is stepped by what it observes. */
class Observer extends Simulator {
  override readonly meta = {
    api_version: "3.0",
    type: "event-based",
    models: { Observer: { public: true, params: [], attrs: ["seen"] } },
  } as const;
  readonly seen: unknown[] = [];

  override create(_num: number, type: string) {
    return [{ eid: "O", type }];
  }

  override step(time: number, inputs: InputData): null {
    this.seen.push([time, inputs["O"]!["seen"]]);
    return null;
  }

  override getData(): OutputData {
    return {};
  }
}

const PROCESS = "%(node)s dist/src/cli/main.js sim test/interop/fixtures/breakers.ts";

describe("a hybrid population under World", { timeout: 60_000 }, () => {
  it.each([
    ["in this process", { simulator: breakers }],
    ["as a process", { cmd: `${PROCESS} %(addr)s` }],
  ])("%s is stepped by its inputs and by its agents' timers", async (_where, agents) => {
    const [grid, opened, warned] = [new Grid(), new Observer(), new Observer()];
    await using world = new World(
      {
        Grid: { simulator: () => grid },
        Opened: { simulator: () => opened },
        Warned: { simulator: () => warned },
        Agents: agents,
      },
      { startTimeoutMs: 60_000 },
    );
    const lines = await (await world.start("Grid")).Line!.create(3);
    const population = await world.start<{ Breaker(params: object): Promise<Entity> }>("Agents", { simId: "Agents" });
    const [openings, warnings] = [
      await (await world.start("Opened")).Observer!(),
      await (await world.start("Warned")).Observer!(),
    ];
    for (const [i, line] of lines.entries()) {
      const params = { eid: `b${i}`, delay_s: [2.5, 0, 1][i], neighbour: `b${(i + 1) % 3}` };
      const breaker = await population.Breaker(params);
      world.connect(line, breaker, ["i", "current_a"]);
      world.connect(breaker, line, "closed", { timeShifted: true, initialData: { closed: true } });
      world.connect(breaker, openings, ["opened", "seen"]);
      world.connect(breaker, warnings, ["warnings", "seen"]);
    }
    await world.run({ until: 16 });
    expect(opened.seen).toEqual([
      [4, { "Agents.b1": { at: 4, warned: 1 } }],
      [5, { "Agents.b2": { at: 5, warned: 1 } }],
      [7, { "Agents.b0": { at: 6.5, warned: 1 } }],
    ]);
    expect(warned.seen).toEqual([
      [0, { "Agents.b0": 0, "Agents.b1": 0, "Agents.b2": 0 }],
      [4, { "Agents.b2": 1 }],
      [5, { "Agents.b0": 1 }],
      [7, { "Agents.b1": 1 }],
    ]);
    const closed = (value: boolean) =>
      Object.fromEntries(["L0", "L1", "L2"].map((line, i) => [line, { closed: { [`Agents.b${i}`]: value } }]));
    expect(grid.seen).toEqual([
      [0, closed(true)],
      [4, closed(true)],
      [8, closed(false)],
      [12, closed(false)],
    ]);
  });
});
