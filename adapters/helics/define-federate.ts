import {
  AgentSimulator,
  type ParameterDeclarations,
  type ParameterValues,
  ScenarioError,
  type Servable,
  type ServeContext,
  servable,
} from "../../src/cosim/index.ts";
import type { FederateSetup } from "./simulator-federate.ts";

/**
 * Define a federate that `cosimas federate` lets take part in a HELICS federation: `export default` it.
 *
 * @param make - Gives the population, its entities and their connections, once in a process, from the values of the
 *   parameters. What the command line says goes before it.
 * @param parameters - Options that `cosimas federate` takes for it, as those of a scenario.
 * @throws TypeError or RangeError if `make` is no function, or a parameter is declared wrong.
 */
export function defineFederate<const P extends ParameterDeclarations = Record<never, never>>(
  make: (parameters: ParameterValues<P>) => FederateSetup | Promise<FederateSetup>,
  parameters: P = {} as P,
): Servable {
  if (typeof make !== "function") {
    throw new TypeError(`defineFederate: takes a function that gives a population, got ${typeof make}`);
  }
  return servable((context) => serveFederate(make, context), parameters, "helics");
}

async function serveFederate<P extends ParameterDeclarations>(
  make: (parameters: ParameterValues<P>) => FederateSetup | Promise<FederateSetup>,
  { parameters, record, population, settings, log }: ServeContext<P>,
): Promise<void> {
  const { federate } = await import("./simulator-federate.ts");
  const setup = { ...(await make(parameters)), ...settings, log } as FederateSetup;
  const { simulator } = setup;
  if (record !== undefined || population !== undefined) {
    if (!(simulator instanceof AgentSimulator)) {
      const text = "the simulator is no AgentSimulator: leave --record and --containers out";
      throw new ScenarioError("ERR_SCENARIO_CONTAINERS", text);
    }
    if (record !== undefined) simulator.recordIn(record);
    if (population !== undefined) simulator.spreadOver(population);
  }
  const { timeS, grants, steps, traceHash } = await federate(setup);
  const hash = traceHash === undefined ? "" : `, trace hash ${traceHash}`;
  log("info", `the federate has left at ${timeS} s after ${grants} grants and ${steps} steps${hash}`);
}
