import { type Journal, Platform } from "cosimas";
import { DELAY_S, Negotiation, type NegotiationOptions } from "./negotiation.ts";
import type { Dispatch } from "./problem.ts";

/** Where the agents of a negotiation live. */
export interface StartOptions extends NegotiationOptions {
  readonly containers: number;
  readonly seed: number;
  readonly record?: Journal | undefined;
}

/** A negotiation on a platform: with more than one container each is a process. */
export async function startNegotiation(dispatch: Dispatch, options: StartOptions): Promise<Negotiation> {
  const { containers, seed, record } = options;
  const platform = await Platform.create({
    containers,
    isolation: containers === 1 ? "inline" : "process",
    seed,
    module: new URL("agents.ts", import.meta.url),
    communication: { links: { delay: DELAY_S } },
    ...(record === undefined ? {} : { record }),
  });
  return Negotiation.create(platform, dispatch, options);
}
