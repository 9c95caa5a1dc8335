import type { Optimum } from "./optimum.ts";
import type { Summary } from "./result.ts";

/** What the table tells besides the two runs. */
export interface TableExtras {
  readonly optimum: Optimum | undefined;
  readonly messages: number;
  readonly rounds: number;
}

/** Two runs side by side, as lines of text; one column if there is no controlled run. */
export function table(before: Summary, after: Summary | undefined, extras: TableExtras): string[] {
  const columns = after === undefined ? [before] : [before, after];
  const row = (name: string, of: (summary: Summary) => string) => [name, ...columns.map(of)];
  const rows = [
    ["", "before", "after"].slice(0, columns.length + 1),
    row("transformer, highest loading", (s) => `${s.loadingMaxPercent.toFixed(2)} %`),
    row("quarter hours over 100 %", (s) => String(s.overloaded.length)),
    row("voltages, lowest to highest", (s) => `${s.vmMinPu.toFixed(4)} … ${s.vmMaxPu.toFixed(4)} p.u.`),
    row("quarter hours outside 0.95 … 1.05", (s) => String(s.outOfBounds.length)),
    row("PV energy fed in", (s) => mwh(s.pvMwh)),
    row("PV energy curtailed", (s) => mwh(s.curtailedMwh)),
    row("storages, charged / given back", (s) => `${s.chargedMwh.toFixed(3)} / ${s.dischargedMwh.toFixed(3)} MWh`),
  ];
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((cells) => cells[c]!.length)));
  const lines = rows.map((cells) =>
    cells.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join("   "),
  );
  lines.splice(1, 0, widths.map((width) => "─".repeat(width)).join("───"));
  return after === undefined ? lines : [...lines, "", ...notes(after, extras)];
}

function notes(after: Summary, { optimum, messages, rounds }: TableExtras): string[] {
  const { marginMeanMw, marginMaxMw } = after;
  return [
    ...(optimum === undefined ? [] : [optimumLine(optimum)]),
    `safety margin on the unseen load: mean ${kw(marginMeanMw)}, highest ${kw(marginMaxMw)}`,
    `agents exchanged ${messages} messages in ${rounds} rounds`,
  ];
}

function optimumLine({ withStoragesMwh, withoutStoragesMwh }: Optimum): string {
  return `with foresight one would curtail ${mwh(withStoragesMwh)} (without storages ${mwh(withoutStoragesMwh)})`;
}

function mwh(value: number): string {
  return `${(value + 0).toFixed(4)} MWh`;
}

function kw(mw: number): string {
  return `${(mw * 1000).toFixed(1)} kW`;
}
