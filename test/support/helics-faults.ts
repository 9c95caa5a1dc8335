import type { FederateSetup, HelicsError } from "cosimas/helics";
import { expect, it } from "vitest";
import { type Broker, type HelicsEnvironment, type Started, startBroker, startPartner } from "./helics.ts";

/** Wall time in which a fault is told, in milliseconds; processes start in another. */
export const TOLD_MS = 5000;
export const START_MS = 5000;
/** What it may take more on a loaded machine, and for how long a broker is frozen that goes on, in milliseconds. */
const LOAD_MS = 2000;
const FROZEN_MS = 3000;

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

/** That the federate `meter` ends because its federation was ended, and is told why, as its broker is. */
export async function expectToldWhy(meter: Started, broker: Broker, reason: RegExp): Promise<void> {
  expect(await meter.ended).toBe(1);
  expect(meter.output()).toMatch(new RegExp(`failed:.*${reason.source}`));
  await broker.line(reason);
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

  it.each([
    ["killed", "SIGKILL"],
    ["frozen", "SIGSTOP"],
  ] as const)("is over when the broker is %s before all have come", async (_how, signal) => {
    const broker = await startBroker(environment, 2, { options: TELLING });
    const hit = joined(broker).then(() => broker.child.kill(signal));
    const { error, ms } = await failureOf(follow(broker, {}), hit);
    expect(error).toMatchObject({ code: "ERR_HELICS_LOST", federate: "agents" });
    expect(error.message).toMatch(
      /lost connection with broker: it has not answered for 3000 ms; look at the log of the broker/,
    );
    expect(ms).toBeLessThan(TOLD_MS + LOAD_MS);
  });

  it("goes on when the broker was frozen for a while before all have come", async () => {
    const broker = await startBroker(environment, 2, { options: TELLING });
    const run = follow(broker, { untilS: 3, silenceMs: 3 * FROZEN_MS });
    run.catch(() => {}); // it is looked at below
    await joined(broker);
    broker.child.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, FROZEN_MS));
    broker.child.kill("SIGCONT");
    const meter = startPartner(environment, broker, "meter", { until: 3 });
    await run;
    expect(await meter.ended).toBe(0);
  });
}

/** A broker that says all that it gets. */
const TELLING = ["--loglevel=trace"];

/** Until the first federate waits for the others, and has asked twice whether the broker lives: -37 is a question. */
function joined(broker: Broker): Promise<void> {
  return broker.line(/cmd:init:(?:.*?unknown -37 from){2}/s);
}
