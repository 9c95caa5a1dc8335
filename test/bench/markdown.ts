import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Figure } from "./figure.ts";
import type { Machine } from "./machine.ts";

const PAGE = new URL("../../docs/performance.md", import.meta.url);

/** What one run of benchmarks has given. */
export interface Results {
  readonly machine: Machine;
  /** By suite, in the order in which they were measured. */
  readonly suites: ReadonlyMap<string, readonly Figure[]>;
}

/**
 * Results of the lines that `--json` prints, of several runs one after the other as well: a suite is taken from the last of them
 * that has it, and the machine is that of the first.
 */
export function readResults(path: string): Results {
  const suites = new Map<string, Figure[]>();
  let machine: Machine | undefined;
  let ran = new Set<string>();
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (line === "") continue;
    const { machine: described, suite, ...rest } = JSON.parse(line) as Figure & { machine?: Machine; suite: string };
    if (described !== undefined) {
      machine ??= described;
      ran = new Set();
      continue;
    }
    if (!ran.has(suite)) suites.set(suite, []);
    ran.add(suite);
    suites.get(suite)!.push(rest);
  }
  if (machine === undefined)
    throw new Error(`${path} does not come from npm run bench -- --json: no line has the machine`);
  return { machine, suites };
}

/** Put the figures of each suite, and what they were measured on, into their places in docs/performance.md; the rest stays. */
export function writePage({ machine, suites }: Results, before: Results | undefined): void {
  let page = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "# Performance\n";
  for (const [suite, figures] of suites) {
    const begin = `<!-- figures of ${suite} -->`;
    const end = `<!-- end of ${suite} -->`;
    const earlier = before?.suites.get(suite);
    const table = earlier === undefined ? tableOf(figures) : tableOfBoth(figures, earlier);
    const section = [begin, "", `### ${suite}`, "", describe(machine), "", ...table, "", end].join("\n");
    const [head, rest] = page.split(begin) as [string, string?];
    const tail = rest?.split(end)[1] ?? "\n";
    page = rest === undefined ? `${page.trimEnd()}\n\n${section}\n` : `${head}${section}${tail}`;
  }
  writeFileSync(PAGE, page);
}

function describe({ date, node, processor, cores, usableCores, load }: Machine): string {
  return `${date}, Node ${node}, ${processor}, ${usableCores} of ${cores} cores usable, load ${load}.`;
}

function tableOf(figures: readonly Figure[]): string[] {
  const rows = figures.map(
    (figure) => `| ${figure.name} | ${median(figure)} | ${ratio(figure)} | ${figure.baseline} |`,
  );
  return ["| what | median | ratio (spread) | to |", "| --- | ---: | ---: | --- |", ...rows];
}

function tableOfBoth(figures: readonly Figure[], earlier: readonly Figure[]): string[] {
  const rows = figures.map((figure) => {
    const { name, baseline } = figure;
    const same = earlier.find((other) => other.name === name && other.baseline === baseline);
    return `| ${name} | ${same === undefined ? "" : ratio(same)} | ${ratio(figure)} | ${baseline} | ${median(figure)} |`;
  });
  const head = ["| what | ratio before (spread) | ratio now (spread) | to | median now |"];
  return [...head, "| --- | ---: | ---: | --- | ---: |", ...rows];
}

function median({ value, unit }: Figure): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`;
}

function ratio({ ratio, ratioMin, ratioMax }: Figure): string {
  return `${ratio.toFixed(2)} (${ratioMin.toFixed(2)} to ${ratioMax.toFixed(2)})`;
}
