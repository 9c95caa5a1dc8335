import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { defineScenario } from "cosimas";
import type { Method } from "./agents.ts";
import type { Outcome } from "./negotiation.ts";
import { type Course, picture } from "./picture.ts";
import { CASES, DEMANDS_MW, meritOrderPrice, readCase, threeUnits } from "./problem.ts";
import { type StartOptions, startNegotiation } from "./start.ts";

/** Which pace suits which grid; it was tried out, and changes no result. */
const METHODS: Readonly<Record<string, Method>> = {
  "three-units": { rho: 0.05, kappa: 1 },
  case5: { rho: 1, kappa: 1 },
  case9: { rho: 0.3, kappa: 1 },
  case14: { rho: 0.3, kappa: 0.3 },
  case118: { rho: 0.1, kappa: 0.3 },
};

const UNITS_HEADER = ["three units", "iterations", "price agreed on", "merit order", "off by", "EUR/MWh"];
const GRIDS_HEADER = ["grid", "iterations", "cost in EUR/h", "optimum", "off by", "prices in EUR/MWh"];
const WIDTHS = [12, 11, 16, 13, 9, 18];

export default defineScenario({
  name: "economic-dispatch",
  description: "Generators, lines and buses agree on who feeds in how much, at the least cost; nobody sees it all.",
  parameters: {
    case: { type: "string", default: "all", choices: ["all", "three-units", ...CASES], help: "which grid" },
    tolerance: { type: "number", default: 1e-5, min: 1e-9, max: 0.1, help: "part of the load that a bus may lack" },
    iterations: { type: "integer", default: 5000, min: 50, help: "at most so many" },
  },
  async run({ parameters, seed, containers, signal, progress, print, record, outDir }) {
    const names = ["three-units", ...CASES].filter((name) => parameters.case === "all" || parameters.case === name);
    const journal = names.length === 1 ? record({ modules: [new URL("agents.ts", import.meta.url)] }) : undefined;
    const pictured: Course[] = [];
    for (const [i, name] of names.entries()) {
      const options: StartOptions = {
        containers,
        seed,
        method: METHODS[name]!,
        toleranceOfLoad: parameters.tolerance,
        iterationsMax: parameters.iterations,
        record: journal,
      };
      const course: [iterations: number, cost: number][] = [];
      const tell = ({ iterations, cost }: Outcome) => {
        signal.throwIfAborted();
        course.push([iterations, cost]);
        progress((i + iterations / parameters.iterations) / names.length, `${name}, iteration ${iterations}`);
      };
      if (name === "three-units") print(`trace hash ${await units(options, tell, print)}\n`);
      else {
        if (pictured.length === 0) print(line(GRIDS_HEADER));
        print(`trace hash ${await grid(name, options, tell, print)}`);
        pictured.push({ name, optimum: readCase(name as (typeof CASES)[number]).cost, course });
      }
    }
    if (pictured.length === 0) return;
    const file = join(outDir, "economic-dispatch.svg");
    writeFileSync(file, picture(pictured));
    print(`picture ${relative(process.cwd(), file)}`);
  },
});

/** One load after the other for the three units; they go on from what they have agreed on. */
async function units(
  options: StartOptions,
  tell: (outcome: Outcome) => void,
  print: (text: string) => void,
): Promise<string> {
  print(line(UNITS_HEADER));
  const negotiation = await startNegotiation(threeUnits(DEMANDS_MW[0]), options);
  try {
    for (const demand of DEMANDS_MW) {
      negotiation.demand(0, demand);
      const outcome = await negotiation.settle(tell);
      const known = meritOrderPrice(threeUnits(demand));
      const price = outcome.prices[0]!;
      print(line(row(`${demand} MW`, outcome, price, known, 4)));
    }
    return negotiation.traceHash();
  } finally {
    await negotiation.close();
  }
}

async function grid(
  name: string,
  options: StartOptions,
  tell: (outcome: Outcome) => void,
  print: (text: string) => void,
): Promise<string> {
  const problem = readCase(name as (typeof CASES)[number]);
  const negotiation = await startNegotiation(problem, options);
  try {
    const outcome = await negotiation.settle(tell);
    print(line(row(name, outcome, outcome.cost, problem.cost, 2)));
    return negotiation.traceHash();
  } finally {
    await negotiation.close();
  }
}

function row(name: string, outcome: Outcome, value: number, known: number, digits: number): string[] {
  const prices = [Math.min(...outcome.prices), Math.max(...outcome.prices)].map((price) => price.toFixed(2));
  const iterations = `${outcome.iterations}${outcome.converged ? "" : "+"}`;
  const off = `${((value / known - 1) * 1e6).toFixed(1)} ppm`;
  return [name, iterations, value.toFixed(digits), known.toFixed(digits), off, [...new Set(prices)].join(" … ")];
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]!) : cell.padStart(WIDTHS[i]!))).join(" ");
}
