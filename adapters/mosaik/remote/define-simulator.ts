import type { Simulator } from "../../../src/cosim/index.ts";
import { type ParameterDeclarations, type ParameterValues, type Servable, servable } from "../../../src/cosim/index.ts";

/**
 * Define a simulator that mosaik starts as a process: `export default` it, and name the module in mosaik's
 * `sim_config` as `{"cmd": "npx cosimas sim my-simulator.ts %(addr)s"}`.
 *
 * @param make - Makes the simulator, once in a process, from the values of its parameters.
 * @param parameters - Options that `cosimas sim` takes for it, as those of a scenario: `stepSize` is `--step-size`.
 * @throws TypeError or RangeError if `make` is no function, or a parameter is declared wrong.
 *
 * Source: mosaik-api-v3 `start_simulation` and `Simulator.configure`.
 */
export function defineSimulator<const P extends ParameterDeclarations = Record<never, never>>(
  make: (parameters: ParameterValues<P>) => Simulator,
  parameters: P = {} as P,
): Servable {
  if (typeof make !== "function") {
    throw new TypeError(`defineSimulator: takes a function that makes a Simulator, got ${typeof make}`);
  }
  return servable(async (context) => {
    const { serveSimulator } = await import("./server.ts");
    return serveSimulator(() => make(context.parameters), context);
  }, parameters);
}
