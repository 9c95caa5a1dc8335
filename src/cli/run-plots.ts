import { TICKS_PER_SECOND } from "../clock/index.ts";
import { PlotLines } from "../observe/plot-lines.ts";
import { textPlot } from "../observe/text-plot.ts";
import type { SeriesPlot } from "../series.ts";
import type { FeedOp, Journal, RunStart, TraceEvent, TraceSource } from "../trace.ts";

/** The plots that a scenario declares, of the run that it records or would record and of those that it lets be watched. */
export class RunPlots {
  readonly #lines: PlotLines | undefined;

  constructor(declared: readonly SeriesPlot[] | undefined) {
    this.#lines = declared === undefined || declared.length === 0 ? undefined : new PlotLines(declared);
  }

  /** A journal that also looks at what is plotted; `inner` if nothing is. */
  journal(inner: Journal | undefined): Journal | undefined {
    return this.#lines === undefined ? inner : new PlottedJournal(this.#lines, inner);
  }

  /** See `ScenarioContext.watch`. */
  add(source: TraceSource): void {
    const lines = this.#lines;
    if (lines !== undefined) source.attach((batch) => lines.take(batch, TICKS_PER_SECOND));
  }

  /** What has come of the run, as lines of text; none if it showed nothing that is plotted. */
  text(): string[] {
    const lines = this.#lines;
    return lines?.plots().flatMap((plot) => ["", ...textPlot(plot, lines.lastS)]) ?? [];
  }
}

class PlottedJournal implements Journal {
  readonly #lines: PlotLines;
  readonly #inner: Journal | undefined;
  #ticksPerSecond = TICKS_PER_SECOND;

  constructor(lines: PlotLines, inner: Journal | undefined) {
    this.#lines = lines;
    this.#inner = inner;
  }

  async begin(run: RunStart, live?: { traceHash(): string }): Promise<void> {
    this.#ticksPerSecond = run.ticksPerSecond;
    await this.#inner?.begin(run, live);
  }

  feed(op: FeedOp, tag: { readonly ticks: number; readonly round: number }, content: readonly unknown[]): void {
    this.#inner?.feed(op, tag, content);
  }

  events(batch: readonly TraceEvent[]): void {
    this.#lines.take(batch, this.#ticksPerSecond);
    this.#inner?.events(batch);
  }

  async settle(): Promise<void> {
    await this.#inner?.settle();
  }

  async end(traceHash: string | undefined): Promise<void> {
    await this.#inner?.end(traceHash);
  }
}
