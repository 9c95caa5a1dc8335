import { availableParallelism, cpus, loadavg } from "node:os";
import { Worker } from "node:worker_threads";

/** What a run of benchmarks was made on. No name and no path of the machine is in it. */
export interface Machine {
  readonly date: string;
  readonly node: string;
  readonly processor: string;
  /** Processors that the operating system gives this process. */
  readonly cores: number;
  /** As many of them as it could really use, by {@link usableCores}; others on the machine have the rest. */
  readonly usableCores: number;
  /** Of the last minute, before anything ran. */
  readonly load: number;
}

/** Milliseconds for which threads count. */
const COUNT_MS = 300;

const COUNTER = `
const { parentPort, workerData } = require("node:worker_threads");
const end = performance.now() + workerData;
let n = 0;
while (performance.now() < end) n++;
parentPort.postMessage(n);
`;

/** Describe this machine as it is now. */
export async function describeMachine(): Promise<Machine> {
  const load = loadavg()[0]!;
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    usableCores: await usableCores(),
    load: Math.round(load * 10) / 10,
  };
}

/** What threads on all processors count together, against the best of one that counts alone. */
async function usableCores(): Promise<number> {
  const alone: number[] = [];
  for (let i = 0; i < 3; i++) alone.push(await count());
  const together = await Promise.all(Array.from({ length: availableParallelism() }, count));
  const ratio = together.reduce((sum, each) => sum + each, 0) / Math.max(...alone);
  return Math.round(ratio * 10) / 10;
}

function count(): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(COUNTER, { eval: true, workerData: COUNT_MS, execArgv: [] });
    worker.once("message", resolve).once("error", reject);
  });
}
