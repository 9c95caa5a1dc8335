import { listOf, nested, required, string, text } from "../options.ts";
import type { SeriesPlot } from "../series.ts";

/** What the `series` of a scenario, or of a page that shows it, may be. */
export const SERIES_PLOTS = listOf(
  nested<SeriesPlot>({ title: required(text), unit: string, lines: required(listOf(text)) }),
);
