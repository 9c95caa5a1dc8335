import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BrokerWatch } from "../../../../adapters/helics/process/broker-watch.ts";

/** Settled by the test, as a broker answers. */
function asked() {
  let answers: (() => void)[] = [];
  const ask = vi.fn(() => new Promise<void>((resolve) => answers.push(resolve)));
  const answer = async () => {
    for (const each of answers) each();
    answers = [];
    await Promise.resolve();
  };
  return { ask, answer };
}

describe("watch of a broker before the run", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => void vi.useRealTimers());

  /** Looks, 250 ms apart, for so long; gives after how many milliseconds the broker was lost. */
  function lostAfter(watch: BrokerWatch, ms: number): number | undefined {
    for (let goneMs = 0; goneMs <= ms; goneMs += 250) {
      if (watch.look()) return goneMs;
      vi.advanceTimersByTime(250);
    }
    return undefined;
  }

  it("finds one lost that is silent for as long as the bound, and not before", async () => {
    const { ask, answer } = asked();
    const watch = new BrokerWatch(ask, 3000);
    expect(watch.look()).toBe(false);
    await answer();
    vi.advanceTimersByTime(1000);
    expect(lostAfter(watch, 10_000)).toBe(3000);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it("finds none lost that has never answered: no question may get through", () => {
    const { ask } = asked();
    expect(lostAfter(new BrokerWatch(ask, 3000), 60_000)).toBeUndefined();
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it("asks again a second after each answer, and counts from the question on", async () => {
    const { ask, answer } = asked();
    const watch = new BrokerWatch(ask, 3000);
    expect(lostAfter(watch, 2500)).toBeUndefined();
    await answer();
    expect(lostAfter(watch, 3500)).toBeUndefined();
    expect(ask).toHaveBeenCalledTimes(2);
    await answer();
    expect(lostAfter(watch, 10_000)).toBe(4000);
  });

  it("counts no time in which it did not look itself", async () => {
    const { ask, answer } = asked();
    const watch = new BrokerWatch(ask, 3000);
    expect(watch.look()).toBe(false);
    await answer();
    vi.advanceTimersByTime(1000);
    expect(watch.look()).toBe(false);
    for (let look = 0; look < 11; look++) {
      vi.advanceTimersByTime(60_000);
      expect(watch.look()).toBe(false);
    }
    vi.advanceTimersByTime(60_000);
    expect(watch.look()).toBe(true);
  });

  it("takes a refusal for a sign of life", async () => {
    const watch = new BrokerWatch(() => Promise.reject(new Error("no such query")), 500);
    for (let look = 0; look < 20; look++) {
      expect(watch.look()).toBe(false);
      await Promise.resolve();
      vi.advanceTimersByTime(250);
    }
  });
});
