import type { FederateSetup, HelicsError } from "cosimas/helics";
import { expect, it } from "vitest";
import { type HelicsEnvironment, startBroker, startPartner } from "./helics.ts";

/** Wall time in which a fault is told, in milliseconds; processes start in another. */
export const TOLD_MS = 5000;
export const START_MS = 5000;

/** The error of a federate, and how long it took since `since` has resolved. */
export async function failureOf<E extends Error = HelicsError>(
  run: Promise<unknown>,
  since: Promise<unknown> = Promise.resolve(),
): Promise<{ error: E; ms: number }> {
  let startMs = performance.now();
  void since.then(() => {
    startMs = performance.now();
  });
  const error = await run.then(
    (told) => new Error(`it did not fail: ${JSON.stringify(told)}`),
    (failure: E) => failure,
  );
  return { error: error as E, ms: performance.now() - startMs };
}

/** Tests that a run in which others die or freeze is over in time, wherever HELICS is called. */
export function endsWithOthers(
  environment: HelicsEnvironment,
  follow: (broker: { address: string; coreType: string }, setup: Partial<FederateSetup>) => Promise<unknown>,
): void {
  it.each([
    ["federate is killed", "SIGKILL", "meter", /the core of federate "meter"/],
    ["federate is frozen", "SIGSTOP", "meter", /the core of federate "meter"/],
    ["broker is killed", "SIGKILL", "broker", /lost connection with broker/],
    ["broker is frozen", "SIGSTOP", "broker", /lost connection with broker/],
  ] as const)("is over when a %s", async (_what, signal, whom, text) => {
    const broker = await startBroker(environment, 2);
    const meter = startPartner(environment, broker, "meter", { until: 1e6, pause: 0.01 });
    const hit = meter.line(/granted 20 /).then(() => (whom === "meter" ? meter : broker).child.kill(signal));
    const { error, ms } = await failureOf(follow(broker, { untilS: 1e6 }), hit);
    expect(error).toMatchObject({ code: "ERR_HELICS_LOST", federate: "agents", helicsCode: -101 });
    expect(error.timeS).toBeGreaterThanOrEqual(19);
    expect(error.message).toMatch(text);
    expect(ms).toBeLessThan(TOLD_MS);
  });
}
