/**
 * Ours as a peer of `npm run bench -- agents`: `population.ts KIND AGENTS [CONTAINERS [TRACE]]`, in a process of its own. A
 * peer makes its population and writes `{bytes}`, by which its memory has grown; then for each line `{steps}` it makes so
 * many steps (of the kind `call`: awaited calls between two agents) and writes `{wallMs, cpuUs, done, messages}`: the
 * timers that have fired and the messages that have been delivered, counted by the agents.
 *
 * Kinds: `step`, a timer and a message to a neighbour each second by callbacks; `sleep`, the same by a sleep in a loop;
 * `idle`; `asleep`, suspended in a sleep to the end; `call`. Containers: 0 is a container, others are platforms of so many
 * processes.
 */
import { createInterface } from "node:readline";
import { setImmediate as turn } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { type AgentClass, Container, Platform, type TraceLevel } from "../../../src/index.ts";
import { compiled } from "../programs.ts";
import { Asleep, Caller, Idle, Neighbour, SleepingNeighbour } from "./neighbours.ts";

const TYPES = { step: Neighbour, sleep: SleepingNeighbour, idle: Idle, asleep: Asleep, call: Caller };

const [kind, count, cut = "0", trace = "hash"] = process.argv.slice(2) as [
  keyof typeof TYPES,
  string,
  string?,
  TraceLevel?,
];
const agents = Number(count);
const containers = Number(cut);
const limits = { roundsMax: 2 ** 31 };
const type = TYPES[kind] as AgentClass;

const before = await heapBytes();
const home = await populate();
await home.advance(0);
say({ bytes: (await heapBytes()) - before });

for await (const line of createInterface({ input: process.stdin })) {
  const { steps, hash = false } = JSON.parse(line) as { steps: number; hash?: boolean };
  if (hash) {
    say({ traceHash: await home.traceHash() });
    continue;
  }
  const [doneBefore, messagesBefore] = await counts();
  const wall = performance.now();
  const cpu = process.cpuUsage();
  if (kind === "call") home.input("agent-0", "ask", ["agent-1", steps]);
  const from = home.clock.time();
  for (let step = 1; step <= (kind === "call" ? 1 : steps); step++) await home.advance(from + step);
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = performance.now() - wall;
  const [done, messages] = await counts();
  say({ wallMs, cpuUs: user + system, done: done - doneBefore, messages: messages - messagesBefore });
}
await home.close();

async function populate(): Promise<Container | Platform> {
  const spawns = Array.from({ length: agents }, (_, i) => ({
    id: `agent-${i}`,
    args: [`agent-${(i + 1) % agents}`],
  }));
  if (containers === 0) {
    const container = await Container.create({ trace, limits });
    for (const spawn of spawns) container.spawn(type, spawn);
    return container;
  }
  const module = pathToFileURL(compiled("peers/neighbours.ts"));
  const platform = await Platform.create({ trace, limits, containers, isolation: "process", module });
  for (const spawn of spawns) await platform.spawn(type.name, spawn);
  return platform;
}

/** Timers and messages of all agents so far. */
async function counts(): Promise<[number, number]> {
  if (home instanceof Container) {
    const [, timers = 0, , , , requests = 0, oneway = 0] = home.counts.deliveries;
    return [timers, requests + oneway];
  }
  let done = 0;
  let messages = 0;
  if (kind !== "step" && kind !== "sleep") return [0, 0];
  for (let i = 0; i < agents; i++) {
    const { ticked, heard } = await home.outputs(`agent-${i}`, ["ticked", "heard"]);
    done += ticked as number;
    messages += heard as number;
  }
  return [done, messages];
}

/** Heap in use after a collection; the process is started with `--expose-gc`. */
async function heapBytes(): Promise<number> {
  await turn();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function say(values: object): void {
  process.stdout.write(`${JSON.stringify(values)}\n`);
}
