import type { Population } from "cosimas";
import { Bus, Generator, Line, type Method } from "./agents.ts";
import { costOf, type Dispatch } from "./problem.ts";

/** Seconds that a message takes: a proposal and its correction are one iteration. */
export const DELAY_S = 0.005;
const ITERATION_S = 2 * DELAY_S;

/** Iterations after which somebody outside looks whether it is over. */
const LOOK_EVERY = 50;

/** Relative change of the cost from one look to the next at which it is over. */
const COST_CHANGE_MAX = 2e-6;

/** How agents negotiate and when they may stop. */
export interface NegotiationOptions {
  readonly method: Method;
  /** Over when no bus lacks more than this part of the whole load. */
  readonly toleranceOfLoad: number;
  readonly iterationsMax: number;
}

/** Where agents have come to. */
export interface Outcome {
  readonly iterations: number;
  /** False if `iterationsMax` came first. */
  readonly converged: boolean;
  /** EUR an hour of what generators feed in. */
  readonly cost: number;
  readonly feedInMw: readonly number[];
  readonly flowMw: readonly number[];
  /** EUR/MWh at each bus. */
  readonly prices: readonly number[];
  /** MW that the bus lacks which lacks most, or has too much. */
  readonly imbalanceMw: number;
}

/** The agents of one dispatch, in a population whose messages take {@link DELAY_S}; whoever creates it calls `close`. */
export class Negotiation {
  readonly #population: Population;
  readonly #dispatch: Dispatch;
  readonly #options: NegotiationOptions;
  #loadMw: number;
  #iterations = 0;

  private constructor(population: Population, dispatch: Dispatch, options: NegotiationOptions) {
    this.#population = population;
    this.#dispatch = dispatch;
    this.#options = options;
    this.#loadMw = dispatch.loads_mw.reduce((sum, mw) => sum + mw, 0);
  }

  /** Bring one agent to life for each bus, generator and line. */
  static async create(population: Population, dispatch: Dispatch, options: NegotiationOptions): Promise<Negotiation> {
    const { method } = options;
    const { generators, lines, loads_mw } = dispatch;
    const devices: string[][] = loads_mw.map(() => []);
    for (const [i, { bus }] of generators.entries()) devices[bus]!.push(`generator-${i}`);
    for (const [i, { from, to }] of lines.entries()) for (const bus of [from, to]) devices[bus]!.push(`line-${i}`);
    await Promise.all([
      ...loads_mw.map((mw, i) => population.spawn(Bus, { id: `bus-${i}`, args: [method, mw, devices[i]!] })),
      ...generators.map((data, i) =>
        population.spawn(Generator, { id: `generator-${i}`, args: [method, `bus-${data.bus}`, data] }),
      ),
      ...lines.map((data, i) =>
        population.spawn(Line, { id: `line-${i}`, args: [method, [`bus-${data.from}`, `bus-${data.to}`], data] }),
      ),
    ]);
    return new Negotiation(population, dispatch, options);
  }

  /** Let the load at a bus be another one; agents go on from where they are. */
  demand(bus: number, loadMw: number): void {
    this.#loadMw += loadMw - this.#dispatch.loads_mw[bus]!;
    this.#population.inputs([{ agent: `bus-${bus}`, method: "demand", args: [loadMw] }]);
  }

  /** Let agents go on until they agree, `iterationsMax` iterations at most. */
  async settle(progress: (outcome: Outcome) => void = () => {}): Promise<Outcome> {
    const { iterationsMax, toleranceOfLoad } = this.#options;
    const first = this.#iterations;
    let before = Number.NaN;
    for (;;) {
      this.#iterations += LOOK_EVERY;
      await this.#population.advance(this.#iterations * ITERATION_S);
      const outcome = await this.#look(this.#iterations - first);
      const balanced = outcome.imbalanceMw <= toleranceOfLoad * this.#loadMw;
      const converged = balanced && Math.abs(outcome.cost - before) <= COST_CHANGE_MAX * outcome.cost;
      progress(outcome);
      if (converged || this.#iterations - first >= iterationsMax) return { ...outcome, converged };
      before = outcome.cost;
    }
  }

  traceHash(): string {
    return this.#population.traceHash();
  }

  close(): Promise<void> {
    return this.#population.close();
  }

  async #look(iterations: number): Promise<Outcome> {
    const { generators, lines, loads_mw } = this.#dispatch;
    const feedInMw = await this.#column<Generator>("generator", generators.length, "feed_in_mw");
    const imbalances = await this.#column<Bus>("bus", loads_mw.length, "imbalance_mw");
    return {
      iterations,
      converged: false,
      cost: costOf(generators, feedInMw),
      feedInMw,
      flowMw: await this.#column<Line>("line", lines.length, "flow_mw"),
      prices: await this.#column<Bus>("bus", loads_mw.length, "price"),
      imbalanceMw: imbalances.reduce((most, mw) => Math.max(most, Math.abs(mw)), 0),
    };
  }

  /** One output of all agents of a kind. */
  async #column<A>(kind: string, count: number, output: keyof A & string): Promise<number[]> {
    const ids = Array.from({ length: count }, (_, i) => `${kind}-${i}`);
    const values = await this.#population.read(new Map(ids.map((id) => [id, [output]])));
    return ids.map((id) => values.get(id)![output] as number);
  }
}
