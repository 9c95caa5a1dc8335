import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WallDeadline } from "../../../src/platform/members/deadline.ts";

/** The bound of wall time of a container's orders, which come one after the other and share a timer. */
describe("a deadline that many share", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function deadline(limitMs: number): { readonly it: WallDeadline; readonly expired: () => void } {
    const expired = vi.fn();
    return { it: new WallDeadline(limitMs, expired), expired };
  }

  it("is met by each that is short, however long all of them take together", () => {
    const { it, expired } = deadline(100);
    for (let i = 0; i < 50; i++) {
      it.begin(performance.now());
      vi.advanceTimersByTime(i % 100);
      it.end();
    }
    vi.advanceTimersByTime(1000);
    expect(expired).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("expires for the one that is late, at its own time and once", () => {
    const { it, expired } = deadline(100);
    it.begin(performance.now());
    vi.advanceTimersByTime(60);
    it.end();
    // The timer is the first one's, the bound is not.
    it.begin(performance.now());
    vi.advanceTimersByTime(99);
    expect(expired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(expired).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1000);
    expect(expired).toHaveBeenCalledTimes(1);
    it.end();
    it.begin(performance.now());
    vi.advanceTimersByTime(100);
    expect(expired).toHaveBeenCalledTimes(2);
  });

  it("leaves no timer behind", () => {
    const { it, expired } = deadline(100);
    it.begin(performance.now());
    it.close();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1000);
    expect(expired).not.toHaveBeenCalled();
  });
});
