import {
  AgentSimulator,
  type ParameterDeclarations,
  type ParameterValues,
  type PopulationOptions,
  ScenarioError,
  type Servable,
  type ServeContext,
  servable,
} from "../../src/cosim/index.ts";
import { federatePopulation, type PopulationSetup } from "./population-federate.ts";
import { type FederateSetup, federate } from "./simulator-federate.ts";
import { type Supervisor, superviseBy } from "./supervision.ts";

/** What a federate is: a population under a grid, or one of several populations that talk to each other. */
type AnySetup = FederateSetup | PopulationSetup;

/**
 * Define a federate that `cosimas federate` lets take part in a HELICS federation: `export default` it.
 *
 * @param make - Gives the population, its entities and their connections, once in a process, from the values of the
 *   parameters. What the command line says goes before it.
 * @param parameters - Options that `cosimas federate` takes for it, as those of a scenario.
 * @throws TypeError or RangeError if `make` is no function, or a parameter is declared wrong.
 */
export function defineFederate<const P extends ParameterDeclarations = Record<never, never>>(
  make: (parameters: ParameterValues<P>) => AnySetup | Promise<AnySetup>,
  parameters: P = {} as P,
): Servable {
  if (typeof make !== "function") {
    throw new TypeError(`defineFederate: takes a function that gives a population, got ${typeof make}`);
  }
  return servable((context) => serveFederate(make, context), parameters, "helics");
}

async function serveFederate<P extends ParameterDeclarations>(
  make: (parameters: ParameterValues<P>) => AnySetup | Promise<AnySetup>,
  { parameters, record, population, settings, signal, log }: ServeContext<P>,
): Promise<void> {
  const { supervisor, ...said } = settings ?? {};
  if (supervisor !== undefined) superviseBy(supervisor as Supervisor);
  const setup = { ...(await make(parameters)), ...said, ...(signal && { signal }), log } as AnySetup;
  if ("peers" in setup) {
    const given = Object.entries({ ...population, record }).filter(([, value]) => value !== undefined);
    const asked = Object.fromEntries(given) as Pick<PopulationSetup, "record" | keyof PopulationOptions>;
    const { timeS, grants, sent, received, traceHash } = await federatePopulation({ ...setup, ...asked });
    const counts = `${grants} grants, ${sent} messages to others and ${received} from them`;
    log("info", `the population has left at ${timeS} s after ${counts}, trace hash ${traceHash}`);
    return;
  }
  const { simulator } = setup;
  if (record !== undefined || population !== undefined) {
    if (!(simulator instanceof AgentSimulator)) {
      const text = "the simulator is no AgentSimulator: leave --record, --watch, --metrics and --containers out";
      throw new ScenarioError("ERR_SCENARIO_CONTAINERS", text);
    }
    if (record !== undefined) simulator.recordIn(record);
    if (population !== undefined) simulator.spreadOver(population);
  }
  const { timeS, grants, steps, traceHash } = await federate(setup);
  const hash = traceHash === undefined ? "" : `, trace hash ${traceHash}`;
  log("info", `the federate has left at ${timeS} s after ${grants} grants and ${steps} steps${hash}`);
}
