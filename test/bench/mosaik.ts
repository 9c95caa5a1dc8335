import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ProcessCost } from "../support/mosaik-bench/process-cost.ts";
import { pythonEnvironment } from "../support/python.ts";
import { figure, type Suite } from "./figure.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const ROUNDS = 5;
const RUN_MS_MAX = 600_000;

/** So many steps that a run takes seconds, and what it costs to compile the hot code is spread over them. */
const SIZES = [
  { entities: 10, steps: 3000 },
  { entities: 1000, steps: 600 },
  { entities: 10_000, steps: 100 },
] as const;

const node = `"${process.execPath}"`;
const KINDS = [
  { name: "simulator", command: `${node} dist/src/cli/main.js sim test/support/mosaik-bench/sums.ts %(addr)s` },
  {
    name: "simulator in columns",
    command: `${node} dist/src/cli/main.js sim test/support/mosaik-bench/columns.ts %(addr)s`,
  },
  {
    name: "population of agents",
    command: `${node} dist/src/cli/main.js sim test/support/mosaik-bench/agents.ts %(addr)s`,
  },
  { name: "Node without cosimas", command: `${node} --import tsx test/support/mosaik-bench/bare.ts %(addr)s` },
] as const;

/** One run of mosaik with one simulator process. */
interface Run extends ProcessCost {
  /** Wall seconds of mosaik's run, without the start of processes. */
  readonly wallS: number;
}

/**
 * A simulator of ours, as `cosimas sim` runs it, against the same in Python under the same mosaik: what its process uses
 * of CPU, and how long a step of mosaik takes, most of which is mosaik's own. Each run has fresh processes.
 */
export const mosaik: Suite = async (report, wants) => {
  const { python, reason } = await pythonEnvironment("mosaik");
  if (python === undefined) throw new Error(reason);
  await promisify(execFile)("npm", ["run", "--silent", "build"], { cwd: root });
  const baseline = `"${python}" test/support/mosaik-bench/sums.py %(addr)s`;
  for (const { entities, steps } of SIZES) {
    for (const { name, command } of KINDS) {
      if (!wants(`${name}, ${entities} entities`)) continue;
      const ours: Run[] = [];
      const theirs: Run[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        ours.push(await run(python, command, entities, steps));
        theirs.push(await run(python, baseline, entities, steps));
      }
      const compare = (what: string, unit: string, value: (run: Run) => number) => {
        const title = `${name}, ${entities} entities, ${what}`;
        report(figure(title, unit, "Python's", ours.map(value), theirs.map(value)));
      };
      compare("CPU of a step", "us", (measured) => (measured.stepsS / measured.steps) * 1e6);
      compare("wall time of a step", "us", (measured) => (measured.wallS / measured.steps) * 1e6);
      compare("CPU of the set-up", "us", (measured) => measured.setupS * 1e6);
    }
  }
};

/** @throws Error if mosaik fails, or the sums at the end of the run are not those that were to come out. */
async function run(python: string, command: string, entities: number, steps: number): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-bench-"));
  const cost = join(folder, "cost.json");
  try {
    const args = ["test/support/mosaik-bench/master.py", command, String(entities), String(steps)];
    const env = { ...process.env, PYTHONHASHSEED: "0", COSIMAS_BENCH_COST: cost };
    const { stdout } = await promisify(execFile)(python, args, { cwd: root, timeout: RUN_MS_MAX, env });
    const measured = JSON.parse(readFileSync(cost, "utf8")) as ProcessCost;
    const wallS = Number(stdout.trim());
    if (measured.steps !== steps + 1 || !(wallS > 0))
      throw new Error(`${measured.steps} steps were made in ${stdout} s`);
    return { ...measured, wallS };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
