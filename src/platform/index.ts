/**
 * Platforms: containers under one clock, in one process or in many, with one trace.
 *
 * A coordinator lets all containers serve the same tag, one round after the other; `docs/determinism.md` says why the
 * number of containers changes nothing.
 */

export { betweenPopulations, populationOf } from "../agent/populations.ts";
export { type JoinOptions, joinPlatform } from "./join.ts";
export type { Placement } from "./module.ts";
export type { Isolation, PlatformOptions } from "./options.ts";
export { Platform } from "./platform.ts";
export { combinedTraceHash, type PartOptions, PopulationPart } from "./populations.ts";
export type { Pack } from "./protocol.ts";
