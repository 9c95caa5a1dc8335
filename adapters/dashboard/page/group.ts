import type { SeriesLine } from "../model/protocol.ts";
import type { PlotGroup } from "./plot.tsx";

/** What a series is of, without whose it is: `p_mw` of `PV-1.p_mw`. Those of one name share an axis. */
export function quantity(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** A series' name in two parts for a reader: whose it is, and what; a method between them is left out. */
export function shortName(name: string): readonly [owner: string, quantity: string] {
  const parts = name.split(".");
  return [parts.length > 2 && !/^\w+-\d+$/.test(parts[1]!) ? parts[0]! : parts.slice(0, -1).join("."), parts.at(-1)!];
}

/** Series by their quantity; each keeps its place in the list, which is its colour. */
export function grouped(series: readonly SeriesLine[]): PlotGroup[] {
  const groups = new Map<string, { line: SeriesLine; index: number }[]>();
  for (const [index, line] of series.entries()) {
    const name = quantity(line.name);
    const lines = groups.get(name) ?? [];
    lines.push({ line, index });
    groups.set(name, lines);
  }
  return [...groups].map(([label, lines]) => ({ label, lines }));
}
