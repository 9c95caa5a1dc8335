import { describe, expect, it } from "vitest";
import { DateTime, readDateTime, writeDateTime } from "../../../src/clock/calendar.ts";

describe("a date on the wire", () => {
  // As `str(arrow.get(text))` of Python's arrow 1.4.0 gives it again.
  it.each([
    "2016-01-01T01:00:00+00:00",
    "2016-01-01T01:00:00.500000+00:00",
    "2016-01-01T01:00:00.123000+02:00",
    "0001-01-01T00:00:00+00:00",
    "9999-12-31T23:59:59.999000+00:00",
    "2026-06-01T12:00:00-03:30",
  ])("%s is read, and written again as it was", (text) => {
    const date = readDateTime(text);
    expect(date).toBeInstanceOf(DateTime);
    expect(date.toMillis()).toBe(Date.parse(text));
    expect(writeDateTime(date)).toBe(text);
  });

  it.each([
    ["2016-01-01T01:00:00Z", "2016-01-01T01:00:00+00:00"],
    ["2016-01-01T01:00:00.123456+02:00", "2016-01-01T01:00:00.123000+02:00"],
    ["2016-01-01T01:00:00.000999+00:00", "2016-01-01T01:00:00+00:00"],
    ["2016-01-01T01:00+0130", "2016-01-01T01:00:00+01:30"],
  ])("%s is written as %s", (text, written) => {
    expect(writeDateTime(readDateTime(text))).toBe(written);
  });

  it("keeps the offset of a zone, not its name", () => {
    const berlin = DateTime.fromISO("2026-06-01T12:00:00", { zone: "Europe/Berlin" });
    expect(writeDateTime(berlin)).toBe("2026-06-01T12:00:00+02:00");
    expect(readDateTime(writeDateTime(berlin)).toMillis()).toBe(berlin.toMillis());
  });

  it.each([
    [undefined],
    [null],
    [0],
    [{}],
    [["2016-01-01T01:00:00+00:00"]],
    [""],
    ["now"],
    ["2016-01-01"],
    ["2016-01-01T01:00:00"],
    ["2016-13-01T01:00:00Z"],
    ["2016-02-30T01:00:00Z"],
    ["2016-01-01T25:00:00Z"],
    [" 2016-01-01T01:00:00Z"],
    ["2016-01-01T01:00:00Z\n"],
    ["+012016-01-01T01:00:00Z"],
    ["2016-W01-1T01:00:00Z"],
    [`2016-01-01T01:00:00.${"0".repeat(100_000)}Z`],
  ])("%j is refused", (text) => {
    expect(() => readDateTime(text)).toThrow(RangeError);
  });

  it("is refused if Python cannot read it", () => {
    for (const date of [
      DateTime.invalid("test"),
      DateTime.fromObject({ year: 10_000 }),
      DateTime.fromObject({ year: 0 }),
    ]) {
      expect(() => writeDateTime(date)).toThrow(RangeError);
    }
  });
});
