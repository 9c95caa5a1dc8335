/**
 * Ours as a peer of `npm run bench -- scale`: `scale-population.ts KIND AGENTS CONTAINERS`, in a process of its own. For each line
 * `{do, steps?}` it does one thing and answers with `{wallMs, cpuUs, …}`, in this order: `spawn` all agents (with `one: n`, the
 * first n one after the other), `start` them (their setup), `steps`, `hash`, `close`.
 *
 * Kinds: `step`, a timer and a message to a neighbour each second; `asleep`, suspended in a sleep; `due`, 1,000 that step
 * among as many that sleep as AGENTS says. Containers: 0 is a container, others are platforms of so many processes.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { type AgentClass, Container, Platform } from "../../../src/index.ts";
import { compiled } from "../programs.ts";
import { Asleep, Neighbour } from "./neighbours.ts";

/** Agents that step among those that sleep. */
const DUE = 1000;
/** Of the kernel's times of a process, in which `/proc` counts. */
const TICKS_PER_SECOND = 100;

const [kind, count, cut] = process.argv.slice(2) as ["step" | "asleep" | "due", string, string];
const agents = Number(count);
const containers = Number(cut);
const limits = { roundsMax: 2 ** 31 };

interface Spawn {
  readonly type: AgentClass;
  readonly options: { readonly id: string; readonly args: readonly unknown[] };
}

const spawns: Spawn[] = [];
const stepping = kind === "step" ? agents : kind === "due" ? DUE : 0;
for (let i = 0; i < stepping; i++) {
  spawns.push({ type: Neighbour, options: { id: `agent-${i}`, args: [`agent-${(i + 1) % stepping}`] } });
}
if (kind !== "step")
  for (let i = 0; i < agents; i++) spawns.push({ type: Asleep, options: { id: `asleep-${i}`, args: [] } });

globalThis.gc?.();
const before = process.memoryUsage();
const home = await create();
/** Of the containers' processes, without agents. */
const othersBefore = othersBytes();

for await (const line of createInterface({ input: process.stdin })) {
  const { do: what, steps = 1, one = 0 } = JSON.parse(line) as { do: string; steps?: number; one?: number };
  const cpuBefore = cpuUs();
  const wall = performance.now();
  const outcome = await carryOut(what, steps, one);
  const wallMs = performance.now() - wall;
  // What the containers of a platform have used is gone with them.
  const used = what === "close" && containers > 0 ? undefined : cpuUs() - cpuBefore;
  process.stdout.write(`${JSON.stringify({ wallMs, cpuUs: used, ...outcome, ...memory(what) })}\n`);
}

function create(): Promise<Container | Platform> {
  if (containers === 0) return Container.create({ limits });
  const module = pathToFileURL(compiled("peers/neighbours.ts"));
  return Platform.create({ limits, containers, isolation: "process", module });
}

async function carryOut(what: string, steps: number, one: number): Promise<object> {
  switch (what) {
    case "spawn":
      await spawnAll(one);
      return {};
    case "start":
      await home.advance(0);
      return {};
    case "steps": {
      const from = home.clock.time();
      const messages = home.counts.deliveries[6]!;
      for (let step = 1; step <= steps; step++) await home.advance(from + step);
      return { messages: home.counts.deliveries[6]! - messages };
    }
    case "hash":
      return { traceHash: home.traceHash() };
    case "close":
      await home.close();
      return {};
    default:
      throw new Error(`nothing is called ${what}`);
  }
}

async function spawnAll(one: number): Promise<void> {
  if (home instanceof Container) {
    for (const { type, options } of spawns) home.spawn(type, options);
    return;
  }
  const list = one > 0 ? spawns.splice(0, one) : spawns.splice(0);
  if (one > 0) for (const { type, options } of list) await home.spawn(type.name, options);
  else await Promise.all(list.map(({ type, options }) => (home as Platform).spawn(type.name, options)));
}

/** Memory by which all of them have made the processes grow, after their setup. */
function memory(what: string): object {
  if (what !== "start") return {};
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapBytes: heapUsed - before.heapUsed, rssBytes: rss - before.rss + othersBytes() - othersBefore };
}

function othersBytes(): number {
  return children().reduce((sum, pid) => sum + rssOf(pid), 0);
}

/** Processes of the platform's containers. */
function children(): number[] {
  if (home instanceof Container) return [];
  return home.containers.map((name) => Number(/process (\d+)/.exec(name)?.[1]));
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system + children().reduce((sum, pid) => sum + cpuUsOf(pid), 0);
}

/** Of another process, to the hundredth of a second; only Linux tells. Source: proc(5), `/proc/pid/stat`. */
function cpuUsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_SECOND;
}

function rssOf(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) * 1024;
}
