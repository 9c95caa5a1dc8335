/**
 * What a scenario is: a module's default export that `cosimas run` can start, with parameters that it declares.
 *
 * The declaration is data: the command line makes options, checks and help of it, and the types of `run`'s parameters
 * follow from it. This file knows no command line.
 */

import {
  anything,
  boolean,
  checkOptions,
  either,
  func,
  listOf,
  nested,
  type OptionChecks,
  object,
  required,
  string,
  text,
} from "../options.ts";
import type { SeriesPlot } from "../series.ts";
import type { Journal, TraceSource } from "../trace.ts";
import { checkDeclaration, type ParameterDeclarations, type ParameterValues } from "./parameter.ts";
import type { PopulationOptions } from "./population.ts";
import { checkTopology, type Topology } from "./topology.ts";

export type { SeriesPlot } from "../series.ts";
export type {
  BooleanParameter,
  NumberParameter,
  ParameterDeclaration,
  ParameterDeclarations,
  ParameterValues,
  StringParameter,
} from "./parameter.ts";

/** What a scenario is run with. */
export interface ScenarioContext<P extends ParameterDeclarations = ParameterDeclarations> {
  readonly parameters: ParameterValues<P>;
  /** Seed of all random numbers of the run; an integer >= 0. */
  readonly seed: number;
  /**
   * Containers that a platform of the run is to have, by `--containers`: 1 unless the scenario says that it can be spread,
   * and the user asks for more. It changes no result.
   */
  readonly containers: number;
  /**
   * The same for an `AgentSimulator` or a `Platform`: number of containers, `--isolation`, and the scenario's own module, which
   * another one with the agents' classes may stand for: `{ ...context.population, module: new URL("./agents.ts",
   * import.meta.url) }`.
   */
  readonly population: PopulationOptions & { readonly containers: number; readonly module: URL };
  /** Folder for what the run writes, absolute; it exists from the first time it is asked for. */
  readonly outDir: string;
  /** Aborted when the user interrupts the run: end soon, release what is held. */
  readonly signal: AbortSignal;
  /**
   * Say how far the run has come; cheap enough for every step.
   *
   * @param fraction - From 0 to 1.
   * @param label - Where it is, as `t=2026-01-01T10:15`.
   */
  progress(fraction: number, label?: string): void;
  /**
   * What records a run, if the user has asked for it by `--record`: `Container.create({ record: record({ modules }) })`, or
   * of a platform or `AgentSimulator`. One run of a scenario is recorded.
   *
   * @param options - `modules`: files with the agents' classes, as `[new URL("./agents.ts", import.meta.url)]`; a replay
   *   needs them.
   * @throws ScenarioError `ERR_SCENARIO_RECORDED` if it was called before.
   */
  record(options?: { readonly modules?: readonly URL[] }): Journal | undefined;
  /**
   * Show a run on the page of `--watch`, and let the page hold it: a `World`, or a container on a real-time clock. What is
   * recorded, or would be by `record`, is shown by itself. Without `--watch` it does nothing.
   */
  watch(source: TraceSource): void;
  /** Write a line of the run's result to standard output. */
  print(line: string): void;
  /**
   * Figures that the run has come to, as `{ peak_kw: 92.4 }`: they go to `result.json` in `outDir`, and in a sweep into the
   * table of all runs, a column each. Later calls add to earlier ones.
   *
   * @param figures - Finite numbers, texts and booleans by names of letters, digits and `_`.
   * @throws ScenarioError `ERR_SCENARIO_RESULT` for another name or value.
   */
  result(figures: Readonly<Record<string, number | string | boolean>>): void;
}

/** A scenario as its author writes it. */
export interface ScenarioDefinition<P extends ParameterDeclarations = ParameterDeclarations> {
  readonly name: string;
  /** What it shows, in a line or two. */
  readonly description?: string;
  readonly parameters?: P;
  /** The grid, or whatever else it consists of, for the page of `--watch` and `cosimas view`. */
  readonly topology?: Topology | (() => Topology | Promise<Topology>);
  /**
   * What of it is plotted over time: `cosimas run` prints it after the table, `cosimas export -f svg --scenario` draws it of a
   * recording, the page shows it first. It is taken from the runs that are given to `record` and `watch`.
   */
  readonly series?: readonly SeriesPlot[];
  /**
   * Can its agents be spread over containers? Then its `run` gives `context.population`, or `context.containers`, to what
   * makes them; otherwise, by default, `--containers` and `--isolation` are refused.
   */
  readonly containers?: boolean;
  /** Run it once; whatever it throws fails the run. What it opens it closes. */
  run(context: ScenarioContext<P>): void | Promise<void>;
}

/** A scenario, checked. */
export interface Scenario<P extends ParameterDeclarations = ParameterDeclarations> extends ScenarioDefinition<P> {
  readonly description: string;
  readonly parameters: P;
  readonly containers: boolean;
}

const CHECKS: OptionChecks<ScenarioDefinition> = {
  name: required({ ...text, allowed: "a text" }),
  description: string,
  parameters: object,
  containers: boolean,
  series: listOf(nested<SeriesPlot>({ title: required(text), unit: string, lines: required(listOf(text)) })),
  topology: either(func, { ...object, allowed: "a topology, which is an object, or a function that makes one" }),
  run: anything, // so is this, with the scenario's name
};

/** Marks scenarios; registered, because the program and the scenario may come from two copies of this package. */
const MARK = Symbol.for("cosimas.scenario");

/**
 * Define a scenario; `export default` it.
 *
 * @throws TypeError or RangeError if a parameter's declaration is wrong: its name, type, default or bounds; as
 *   `checkTopology` if its `topology` is.
 */
export function defineScenario<const P extends ParameterDeclarations = Record<never, never>>(
  definition: ScenarioDefinition<P>,
): Scenario<P> {
  checkOptions("defineScenario", definition, CHECKS);
  const { name, description = "", parameters = {} as P, containers = false, topology, series, run } = definition;
  if (typeof run !== "function") throw new TypeError(`defineScenario: run of "${name}" must be a function`);
  for (const [parameter, declaration] of Object.entries(parameters)) {
    checkDeclaration("defineScenario", parameter, declaration);
  }
  // What a function makes is checked when it is asked for.
  if (topology !== undefined && typeof topology !== "function") checkTopology("defineScenario", topology);
  const drawn = { ...(topology !== undefined && { topology }), ...(series !== undefined && { series }) };
  return Object.freeze({
    name,
    description,
    parameters,
    containers,
    ...drawn,
    run: run.bind(definition),
    [MARK]: true,
  });
}

/** Was it made by {@link defineScenario}, of this or another copy of this package? */
export function isScenario(value: unknown): value is Scenario {
  return typeof value === "object" && value !== null && MARK in value;
}
