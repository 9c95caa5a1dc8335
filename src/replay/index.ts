/**
 * Making a recorded run again: the agents run from what was recorded of the outside, and every event is compared.
 */
export { type ReplayOptions, type ReplayResult, replay } from "./replay.ts";
