import { pathToFileURL } from "node:url";
import { Container, type Isolation, Platform, type Population } from "../../src/index.ts";
import { figure, type Suite } from "./figure.ts";
import { Household } from "./peers/spread-agents.ts";
import { compiled } from "./programs.ts";

const module = pathToFileURL(compiled("peers/spread-agents.ts"));
const AGENTS = 1000;

interface Load {
  readonly name: string;
  readonly computeMs: number;
  /** Steps that are measured, after some that do not count. */
  readonly steps: number;
  readonly warmUp: number;
}

const LOADS: readonly Load[] = [
  { name: "idle agents", computeMs: 0, steps: 60, warmUp: 60 },
  { name: "agents of 1 ms", computeMs: 1, steps: 5, warmUp: 2 },
];

const KINDS: readonly { isolation: Isolation; containers: number }[] = [
  { isolation: "inline", containers: 1 },
  { isolation: "process", containers: 1 },
  { isolation: "process", containers: 2 },
];

/**
 * A step of a population of 1,000 agents as a master makes it: an input for each, an advance, one read of all outputs; on
 * a platform beside one container, in turn with it. Each agent counts its steps, and all of them have to have made all.
 */
export const spread: Suite = async (report, wants) => {
  for (const load of LOADS) {
    for (const kind of KINDS) {
      const name = `step of ${AGENTS} ${load.name}, ${kind.containers} x ${kind.isolation}`;
      if (!wants(name)) continue;
      const ids = Array.from({ length: AGENTS }, (_, i) => `household-${i}`);
      const one = await Container.create();
      for (const id of ids) one.spawn(Household, { id });
      const many = await Platform.create({ module, ...kind });
      await Promise.all(ids.map((id) => many.spawn(Household, { id })));
      const ours: number[] = [];
      const theirs: number[] = [];
      for (let t = 0; t < load.warmUp + load.steps; t++) {
        const base = await step(one, ids, t, load.computeMs);
        const own = await step(many, ids, t, load.computeMs);
        if (t < load.warmUp) continue;
        ours.push(own);
        theirs.push(base);
      }
      if (one.traceHash() !== many.traceHash()) throw new Error("the platform did something else than the container");
      await Promise.all([one.close(), many.close()]);
      report(figure(name, "us", "one container", ours, theirs));
    }
  }
};

/** Microseconds of one step. */
async function step(population: Population, ids: readonly string[], t: number, computeMs: number): Promise<number> {
  const start = process.hrtime.bigint();
  population.inputs(ids.map((agent, i) => ({ agent, method: "set", args: [i + t / 10, computeMs] })));
  await population.advance(t);
  const values = await population.read(new Map(ids.map((id) => [id, ["power", "steps"]])));
  const us = Number(process.hrtime.bigint() - start) / 1000;
  for (const [i, id] of ids.entries()) {
    const { power, steps } = values.get(id)!;
    if (power !== (i + t / 10) * 2 || steps !== t + 1) throw new Error(`${id} has not made step ${t}`);
  }
  return us;
}
