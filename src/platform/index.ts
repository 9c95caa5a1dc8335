/**
 * Platforms: containers under one clock, in one process or in many, with one trace.
 *
 * A coordinator lets all containers serve the same tag, one round after the other; `docs/determinism.md` says why the
 * number of containers changes nothing.
 */
export { type JoinOptions, joinPlatform } from "./join.ts";
export type { Placement } from "./module.ts";
export type { Isolation, PlatformOptions } from "./options.ts";
export { Platform } from "./platform.ts";
export {
  betweenPopulations,
  combinedTraceHash,
  type Pack,
  type PartOptions,
  PopulationPart,
  populationOf,
} from "./populations.ts";
