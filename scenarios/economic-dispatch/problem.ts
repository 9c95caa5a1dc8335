import { readFileSync } from "node:fs";

/** What a generator may do, and what it costs. */
export interface GeneratorData {
  /** Index of its bus. */
  readonly bus: number;
  readonly p_min_mw: number;
  readonly p_max_mw: number;
  /** `[c0, c1, c2]`: it costs c0 + c1 p + c2 p² EUR an hour at p MW. */
  readonly cost: readonly [number, number, number];
}

/** A line, or a transformer, from one bus to another. */
export interface LineData {
  readonly from: number;
  readonly to: number;
  /** MW that flow for each radian between the angles of its ends. */
  readonly mw_per_rad: number;
  /** MW that may flow, either way; absent: any. */
  readonly limit_mw?: number;
}

/** Who is to feed in how much, so that all loads are met at the least cost: a direct-current optimal power flow. */
export interface Dispatch {
  /** Load of each bus in MW. */
  readonly loads_mw: readonly number[];
  readonly generators: readonly GeneratorData[];
  readonly lines: readonly LineData[];
}

/** A dispatch whose least cost is known. */
export interface Case extends Dispatch {
  /** EUR an hour, by `pandapower.rundcopp`. */
  readonly cost: number;
}

/** Three units at one bus: marginal costs of 10, 15 and 12 EUR/MWh, rising by eps = 0.1 EUR/MWh for each MW. */
const EPS = 0.1;
const UNITS = [
  { from: 10, p_max_mw: 30 },
  { from: 15, p_max_mw: 10 },
  { from: 12, p_max_mw: 22 },
];

/** Loads of the three units, one after the other, in MW. */
export const DEMANDS_MW = [10, 30, 40, 45, 60, 10] as const;

/** The three units with a first load. */
export function threeUnits(loadMw: number): Dispatch {
  const generators = UNITS.map(({ from, p_max_mw }) => ({
    bus: 0,
    p_min_mw: 0,
    p_max_mw,
    cost: [0, from, EPS / 2] as const,
  }));
  return { loads_mw: [loadMw], generators, lines: [] };
}

/**
 * The price at which generators at one bus meet its load at the least cost, in EUR/MWh, in closed form: supply rises with
 * the price in straight pieces, from one bend to the next.
 */
export function meritOrderPrice({ generators, loads_mw }: Dispatch): number {
  const load = loads_mw[0]!;
  const marginal = ({ cost }: GeneratorData, p: number) => cost[1] + 2 * cost[2] * p;
  const supply = (price: number) =>
    generators.reduce((sum, unit) => {
      const p = (price - unit.cost[1]) / (2 * unit.cost[2]);
      return sum + Math.min(unit.p_max_mw, Math.max(unit.p_min_mw, p));
    }, 0);
  const bends = generators.flatMap((unit) => [marginal(unit, unit.p_min_mw), marginal(unit, unit.p_max_mw)]);
  const above = Math.min(...bends.filter((price) => supply(price) >= load));
  const below = Math.max(...bends.filter((price) => supply(price) < load));
  const [from, to] = [supply(below), supply(above)];
  return below + ((above - below) * (load - from)) / (to - from);
}

/** Names of the cases with lines. */
export const CASES = ["case5", "case9", "case14", "case118"] as const;

/** Read one of them. */
export function readCase(name: (typeof CASES)[number]): Case {
  const text = readFileSync(new URL("data/cases.json", import.meta.url), "utf8");
  return (JSON.parse(text) as Record<string, Case>)[name]!;
}

/** EUR an hour of what generators feed in. */
export function costOf(generators: readonly GeneratorData[], feedInMw: readonly number[]): number {
  return generators.reduce((sum, { cost: [c0, c1, c2] }, i) => sum + c0 + (c1 + c2 * feedInMw[i]!) * feedInMw[i]!, 0);
}
