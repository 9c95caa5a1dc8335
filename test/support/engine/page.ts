/** What the engine's test runs in a page: lv-congestion, agents and grid, in a World of simulators of the page itself. */
import { type GridData, Profiles } from "../../../scenarios/lv-congestion/grid/index.ts";
import { simulate } from "../../../scenarios/lv-congestion/run.ts";

/** Run one day; grid and profiles are JSON at `/grid.json` and `/profiles.json`. */
export async function run(day: number): Promise<{ traceHash: string | undefined; messages: number }> {
  const grid = (await (await fetch("/grid.json")).json()) as GridData;
  const columns = (await (await fetch("/profiles.json")).json()) as [string, number[]][];
  const profiles = new Profiles(new Map(columns.map(([name, values]) => [name, Float64Array.from(values)])));
  const { traceHash, messages } = await simulate({ grid, profiles, day, days: 1, control: true, seed: 1 });
  return { traceHash, messages };
}
