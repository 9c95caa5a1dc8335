/** A measured figure and its ratio to that of a baseline, which was measured in turn with it. */
export interface Figure {
  readonly name: string;
  /** Median. */
  readonly value: number;
  readonly unit: string;
  readonly baseline: string;
  /** Median of the rounds' ratios. */
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
}

/** Measures a group of figures and hands each one over when it is there. */
export type Suite = (report: (figure: Figure) => void, wants: Wants) => Promise<void>;

/** Whether what has this name is to be measured; suites that take long ask. */
export type Wants = (name: string) => boolean;

/** One thing to measure against its baseline; both do their work once and return how many operations that was. */
export interface Bench {
  readonly name: string;
  readonly baseline: string;
  readonly run: () => Promise<number>;
  readonly base: () => Promise<number>;
}

/** Rounds in which both are measured in turn, after a first one that does not count. */
const ROUNDS = 5;

/** A suite of what runs within this process: wall and CPU time of one operation. */
export function timed(benches: readonly Bench[]): Suite {
  return async (report, wants) => {
    for (const { name, baseline, run, base } of benches) {
      if (!wants(name)) continue;
      await cost(run);
      await cost(base);
      const ours: Cost[] = [];
      const theirs: Cost[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        ours.push(await cost(run));
        theirs.push(await cost(base));
      }
      const compare = (what: string, value: (cost: Cost) => number) =>
        report(figure(what, "ns", baseline, ours.map(value), theirs.map(value)));
      compare(name, ({ wallNs }) => wallNs);
      compare(`${name}, CPU`, ({ cpuNs }) => cpuNs);
    }
  };
}

/** @param theirs - Of the baseline, measured in the same rounds as `ours`. */
export function figure(
  name: string,
  unit: string,
  baseline: string,
  ours: readonly number[],
  theirs: readonly number[],
): Figure {
  const ratios = ours.map((value, round) => value / theirs[round]!);
  const [ratioMin, ratioMax] = [Math.min(...ratios), Math.max(...ratios)];
  return { name, value: median(ours), unit, baseline, ratio: median(ratios), ratioMin, ratioMax };
}

/** Of one operation. */
interface Cost {
  readonly wallNs: number;
  /** Of all threads of this process. */
  readonly cpuNs: number;
}

async function cost(work: () => Promise<number>): Promise<Cost> {
  const [start, cpu] = [process.hrtime.bigint(), process.cpuUsage()];
  const operations = await work();
  const wallNs = Number(process.hrtime.bigint() - start);
  const { user, system } = process.cpuUsage(cpu);
  return { wallNs: wallNs / operations, cpuNs: ((user + system) * 1000) / operations };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
