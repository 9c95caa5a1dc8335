/**
 * `npm run bench [-- name …]`: runs benchmarks and prints each figure with its ratio to a baseline that is measured in
 * the same run, in turn with it. A benchmark is no test: nothing here fails because of a time.
 */
import { agents } from "./agents.ts";
import { powerFlow } from "./power-flow.ts";

/** One thing to measure against its baseline; both do their work once and return how many operations that was. */
export interface Bench {
  readonly name: string;
  readonly baseline: string;
  readonly run: () => Promise<number>;
  readonly base: () => Promise<number>;
}

const suites: Record<string, readonly Bench[]> = { agents, "power-flow": powerFlow };
const ROUNDS = 5;

/** Nanoseconds for one operation. */
async function measure(work: () => Promise<number>): Promise<number> {
  const start = process.hrtime.bigint();
  const operations = await work();
  return Number(process.hrtime.bigint() - start) / operations;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(", ")}; there are: ${Object.keys(suites).join(", ")}`);
  process.exit(2);
}
console.log(`Node ${process.version}, ${ROUNDS} interleaved rounds after a warm-up, medians`);
for (const [suite, benches] of Object.entries(suites)) {
  if (wanted.length > 0 && !wanted.includes(suite)) continue;
  for (const { name, baseline, run, base } of benches) {
    await measure(run);
    await measure(base);
    const ratios: number[] = [];
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const ours = await measure(run);
      const theirs = await measure(base);
      times.push(ours);
      ratios.push(ours / theirs);
    }
    const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    console.log(`${name}: ${median(times).toFixed(0)} ns, ${median(ratios).toFixed(2)} x ${baseline} (${spread})`);
  }
}
