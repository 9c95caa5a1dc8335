/** `cosimas/mosaik` there. The faces themselves have connections, processes and recordings, too. */
export { World } from "../../../adapters/mosaik/world/world.ts";
export { AgentSimulator, agentModel, Simulator } from "../../../src/cosim/index.ts";
