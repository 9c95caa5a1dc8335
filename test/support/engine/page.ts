/** What the engine's test runs in a page: scenarios that need nothing but agents and simulators of the page itself. */
import { Container, ExternalClock } from "cosimas";
import type { Method } from "../../../scenarios/economic-dispatch/agents.ts";
import { DELAY_S, Negotiation } from "../../../scenarios/economic-dispatch/negotiation.ts";
import type { Case } from "../../../scenarios/economic-dispatch/problem.ts";
import { type GridData, Profiles } from "../../../scenarios/lv-congestion/grid/index.ts";
import { simulate } from "../../../scenarios/lv-congestion/run.ts";

/** What a run has come to. */
export interface Seen {
  readonly traceHash: string | undefined;
  /** Messages of lv-congestion, cost of economic-dispatch. */
  readonly figure: number;
}

/** Run one day of lv-congestion; grid and profiles are JSON at `/grid.json` and `/profiles.json`. */
export async function congestion(day: number): Promise<Seen> {
  const grid = (await (await fetch("/grid.json")).json()) as GridData;
  const columns = (await (await fetch("/profiles.json")).json()) as [string, number[]][];
  const profiles = new Profiles(new Map(columns.map(([name, values]) => [name, Float64Array.from(values)])));
  const { traceHash, messages } = await simulate({ grid, profiles, day, days: 1, control: true, seed: 1 });
  return { traceHash, figure: messages };
}

/** Settle a case of economic-dispatch; the cases are JSON at `/cases.json`. */
export async function dispatch(name: string, method: Method): Promise<Seen> {
  const cases = (await (await fetch("/cases.json")).json()) as Record<string, Case>;
  const communication = { links: { delay: DELAY_S } };
  const container = await Container.create({ clock: new ExternalClock(), seed: 1, communication });
  const options = { method, toleranceOfLoad: 1e-5, iterationsMax: 5000 };
  const negotiation = await Negotiation.create(container, cases[name]!, options);
  const { cost } = await negotiation.settle();
  const traceHash = negotiation.traceHash();
  await negotiation.close();
  return { traceHash, figure: cost };
}
