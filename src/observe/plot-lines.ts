import { Series, type SeriesPlot } from "../series.ts";
import type { TraceEvent } from "../trace.ts";

/** Lines of a plot that are kept; of more it is told how many there are. */
const LINES_MAX = 24;
/** Plots that are made of a run whose scenario declares none: one for each output. */
const PLOTS_MAX = 12;

/** A line of a plot. Its times are seconds since the start of the run. */
export interface PlotLine {
  readonly name: string;
  readonly series: Series;
}

/** A plot with its values. */
export interface Plot {
  readonly title: string;
  readonly unit: string;
  /** Those that have values, in the order of the names in the declaration, then of the text. */
  readonly lines: readonly PlotLine[];
  /** Lines that are left out. */
  readonly left: number;
}

interface Collected {
  readonly title: string;
  readonly unit: string;
  /** Each with its place in the declaration. */
  readonly lines: { readonly name: string; readonly place: number; readonly series: Series }[];
  left: number;
}

/** Gathers the values of declared plots from the events of a run, in bounded memory. */
export class PlotLines {
  readonly #declared: readonly { readonly patterns: readonly RegExp[]; readonly plot: Collected }[] | undefined;
  readonly #plots: Collected[];
  readonly #byName = new Map<string, readonly Series[]>();
  /** Seconds from the start of the run to the last event. */
  lastS = 0;

  /** @param plots - Undefined: one for each output of agents, with a line for each agent. */
  constructor(plots: readonly SeriesPlot[] | undefined) {
    this.#declared = plots?.map(({ title, unit = "", lines }) => ({
      patterns: lines.map(pattern),
      plot: { title, unit, lines: [], left: 0 },
    }));
    this.#plots = this.#declared?.map(({ plot }) => plot) ?? [];
  }

  /** Take in what happened next; all batches of one source have the same `ticksPerSecond`. */
  take(batch: readonly TraceEvent[], ticksPerSecond: number): void {
    for (const event of batch) {
      const timeS = event.ticks / ticksPerSecond;
      if (timeS > this.lastS) this.lastS = timeS;
      if (event.kind === "output") {
        for (const name in event.values) this.#add(event.agent, name, timeS, event.values[name]);
      } else if (event.kind === "step" && this.#declared !== undefined) {
        for (const [eid, attrs] of entriesOf(event.outputs))
          for (const [attr, value] of entriesOf(attrs)) this.#add(`${event.sim}.${eid}`, attr, timeS, value);
      }
    }
  }

  /** The plots with what has been gathered so far; those without a value are left out. */
  plots(): Plot[] {
    return this.#plots
      .filter(({ lines }) => lines.length > 0)
      .map(({ title, unit, lines, left }) => {
        const sorted = lines.sort((a, b) => a.place - b.place || compareNames(a.name, b.name));
        return { title, unit, lines: sorted.map(({ name, series }) => ({ name, series })), left };
      });
  }

  #add(owner: string, name: string, timeS: number, value: unknown): void {
    const number = typeof value === "boolean" ? Number(value) : value;
    if (typeof number !== "number") return;
    const full = `${owner}.${name}`;
    let wanted = this.#byName.get(full);
    if (wanted === undefined) {
      wanted = this.#declared === undefined ? this.#byOutput(full, name) : this.#wantedBy(full);
      this.#byName.set(full, wanted);
    }
    for (const series of wanted) series.add(timeS, number);
  }

  /** A line in each plot that declares it. */
  #wantedBy(full: string): Series[] {
    return this.#declared!.flatMap(({ patterns, plot }) => {
      const place = patterns.findIndex((one) => one.test(full));
      return place < 0 ? [] : lineIn(plot, full, place);
    });
  }

  #byOutput(full: string, output: string): Series[] {
    let plot = this.#plots.find(({ title }) => title === output);
    if (plot === undefined) {
      if (this.#plots.length >= PLOTS_MAX) return [];
      plot = { title: output, unit: "", lines: [], left: 0 };
      this.#plots.push(plot);
    }
    return lineIn(plot, full, 0);
  }
}

function lineIn(plot: Collected, name: string, place: number): Series[] {
  if (plot.lines.length >= LINES_MAX) {
    plot.left++;
    return [];
  }
  const series = new Series();
  plot.lines.push({ name, place, series });
  return [series];
}

function pattern(name: string): RegExp {
  const literal = name.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`, "s");
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/** `PV-2` before `PV-10`. */
function compareNames(a: string, b: string): number {
  const key = (name: string) => name.replace(/\d+/g, (digits) => digits.padStart(12, "0"));
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;
}
