import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { defineScenario, Topology } from "cosimas";
import { fitness, type Schedule } from "./cohda.ts";
import { type Agreement, Negotiation } from "./negotiation.ts";
import { picture } from "./picture.ts";
import { DAYS, readPlants } from "./plants.ts";
import { membersOf, productOf, withoutPlan } from "./power-plant.ts";

const PLANTS = readPlants();
const HOUR_S = 3600;

/** Neighbours of each agent in the ring, and the part of edges that lead anywhere. */
const SMALL_WORLD = { k: 4, p: 0.1 };

const { pvs, storages } = PLANTS;
const topology = Topology.smallWorld(
  [...pvs, ...storages].map(({ id }) => id),
  SMALL_WORLD,
);

const HEADER = ["", "off by", "at worst", "messages", "agreed after"];
const WIDTHS = [25, 10, 10, 9, 13];

export default defineScenario({
  name: "virtual-power-plant",
  description: "PV plants and storages agree by COHDA on schedules for what was sold, and again when a plant fails.",
  parameters: {
    day: { type: "integer", default: 0, min: 0, max: DAYS - 1, help: "day of the profiles" },
    fails: { type: "string", default: "PV-6", choices: pvs.map(({ id }) => id), help: "which plant breaks down" },
    hour: { type: "integer", default: 12, min: 1, max: 23, help: "when it does" },
  },
  containers: true,
  topology,
  async run({ parameters, seed, population, signal, progress, print, record, result, outDir }) {
    const { day, fails, hour } = parameters;
    const target = productOf(PLANTS, day);
    const course: [seconds: number, fitness: number][][] = [];
    const tell = (what: string, part: number) => {
      const points: [number, number][] = [];
      course.push(points);
      return (seconds: number, fitness: number) => {
        signal.throwIfAborted();
        points.push([seconds, fitness]);
        progress((part + Math.min(1, seconds / 20)) / 2, `${what}, ${seconds} s`);
      };
    };
    const negotiation = await Negotiation.create(membersOf(PLANTS, day), topology, {
      ...population,
      seed,
      record: record({ modules: [new URL("agents.ts", import.meta.url)] }),
    });
    try {
      const first = await negotiation.agree(pvs[0]!.id, "sell", [target], 0, tell("first plan", 0));
      const second = await negotiation.agree(fails, "fail", [], hour * HOUR_S, tell("new plan", 1));
      const unplanned = withoutPlan(first.schedules, fails, hour);
      print(line(HEADER));
      print(row("first plan", target, first.schedules, first));
      print(row(`${fails} fails at ${hour} o'clock`, target, unplanned));
      print(row("new plan", target, second.schedules, second));
      print(`trace hash ${negotiation.traceHash()}`);
      result({
        first_kwh: -first.fitness / 1000,
        failed_kwh: -fitness(target, Object.values(unplanned)) / 1000,
        second_kwh: -second.fitness / 1000,
        messages: first.messages + second.messages,
      });
      const file = join(outDir, "virtual-power-plant.svg");
      writeFileSync(
        file,
        picture({ target, first: first.schedules, unplanned, second: second.schedules, fails, hour }),
      );
      print(`picture ${relative(process.cwd(), file)}`);
    } finally {
      await negotiation.close();
    }
  },
});

/** How far schedules are off the target, over the day and in the worst hour. */
function row(
  name: string,
  target: Schedule,
  schedules: Readonly<Record<string, Schedule>>,
  agreement?: Agreement,
): string {
  const off = target.map(
    (watts, i) =>
      -fitness(
        [watts],
        Object.values(schedules).map((schedule) => [schedule[i]!]),
      ),
  );
  const kwh = off.reduce((sum, watts) => sum + watts, 0) / 1000;
  const cells = [name, `${kwh.toFixed(1)} kWh`, `${(Math.max(...off) / 1000).toFixed(1)} kW`];
  if (agreement !== undefined) cells.push(String(agreement.messages), `${agreement.seconds} s`);
  return line(cells);
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]!) : cell.padStart(WIDTHS[i]!))).join(" ");
}
