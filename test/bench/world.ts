import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { pythonEnvironment } from "../support/python.ts";
import { figure, type Suite } from "./figure.ts";
import { compiled, program } from "./programs.ts";

/** Rounds in which ours and mosaik's master are measured in turn, each in a process of its own. */
const ROUNDS = 5;

/**
 * Steps of all simulators of one measurement, about: in process, and remote. As many come before it: what it costs to
 * compile the hot code, and to find how much memory it needs, is not in it.
 */
const STEPS = 60_000;
const REMOTE_STEPS = 12_000;

/** Entities from which on fewer steps are made. */
const ENTITIES_MANY = 50;

/** Steps of each at least. */
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

/** Whom a shape is measured with, in turn. */
interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly until: number;
  readonly cpu: number[];
  readonly wall: number[];
}

/**
 * CPU of the master for each step of a simulator, in process with what the simulators take, against mosaik's and against a
 * loop that was written for these simulators (floors/world-steps.ts).
 */
export const world: Suite = async (report, wants) => {
  const { python, reason } = await pythonEnvironment("mosaik");
  if (python === undefined) throw new Error(`mosaik is the baseline: ${reason}`);
  const alone: number[] = [];
  for (const shape of SHAPES) {
    const { name, others = 0 } = shape;
    if (!wants(name)) continue;
    const [ours, theirs, floor] = programs(shape, python);
    for (let round = 0; round < ROUNDS; round++) {
      for (const one of [ours, theirs, floor]) if (one !== undefined) await measure(shape, one);
    }
    const what = `${name}: CPU of the master for a step`;
    report(figure(what, "us", "mosaik", ours.cpu, theirs.cpu));
    if (floor !== undefined) report(figure(what, "us", "the floor", ours.cpu, floor.cpu));
    if (name === SHAPES[0]!.name) alone.push(...ours.cpu);
    if (others > 0 && alone.length > 0) report(figure(what, "us", "without them", ours.cpu, alone));
    report(figure(`${name}: wall time of a step`, "us", "mosaik", ours.wall, theirs.wall));
  }
};

/** Ours, mosaik, and the floor, which has none beside others. */
function programs(shape: Shape, python: string): [Program, Program, Program | undefined] {
  const { chain, entities, others = 0, remote = false } = shape;
  const steps = (remote ? REMOTE_STEPS : STEPS) / chain / Math.max(1, entities / ENTITIES_MANY);
  const until = Math.max(STEPS_MIN, Math.round(steps));
  const theirUntil = others > 0 ? THEIR_STEPS_BESIDE : until;
  const given = { chain, entities, others };
  const argument = JSON.stringify({ ...given, until, remote: remote ? python : null });
  const own = (file: string): Program => {
    const args = [...process.execArgv, compiled(file), argument];
    return { command: process.execPath, args, until, cpu: [], wall: [] };
  };
  const theirArgument = JSON.stringify({ ...given, until: theirUntil, remote });
  const theirs = {
    command: python,
    args: [program("peers/world_mosaik.py"), theirArgument],
    until: theirUntil,
    cpu: [],
    wall: [],
  };
  return [own("peers/world-ours.ts"), theirs, others > 0 ? undefined : own("floors/world-steps.ts")];
}

async function measure(
  { name, chain, others = 0 }: Shape,
  { command, args, until, cpu, wall }: Program,
): Promise<void> {
  const { stdout } = await promisify(execFile)(command, args, { timeout: 300_000 });
  const { cpuUs, wallUs, steps } = JSON.parse(stdout) as Measured;
  const expected = chain * until + others;
  if (steps !== expected) throw new Error(`${name}: ${steps} steps instead of ${expected}`);
  cpu.push(cpuUs / steps);
  wall.push(wallUs / steps);
}
