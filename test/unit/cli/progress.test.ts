import { describe, expect, it } from "vitest";
import { ProgressLine } from "../../../src/cli/progress.ts";

/** A progress line whose wall clock and output the test holds. */
function lineOn(target: { isTTY?: boolean; columns?: number }) {
  const clock = { ms: 0 };
  const written: string[] = [];
  const line = new ProgressLine({ ...target, write: (text) => written.push(text) }, () => clock.ms);
  return { line, written, clock };
}

describe("without a terminal", () => {
  it("writes a line for every tenth of the run", () => {
    const { line, written, clock } = lineOn({});
    for (let i = 1; i <= 96; i++) {
      clock.ms = 1000 * i;
      line.update(i / 96, `t=${i}`);
    }
    expect(written).toHaveLength(10);
    expect(written[3]).toBe(" 40% |████████            | t=39 | 1 ticks/s | eta 0:57\n");
    expect(written[9]).toBe("100% |████████████████████| t=96 | 1 ticks/s | eta 0:00\n");
  });

  it("skips tenths that were passed at once, and never goes back", () => {
    const { line, written } = lineOn({});
    for (const fraction of [0.35, 0.3, 0.05, 2, Number.NaN]) line.update(fraction);
    expect(written.map((text) => text.slice(0, 4))).toEqual([" 35%", "100%"]);
  });
});

describe("on a terminal", () => {
  it("draws at most ten times a second", () => {
    const { line, written, clock } = lineOn({ isTTY: true });
    for (; clock.ms < 2000; clock.ms++) line.update(clock.ms / 2000);
    expect(written).toHaveLength(20);
    expect(written[10]).toBe("\r\u001b[K 50% |██████████          | 1001 ticks/s | eta 0:01");
  });

  it("makes way for other lines, and comes back", () => {
    const { line, written } = lineOn({ isTTY: true });
    line.clear();
    line.update(0.1);
    line.clear();
    line.clear();
    line.update(0.2);
    expect(written.map((text) => text.length > 4)).toEqual([true, false, true]);
  });

  it("is no wider than the terminal", () => {
    const { line, written } = lineOn({ isTTY: true, columns: 30 });
    line.update(0.5, "t=2026-01-01T10:15");
    expect(written[0]!.replace("\r\u001b[K", "")).toHaveLength(29);
  });

  it("shows hours", () => {
    const { line, written, clock } = lineOn({ isTTY: true });
    clock.ms = 3_600_000;
    line.update(0.25);
    expect(written[0]).toContain("eta 3:00:00");
  });
});
