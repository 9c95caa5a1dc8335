import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { pythonEnvironment } from "../support/python.ts";
import { figure, type Suite } from "./figure.ts";
import { compiled, program } from "./programs.ts";

/** Rounds in which ours and mosaik's master are measured in turn, each in a process of its own. */
const ROUNDS = 5;

/** Steps of all simulators of one measurement, about: in process, and remote. */
const STEPS = 60_000;
const REMOTE_STEPS = 4000;

/** Steps of each at least: what it costs to compile the hot code, and to find how much memory it needs, is spread over them. */
const STEPS_MIN = 200;

/** Steps that mosaik makes beside others: each costs as much as there are of them. */
const THEIR_STEPS_BESIDE = 200;

interface Shape {
  readonly name: string;
  readonly chain: number;
  readonly entities: number;
  readonly others?: number;
  readonly remote?: boolean;
}

const SHAPES: readonly Shape[] = [
  ...[2, 8, 32].map((chain) => ({ name: `chain of ${chain}`, chain, entities: 1 })),
  ...[10, 1000, 10_000].map((entities) => ({ name: `fan-out to ${entities}`, chain: 2, entities })),
  { name: "chain of 2 beside 1,000 others", chain: 2, entities: 1, others: 1000 },
  ...[2, 8, 32].map((chain) => ({ name: `chain of ${chain}, remote`, chain, entities: 1, remote: true })),
  ...[10, 1000, 10_000].map((entities) => ({
    name: `fan-out to ${entities}, remote`,
    chain: 2,
    entities,
    remote: true,
  })),
];

interface Measured {
  readonly cpuUs: number;
  readonly wallUs: number;
  readonly steps: number;
}

/** CPU of the master for each step of a simulator, in process with what the simulators take, against mosaik's. */
export const world: Suite = async (report) => {
  const { python, reason } = await pythonEnvironment("mosaik");
  if (python === undefined) throw new Error(`mosaik is the baseline: ${reason}`);
  const alone: number[] = [];
  for (const { name, chain, entities, others = 0, remote = false } of SHAPES) {
    const until = Math.max(STEPS_MIN, Math.round((remote ? REMOTE_STEPS : STEPS) / chain / Math.max(1, entities / 10)));
    const theirUntil = others > 0 ? THEIR_STEPS_BESIDE : until;
    const given = { chain, entities, others };
    const ours = [
      ...process.execArgv,
      compiled("peers/world-ours.ts"),
      JSON.stringify({ ...given, until, remote: remote ? python : null }),
    ];
    const theirs = [program("peers/world_mosaik.py"), JSON.stringify({ ...given, until: theirUntil, remote })];
    const cpu: [number[], number[]] = [[], []];
    const wall: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, [command, args]] of [[process.execPath, ours] as const, [python, theirs] as const].entries()) {
        const { stdout } = await promisify(execFile)(command, args, { timeout: 300_000 });
        const { cpuUs, wallUs, steps } = JSON.parse(stdout) as Measured;
        const expected = chain * (i === 0 ? until : theirUntil) + others;
        if (steps !== expected) throw new Error(`${name}: ${steps} steps instead of ${expected}`);
        cpu[i]!.push(cpuUs / steps);
        wall[i]!.push(wallUs / steps);
      }
    }
    report(figure(`${name}: CPU of the master for a step`, "us", "mosaik", ...cpu));
    if (name === SHAPES[0]!.name) alone.push(...cpu[0]);
    if (others > 0) report(figure(`${name}: CPU of the master for a step`, "us", "without them", cpu[0], alone));
    report(figure(`${name}: wall time of a step`, "us", "mosaik", ...wall));
  }
};
