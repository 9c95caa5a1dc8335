/**
 * The engine: super-dense time, rounds, the total order, what agents emit and wait for. It knows neither connections nor
 * the classes of agents.
 */
export { Kernel } from "./kernel.ts";
