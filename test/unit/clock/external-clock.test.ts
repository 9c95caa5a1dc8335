import { describe, expect, it } from "vitest";
import { DateTime, ExternalClock, Resolution } from "../../../src/clock/index.ts";

describe("Resolution", () => {
  const resolution = new Resolution();
  it.each([
    [0, 0],
    [900, 900_000_000],
    [0.1, 100_000],
    [1e-7, 0],
    [0.0000005, 1],
  ])("maps %d s to %d ticks", (seconds, ticks) => expect(resolution.toTicks(seconds)).toBe(ticks));

  it.each([Number.NaN, Infinity, -Infinity, 1e11])("refuses a time of %d s", (seconds) => {
    expect(() => resolution.toTicks(seconds)).toThrow(RangeError);
  });

  it("makes a positive delay at least one tick, and leaves 0", () => {
    expect(resolution.delayToTicks(1e-9)).toBe(1);
    expect(resolution.delayToTicks(0)).toBe(0);
  });

  it("refuses a negative delay, however small", () => {
    expect(() => resolution.delayToTicks(-1e-9)).toThrow(expect.objectContaining({ code: "ERR_CLOCK_NEGATIVE_DELAY" }));
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses %d ticks per second", (ticks) => {
    expect(() => new Resolution(ticks)).toThrow(RangeError);
  });
});

describe("ExternalClock", () => {
  it("starts at second 0 of its calendar time, in UTC", () => {
    const clock = new ExternalClock({ start: "2026-06-01T02:00:00+02:00" });
    expect(clock.time()).toBe(0);
    expect(clock.utcnow().toISO()).toBe("2026-06-01T00:00:00.000Z");
  });

  it("takes a date where it takes seconds", () => {
    const clock = new ExternalClock({ start: "2026-06-01T00:00:00Z" });
    expect(clock.ticksAt(DateTime.fromISO("2026-06-01T00:15:00Z"))).toBe(900_000_000);
  });

  it("refuses what is over, and a start that is no date", () => {
    const clock = new ExternalClock();
    clock.moveTo(5_000_000);
    expect(clock.ticksAt(5)).toBe(5_000_000);
    expect(() => clock.ticksAt(4.9)).toThrow(expect.objectContaining({ code: "ERR_CLOCK_PAST" }));
    expect(() => new ExternalClock({ start: "yesterday" })).toThrow(RangeError);
  });

  it("serves one container", () => {
    const clock = new ExternalClock();
    clock.own();
    expect(() => clock.own()).toThrow(expect.objectContaining({ code: "ERR_CLOCK_SHARED" }));
  });
});
