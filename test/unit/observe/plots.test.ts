import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { timeAxis, valueAxis } from "../../../src/observe/axis.ts";
import { type Plot, PlotLines } from "../../../src/observe/plot-lines.ts";
import { svgPlots } from "../../../src/observe/svg-plot.ts";
import { textPlot } from "../../../src/observe/text-plot.ts";
import { Series } from "../../../src/series.ts";
import type { OutputEvent, StepEvent } from "../../../src/trace.ts";

const HOUR = 3600;

/** What an agent shows at `timeS`, with ticks of milliseconds. */
function output(agent: string, timeS: number, values: Record<string, unknown>): OutputEvent {
  return { kind: "output", agent, ticks: timeS * 1000, round: 0, id: `${agent}#0`, cause: undefined, values };
}

function step(sim: string, timeS: number, outputs: unknown): StepEvent {
  const { ticks, round, time } = { ticks: timeS * 1000, round: 0, time: timeS };
  return { kind: "step", sim, ticks, round, time, next: undefined, inputs: {}, outputs };
}

const points = ({ lines }: Plot) => lines.map(({ name, series }) => [name, series.times, series.values]);

function plotOf(unit: string, ...lines: (readonly [time: number, value: number])[][]): Plot {
  const made = lines.map((points, i) => {
    const series = new Series();
    for (const [time, value] of points) series.add(time, value);
    return { name: `PV-${i}.p_kw`, series };
  });
  return { title: "power", unit, lines: made, left: 0 };
}

describe("the lines of plots", () => {
  it("are the outputs of agents and the attributes of entities that are declared, in that order", () => {
    const lines = new PlotLines([
      { title: "loading", unit: "%", lines: ["Grid-0.Trafo*.loading", "PV-10.p", "PV-*.p"] },
      { title: "nothing of it", lines: ["Grid-0.Line.loading", "PV-1xp"] },
    ]);
    lines.take([step("Grid-0", 1, { "Trafo-1": { loading: 80, other: 1 }, Bus: { loading: 3 } })], 1000);
    lines.take(
      [
        output("PV-2", 2, { p: 5, q: 1 }),
        output("PV-10", 2, { p: true }),
        output("PV-1", 3, { p: "no number" }),
        output("PV-2", 4, { p: 6 }),
      ],
      1000,
    );
    const plots = lines.plots();
    expect(plots.map(({ title, unit, left }) => [title, unit, left])).toEqual([["loading", "%", 0]]);
    expect(points(plots[0]!)).toEqual([
      ["Grid-0.Trafo-1.loading", [1], [80]],
      ["PV-10.p", [2], [1]],
      ["PV-2.p", [2, 4], [5, 6]],
    ]);
    expect(lines.lastS).toBe(4);
  });

  it("are one plot for each output of agents, if nothing is declared; of too many it is told how many are left", () => {
    const lines = new PlotLines(undefined);
    for (let i = 0; i < 30; i++) lines.take([output(`PV-${i}`, i, { p_kw: i, ...(i === 0 && { vm_pu: 1 }) })], 1000);
    const plots = lines.plots();
    expect(plots.map(({ title, left }) => [title, left])).toEqual([
      ["p_kw", 6],
      ["vm_pu", 0],
    ]);
    expect(plots[0]!.lines.map(({ name }) => name).slice(0, 3)).toEqual(["PV-0.p_kw", "PV-1.p_kw", "PV-2.p_kw"]);
  });

  it("keep the memory bounded and every peak", () => {
    const lines = new PlotLines(undefined);
    for (let i = 0; i < 50_000; i++) lines.take([output("A", i, { p: i === 33_333 ? 99 : i % 7 })], 1000);
    const { series } = lines.plots()[0]!.lines[0]!;
    expect(series.times.length).toBeLessThan(5000);
    expect(Math.max(...series.values)).toBe(99);
  });
});

describe("axes", () => {
  it.each([
    [0, 22, ["0", "10", "20", "30"]],
    [0.98, 1.06, ["0.98", "1.00", "1.02", "1.04", "1.06"]],
    [-3, 5, ["-4", "-2", "0", "2", "4", "6"]],
    [5, 5, ["0.0", "2.0", "4.0", "6.0"]],
    [0, 0, ["0.0", "0.5", "1.0"]],
  ])("of values from %s to %s have round ticks", (min, max, expected) => {
    const { ticks, label, from, to } = valueAxis(min, max, 4);
    const texts = ticks.map(label);
    expect(ticks.length).toBeLessThanOrEqual(7);
    expect([from <= min, to >= max]).toEqual([true, true]);
    if (expected.length > 3) expect(texts.map(Number)).toEqual(expected.map(Number));
  });

  it("hold all values, with few ticks, each with a text of its own", () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)];
        fc.pre(max - min > 1e-6 * Math.max(1e-200, Math.abs(a), Math.abs(b)) || max === min);
        const axis = valueAxis(min, max, 4);
        const rounding = 1e-9 * (axis.to - axis.from);
        expect(axis.from).toBeLessThanOrEqual(min + rounding);
        expect(axis.to).toBeGreaterThanOrEqual(max - rounding);
        expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
        expect(axis.ticks.length).toBeLessThanOrEqual(7);
      }),
    );
  });

  it.each([
    [0.5, "s"],
    [90, "s"],
    [1800, "min"],
    [24 * HOUR, "h"],
    [7 * 24 * HOUR, "d"],
  ])("of %s seconds is in %s", (lastS, unit) => {
    const { ticks, to, unit: found } = timeAxis(lastS, 8);
    expect([found, ticks[0], to]).toEqual([unit, 0, lastS]);
    expect(ticks.length).toBeGreaterThan(2);
    expect(ticks.length).toBeLessThanOrEqual(9);
    expect(ticks.at(-1)!).toBeLessThanOrEqual(lastS);
  });
});

describe("a plot for a terminal", () => {
  it("is of 80 columns: a value holds until the next one", () => {
    const text = textPlot(
      plotOf("kW", [
        [0, 0],
        [12 * HOUR, 10],
        [18 * HOUR, 5],
      ]),
      24 * HOUR,
    );
    expect(Math.max(...text.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text).toEqual([
      "power, kW",
      `      10 ┤${" ".repeat(35)}⡏${"⠉".repeat(16)}⢹`,
      `         ┤${" ".repeat(35)}⡇${" ".repeat(16)}⢸`,
      `         ┤${" ".repeat(35)}⡇${" ".repeat(16)}⢸`,
      `         ┤${" ".repeat(35)}⡇${" ".repeat(16)}⢸${"⣀".repeat(17)}`,
      `         ┤${" ".repeat(35)}⡇`,
      `         ┤${" ".repeat(35)}⡇`,
      `         ┤${" ".repeat(35)}⡇`,
      `       0 ┤${"⣀".repeat(35)}⡇`,
      "          0        3       6        9        12      15       18      21    24 h",
    ]);
  });

  it("has several lines one below the other, on one scale, at most six", () => {
    const lines = Array.from({ length: 8 }, (_, i): [number, number][] => [[0, i]]);
    const text = textPlot(plotOf("", ...lines), 10);
    expect(text[0]).toBe("power");
    expect(text.filter((line) => /^ +PV-\d\.p_kw$/.test(line))).toHaveLength(6);
    expect(text.filter((line) => line.startsWith("       5 ┤"))).toHaveLength(6);
    expect(text.at(-1)).toBe("          and 2 more");
  });

  it("never fails, and never is wider", () => {
    const value = fc.double({ noNaN: false });
    const points = fc.array(fc.tuple(fc.nat(1e6), value), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(points, (list) => {
        const sorted = list.sort(([a], [b]) => a - b);
        const plot = plotOf("x".repeat(100), sorted, [[0, 1]]);
        const lastS = sorted.at(-1)![0];
        for (const line of textPlot(plot, lastS)) expect(line.length).toBeLessThanOrEqual(80);
        const svg = svgPlots([plot], { title: "any", start: "2026-01-01T00:00:00Z", lastS });
        expect(svg).not.toMatch(/NaN|undefined|Infinity/);
      }),
    );
  });
});

describe("a picture of plots", () => {
  it("names its lines, says what it shows, and escapes what it is told", () => {
    const plot = { ...plotOf("kW", [[0, 1]], [[0, 2]]), title: "a < b", left: 3 };
    const svg = svgPlots([plot], { title: "R&D", start: "2026-01-01T00:00:00.000Z", lastS: HOUR });
    expect(svg).toContain('<title id="title">R&amp;D</title>');
    expect(svg).toContain("a &lt; b in kW: PV-0.p_kw, PV-1.p_kw and 3 more.");
    expect(svg).toContain(">min since 2026-01-01 00:00 UTC</text>");
    // Each line is of another colour and dash, and has a place in the legend.
    expect([...svg.matchAll(/class="line (l\d d\d)"/g)].map(([, stroke]) => stroke)).toEqual([
      "l0 d0",
      "l1 d1",
      "l0 d0",
      "l1 d1",
    ]);
  });

  it("goes across until the next value, then up or down, and to the end", () => {
    const svg = svgPlots(
      [
        plotOf("", [
          [0, 0],
          [5, 10],
        ]),
      ],
      { title: "t", start: "2026-01-01T00:00:00Z", lastS: 10 },
    );
    expect(svg).toMatch(/d="M76 (\S+)H506V(\S+)H936"/);
  });
});
