/** `cosimas` in the page of the engine's test: what lv-congestion takes from it. */
export { Agent } from "../../../src/agent/agent.ts";
export { ScenarioError } from "../../../src/errors.ts";
