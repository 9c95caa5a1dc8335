import { type Servable, servable } from "../../src/index.ts";
import { serveSimulator } from "./remote-server.ts";
import type { Simulator } from "./simulator.ts";

/**
 * Define a simulator that mosaik starts as a process: `export default` it, and name the module in mosaik's
 * `sim_config` as `{"cmd": "npx cosimas sim my-simulator.ts %(addr)s"}`.
 *
 * @param make - Makes the simulator, once in a process.
 * @throws TypeError if `make` is no function.
 */
export function defineSimulator(make: () => Simulator): Servable {
  if (typeof make !== "function") {
    throw new TypeError(`defineSimulator: takes a function that makes a Simulator, got ${typeof make}`);
  }
  return servable((context) => serveSimulator(make, context));
}
