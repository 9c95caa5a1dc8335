/**
 * The bridge: what every adapter to a co-simulation drives. It maps a simulator's integer steps to the clock of a
 * population of agents; it knows no protocol, that is the adapters' part.
 */
export { Bridge, type BridgeInput, type BridgeOptions, type Population } from "./bridge.ts";
