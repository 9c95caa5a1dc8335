import { describe, expect, it, onTestFinished } from "vitest";
import {
  Container,
  type Isolation,
  type Journal,
  type Limits,
  Platform,
  type Population,
  RunError,
  type TraceEvent,
} from "../../src/index.ts";
import { Meter } from "./population-agents.ts";

const module = new URL("population-agents.ts", import.meta.url);

export interface PopulationKind {
  readonly name: string;
  /** Undefined: a container. */
  readonly spread: { readonly containers: number; readonly isolation: Isolation } | undefined;
}

interface Options {
  readonly limits?: Partial<Limits>;
  readonly record?: Journal;
}

/** Through the one contract, where the two classes have more to offer. */
const spawnIn = (population: Population, id: string, args: readonly unknown[] = []) =>
  (async () => population.spawn(Meter, { id, args }))();

async function create({ spread }: PopulationKind, options: Options = {}): Promise<Container | Platform> {
  const population = spread
    ? await Platform.create({ module, seed: 3, ...spread, ...options })
    : await Container.create({ seed: 3, ...options });
  onTestFinished(() => population.close().catch(() => {}));
  return population;
}

const ids = ["meter-0", "meter-1", "meter-2", "meter-3", "meter-4"] as const;

async function meters(kind: PopulationKind, options?: Options): Promise<Container | Platform> {
  const population = await create(kind, options);
  for (const id of ids) await spawnIn(population, id);
  return population;
}

async function totals(population: Container | Platform): Promise<unknown[]> {
  const values = await population.read(new Map(ids.map((id) => [id, ["total"]])));
  return [...values.values()].map(({ total }) => total);
}

/** A run in which several agents do something at each tag, with all that can be seen of it. */
async function story(kind: PopulationKind) {
  const population = await meters(kind);
  const events: TraceEvent[] = [];
  const settled: string[] = [];
  population.attach((batch) => events.push(...batch));
  const note = (name: string, call: Promise<unknown>) =>
    void call.then(
      (value) => settled.push(`${name} ${value}`),
      (error) => settled.push(`${name} ${error.code}`),
    );
  for (const [i, id] of [...ids].reverse().entries()) note(`after ${id}`, population.call(id, "after", [i * 3]));
  for (const id of [...ids].reverse()) note(`fail ${id}`, population.call(id, "fail"));
  note("nobody", population.call("nobody", "echo"));
  for (const id of ids) note(`ask ${id}`, population.call(id, "ask", ["meter-2", id]));
  population.inputs(ids.map((agent, i) => ({ agent, method: "later", args: [i, 1.5] })));
  population.inputs([...ids].reverse().map((agent) => ({ agent, method: "send1", args: ["meter-1", 1] })));
  const due = [await population.advance(1), await population.advance(2), await population.advance(2)];
  const outputs = [...population.takeOutputEvents()];
  return { events, settled, due, outputs, counts: population.counts, hash: population.traceHash() };
}

/** The next warning of this code: there may be others. */
function warningOf(code: string): Promise<Error> {
  return new Promise((resolve) => {
    process.on("warning", function listen(warning: Error & { code?: string }) {
      if (warning.code !== code) return;
      process.off("warning", listen);
      resolve(warning);
    });
  });
}

/** What a container and a platform of any kind have in common: each is a `Population`. */
export function populationSuite(kind: PopulationKind): void {
  describe(`the population: ${kind.name}`, () => {
    it("shows what one container shows, in its order: events, answers, outputs, counts, hash", async () => {
      const one = await story({ name: "one container", spread: undefined });
      const own = await story(kind);
      expect(one.settled.length).toBe(16);
      expect(own.settled).toEqual(one.settled);
      expect(own.events).toEqual(one.events);
      expect(own).toEqual(one);
    });

    it("settles the calls of a round in the order of agents, whoever is done first", async () => {
      const population = await meters(kind);
      const settled: unknown[] = [];
      for (const id of [...ids].reverse()) {
        void population.call(id, "after", [Number(id.slice(-1)) % 2 === 0 ? 9 : 0]).then((who) => settled.push(who));
      }
      await population.advance(1);
      expect(settled).toEqual(ids);
    });

    it("spawns in order, and refuses what cannot be made without harm", async () => {
      const population = await meters(kind);
      const order: string[] = [];
      const spawn = (id: string, args: [number]) =>
        spawnIn(population, id, args).then(
          () => order.push(id),
          (error) => order.push(error.code ?? error.name),
        );
      await Promise.all([
        spawn("new-1", [1]),
        spawn("meter-1", [1]),
        spawn("new-2", [-1]),
        spawn("a b", [1]),
        spawn("new-3", [3]),
      ]);
      expect(order).toHaveLength(5);
      expect(order.filter((id) => id.startsWith("new"))).toEqual(["new-1", "new-3"]);
      expect(order).toEqual(expect.arrayContaining(["ERR_AGENT_DUPLICATE", "RangeError", "ERR_AGENT_ID"]));
      await population.advance(1);
      const values = await population.read(new Map([["new-3", ["total"]]]));
      expect(values).toEqual(new Map([["new-3", { total: 3 }]]));
    });

    it("takes inputs all or none", async () => {
      const population = await meters(kind);
      const good = { agent: "meter-0", method: "add", args: [1] };
      expect(() => population.inputs([good, { ...good, agent: "nobody" }])).toThrow('there is no agent "nobody"');
      expect(() => population.inputs([good, { ...good, args: [() => 0] }])).toThrow(/meter-0\.add/);
      population.inputs([good, { agent: "meter-4", method: "add", args: [2] }]);
      await population.advance(1);
      expect(await totals(population)).toEqual([1, 0, 0, 0, 2]);
    });

    it("advances to a time, tells the next event, and never goes back", async () => {
      const population = await meters(kind);
      expect(population.ticksPerSecond).toBe(1_000_000);
      population.inputs([{ agent: "meter-3", method: "later", args: [5, 2.5] }]);
      expect(await population.advance(1)).toBe(3.5);
      await expect(population.advance(0.5)).rejects.toMatchObject({ code: "ERR_CLOCK_BACKWARDS" });
      expect(await population.advance(1)).toBe(3.5);
      expect(await population.advance(4)).toBeUndefined();
      expect(await totals(population)).toEqual([0, 0, 0, 5, 0]);
    });

    it("reads many agents at once, in the order of the request, and says what the first wrong one is", async () => {
      const population = await meters(kind);
      await population.advance(2);
      const read = async (request: [string, string[]][]) => population.read(new Map(request));
      const both = await read([
        ["meter-3", ["now", "total"]],
        ["meter-0", []],
        ["meter-1", ["total"]],
      ]);
      expect([...both]).toEqual([
        ["meter-3", { now: 2, total: 0 }],
        ["meter-0", {}],
        ["meter-1", { total: 0 }],
      ]);
      both.get("meter-1")!["total"] = 99;
      expect([...(await read([["meter-1", ["total"]]]))]).toEqual([["meter-1", { total: 0 }]]);
      const refusals: [[string, string[]][], string][] = [
        [
          [
            ["meter-0", ["total"]],
            ["nobody", []],
            ["meter-1", ["voltage"]],
          ],
          'there is no agent "nobody"',
        ],
        [
          [
            ["meter-4", ["total"]],
            ["meter-1", ["voltage"]],
            ["nobody", []],
          ],
          'has no output "voltage"',
        ],
        [
          [
            ["meter-0", ["broken"]],
            ["meter-1", ["voltage"]],
          ],
          "no reading",
        ],
        [
          [
            ["meter-1", ["voltage"]],
            ["meter-0", ["broken"]],
          ],
          'has no output "voltage"',
        ],
      ];
      for (const [request, text] of refusals) await expect(read(request)).rejects.toThrow(text);
      const left = population.call("meter-1", "leave");
      await population.advance(3);
      await left;
      await expect(read([["meter-1", ["total"]]])).rejects.toMatchObject({ code: "ERR_AGENT_UNKNOWN" });
    });

    it("keeps the last event of each output until it is taken", async () => {
      const population = await meters(kind);
      population.inputs([1, 2].map((by) => ({ agent: "meter-2", method: "add", args: [by] })));
      await population.advance(1);
      population.inputs([{ agent: "meter-1", method: "add", args: [7] }]);
      await population.advance(2);
      expect(new Map(population.takeOutputEvents())).toEqual(
        new Map([
          ["meter-2", { alarm: 3 }],
          ["meter-1", { alarm: 7 }],
        ]),
      );
      expect(population.takeOutputEvents().size).toBe(0);
    });

    it("has all events of an output with their times, in order, over several advances, and warns if the last alone is taken", async () => {
      const population = await meters(kind);
      const add = (agent: string, ...by: number[]) => by.map((n) => ({ agent, method: "add", args: [n] }));
      population.inputs([...add("meter-2", 5, 0, 2), ...add("meter-1", 1)]);
      await population.advance(0.5);
      population.inputs(add("meter-2", 1));
      await population.advance(0.75);
      const { byAgent, lost } = population.takeAllOutputEvents();
      expect([...byAgent]).toEqual([
        ["meter-1", { alarm: [{ time: 0.5, value: 1 }] }],
        [
          "meter-2",
          {
            alarm: [
              { time: 0.5, value: 5 },
              { time: 0.5, value: 5 },
              { time: 0.5, value: 7 },
              { time: 0.75, value: 8 },
            ],
          },
        ],
      ]);
      expect(lost).toBe(0);
      expect(population.takeAllOutputEvents().byAgent.size).toBe(0);
      const warned: string[] = [];
      const listen = (warning: Error & { code?: string }) => {
        if (warning.code === "COSIMAS_EVENTS_REPLACED") warned.push(warning.message);
      };
      process.on("warning", listen);
      for (let i = 0; i < 2; i++) {
        population.inputs(add("meter-2", 1, 1));
        await population.advance(1 + i);
        expect(population.takeOutputEvents().get("meter-2")).toEqual({ alarm: 10 + 2 * i });
      }
      await new Promise((done) => setImmediate(done));
      process.off("warning", listen);
      expect(warned).toEqual([expect.stringContaining('agent "meter-2" emitted "alarm" 2 times before it was taken')]);
    });

    it("detaches an observer that throws, warns, and goes on", async () => {
      const quiet = await meters(kind);
      const population = await meters(kind);
      const seen: number[] = [];
      let thrown = 0;
      population.attach(() => {
        thrown++;
        throw new Error("the observer is broken");
      });
      population.attach((batch) => seen.push(batch.length));
      population.events$.subscribe(() => {
        throw new Error("the subscriber is broken");
      });
      const warned = warningOf("COSIMAS_OBSERVER");
      for (const t of [1, 2]) {
        for (const each of [quiet, population]) {
          each.inputs([{ agent: "meter-0", method: "add", args: [t] }]);
          await each.advance(t);
        }
      }
      expect(String(await warned)).toMatch(/is broken/);
      expect(thrown).toBe(1);
      expect(seen.length).toBeGreaterThanOrEqual(2);
      expect(population.traceHash()).toBe(quiet.traceHash());
    });

    it("says the same of an agent that failed, and can be closed", async () => {
      const population = await meters(kind);
      population.inputs([
        { agent: "meter-3", method: "crash", args: [] },
        { agent: "meter-0", method: "crash", args: [] },
      ]);
      await expect(population.advance(1)).rejects.toMatchObject({ code: "ERR_AGENT_FAILED", agent: "meter-0" });
      await expect(population.advance(2)).rejects.toMatchObject({ code: "ERR_RUN_FAILED" });
      expect(() => population.inputs([])).toThrow("the run is failed");
      await population.close();
      await population.close();
    });

    it.each(["before the first advance", "between two advances"])("closes %s, and twice", async (when) => {
      const population = await meters(kind);
      if (when !== "before the first advance") await population.advance(1);
      const open = population.call("meter-0", "echo", [1]);
      await Promise.all([population.close(), population.close()]);
      await population.close();
      await expect(open).rejects.toMatchObject({ code: "ERR_RUN_ENDED" });
      await expect(population.advance(5)).rejects.toMatchObject({ code: "ERR_RUN_CLOSED" });
      expect(() => population.inputs([])).toThrow("the run is closed");
      await expect(spawnIn(population, "late")).rejects.toMatchObject({
        code: "ERR_RUN_CLOSED",
      });
    });

    it("closes during an advance: once that has ended, and its journal with it", async () => {
      const journal = new Diary();
      const population = await meters(kind, { record: journal });
      population.inputs(ids.map((agent) => ({ agent, method: "later", args: [1, 0.5] })));
      const advance = population.advance(1);
      const closing = [population.close(), population.close()];
      expect(await advance).toBe(1.5);
      expect(() => population.inputs([])).toThrow("the run is closed");
      await Promise.all(closing);
      await population.close();
      expect(journal.ended).toEqual([population.traceHash()]);
      expect(journal.afterEnd).toBe(0);
      await expect(population.advance(2)).rejects.toMatchObject({ code: "ERR_RUN_CLOSED" });
    });

    it("ends an advance before its time, with the reason; its journal has no hash then", async () => {
      const journal = new Diary();
      const population = await meters(kind, { record: journal });
      const reason = new RunError("ERR_RUN_CLOSED", "interrupted");
      population.endAdvance!(reason); // there is none
      population.inputs(ids.map((agent) => ({ agent, method: "later", args: [1, 0.5] })));
      const advance = population.advance(1e6);
      const ended = expect(advance).rejects.toBe(reason);
      population.endAdvance!(reason);
      await ended;
      await population.close();
      expect(journal.ended).toEqual([undefined]);
      expect(journal.afterEnd).toBe(0);
    });
  });
}

/** A journal that notes in which order it is used. */
class Diary implements Journal {
  readonly ended: (string | undefined)[] = [];
  afterEnd = 0;
  async begin(): Promise<void> {}
  feed(): void {
    if (this.ended.length > 0) this.afterEnd++;
  }
  events(): void {
    if (this.ended.length > 0) this.afterEnd++;
  }
  async settle(): Promise<void> {
    if (this.ended.length > 0) this.afterEnd++;
  }
  async end(traceHash: string | undefined): Promise<void> {
    this.ended.push(traceHash);
  }
}
