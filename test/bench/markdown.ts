import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Figure } from "./figure.ts";
import type { Machine } from "./machine.ts";

const PAGE = new URL("../../docs/performance.md", import.meta.url);

/** Put the figures of a suite, and what they were measured on, into their place in docs/performance.md; the rest stays. */
export function writeSection(suite: string, figures: readonly Figure[], machine: Machine): void {
  const begin = `<!-- figures of ${suite} -->`;
  const end = `<!-- end of ${suite} -->`;
  const section = `${begin}\n\n${sectionOf(suite, figures, machine)}\n\n${end}`;
  const page = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "# Performance\n";
  const [before, rest] = page.split(begin) as [string, string?];
  const after = rest?.split(end)[1] ?? "\n";
  writeFileSync(PAGE, rest === undefined ? `${page.trimEnd()}\n\n${section}\n` : `${before}${section}${after}`);
}

function sectionOf(suite: string, figures: readonly Figure[], machine: Machine): string {
  const { date, node, processor, cores, usableCores, load } = machine;
  const head = `### ${suite}\n\n${date}, Node ${node}, ${processor}, ${usableCores} of ${cores} cores usable, load ${load}.`;
  const rows = figures.map(({ name, value, unit, ratio, ratioMin, ratioMax, baseline }) => {
    const spread = `${ratioMin.toFixed(2)} to ${ratioMax.toFixed(2)}`;
    return `| ${name} | ${value.toFixed(value < 10 ? 2 : 0)} ${unit} | ${ratio.toFixed(2)} (${spread}) | ${baseline} |`;
  });
  return [head, "", "| what | median | ratio (spread) | to |", "| --- | ---: | ---: | --- |", ...rows].join("\n");
}
