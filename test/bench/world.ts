import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pythonEnvironment } from "../support/python.ts";
import { figure, type Suite } from "./figure.ts";
import { Lines } from "./peer.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Rounds in which both masters are measured in turn, after one that does not count. */
const ROUNDS = 5;

/** So many times the steps of mosaik are made by World with simulators in its process, so that a run takes as long. */
const MORE_STEPS = 10;

/** A run that a master is asked for: simulators in a chain, the last one with many entities, and others beside them. */
export interface WorldQuestion {
  readonly chain: number;
  /** Of the last simulator; all get the value of the one before. */
  readonly entities: number;
  /** Simulators beside the chain that step once. */
  readonly idle: number;
  readonly until: number;
  /** Of the chain's simulators; empty: they are in the master's process. */
  readonly addresses: readonly string[];
}

/** What a run has cost the master's process. */
export interface WorldAnswer {
  readonly cpuUs: number;
  readonly wallUs: number;
  /** Of the chain's last simulator. */
  readonly result: readonly [steps: number, reached: number, x: number];
}

interface Shape {
  readonly name: string;
  readonly chain: number;
  readonly entities: number;
  readonly idle: number;
  /** Steps of one simulator that mosaik makes, in its process and with simulators in another process. */
  readonly steps: number;
  readonly remoteSteps: number | undefined;
}

const SHAPES: readonly Shape[] = [
  { name: "chain of 2", chain: 2, entities: 1, idle: 0, steps: 6000, remoteSteps: 2000 },
  { name: "chain of 8", chain: 8, entities: 1, idle: 0, steps: 1500, remoteSteps: 500 },
  { name: "chain of 32", chain: 32, entities: 1, idle: 0, steps: 400, remoteSteps: 125 },
  { name: "fan-out to 10", chain: 2, entities: 10, idle: 0, steps: 4000, remoteSteps: 1500 },
  { name: "fan-out to 1,000", chain: 2, entities: 1000, idle: 0, steps: 1000, remoteSteps: 300 },
  { name: "fan-out to 10,000", chain: 2, entities: 10_000, idle: 0, steps: 100, remoteSteps: 40 },
  { name: "chain of 2 beside 100 idle ones", chain: 2, entities: 1, idle: 100, steps: 6000, remoteSteps: undefined },
];

/**
 * World against mosaik as the master of the same trivial simulators: CPU of the master's process for each step of a
 * simulator, which includes the simulators if they are in it. The processes live on, so they are warm.
 */
export const world: Suite = async (report) => {
  const { python, reason } = await pythonEnvironment("mosaik");
  if (python === undefined) throw new Error(reason);
  // As installed: compiled, not through tsx.
  await promisify(execFile)("npm", ["run", "--silent", "build"], { cwd: root });
  const folder = fileURLToPath(new URL("../support/mosaik-bench/", import.meta.url));
  const node = [process.execPath, "--import", "tsx"];
  const ours = new Lines([...node, `${folder}world-master.ts`]);
  const theirs = new Lines([python, `${folder}world_master.py`]);
  const host = new Lines([...node, `${folder}world-host.ts`]);
  try {
    await Promise.all([ours.read(), theirs.read()]);
    const alone: number[] = [];
    for (const shape of SHAPES) {
      for (const [where, steps] of [
        ["in process", shape.steps],
        ["remote", shape.remoteSteps],
      ] as const) {
        if (steps === undefined) continue;
        const costs: [number[], number[]] = [[], []];
        for (let round = -1; round < ROUNDS; round++) {
          for (const [i, master] of [ours, theirs].entries()) {
            const until = where === "remote" || i === 1 ? steps : steps * MORE_STEPS;
            const us = await measure(master, where === "remote" ? host : undefined, shape, until);
            if (round >= 0) costs[i]!.push(us);
          }
        }
        report(figure(`${shape.name}, ${where}, CPU of a step`, "us", "mosaik's", ...costs));
        if (shape === SHAPES[0] && where === "in process") alone.push(...costs[0]);
        if (shape.idle > 0) report(figure(`${shape.name}, CPU of a step`, "us", "without them", costs[0], alone));
      }
    }
  } finally {
    for (const lines of [ours, theirs, host]) lines.end();
  }
};

/** Microseconds of CPU for each step of the chain. @throws Error if work is missing. */
async function measure(
  master: Lines,
  host: Lines | undefined,
  { chain, entities, idle }: Shape,
  until: number,
): Promise<number> {
  const { addresses } =
    host === undefined ? { addresses: [] } : await host.ask<{ addresses: string[] }>({ count: chain });
  const answer = await master.ask<WorldAnswer>({ chain, entities, idle, until, addresses });
  const { cpuUs, result } = answer;
  if (result.join() !== [until, entities, chain].join()) throw new Error(`a run ended with ${result.join()}`);
  return cpuUs / (until * chain);
}
