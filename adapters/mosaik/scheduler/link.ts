import type { Connection } from "./connection.ts";
import type { SimRunner } from "./sim-runner.ts";
import type { Duration } from "./tiers.ts";

/** All connections from one simulator to another that delay alike. */
export interface Link {
  readonly source: SimRunner;
  readonly dest: SimRunner;
  readonly delay: Duration;
  readonly connections: Connection[];
  /** May `dest` make requests about `source`? Then `source` waits for it before its next step. */
  asyncRequests: boolean;
}

export function sameDelay(a: Duration, b: Duration): boolean {
  return a.cutoff === b.cutoff && a.tiers.every((tier, i) => tier === b.tiers[i]);
}
