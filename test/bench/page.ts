/**
 * What pages cost a run: `node --import tsx --conditions=cosimas:source test/bench/page.ts`. The same population is advanced
 * without a page's server, with it, and with pages of three kinds; pages are another process. Rounds are interleaved; told
 * are medians of steps per second of wall time and of CPU time of the run's process.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { type Watch, watch } from "../../adapters/dashboard/index.ts";
import { Agent, Container, ExternalClock } from "../../src/index.ts";

const AGENTS = 50;
const WARM_STEPS = 300;
const ROUND_MS = 2500;
const ROUNDS = 5;

/** What the pages of one case do: how many look, how many of these read nothing. */
interface Case {
  readonly name: string;
  readonly served: boolean;
  readonly pages: number;
  readonly stalled: number;
  readonly slow: number;
}

const CASES: readonly Case[] = [
  { name: "observed by nobody", served: false, pages: 0, stalled: 0, slow: 0 },
  { name: "server, no page", served: true, pages: 0, stalled: 0, slow: 0 },
  { name: "1 page", served: true, pages: 1, stalled: 0, slow: 0 },
  { name: "1 stalled page", served: true, pages: 0, stalled: 1, slow: 0 },
  { name: "50 pages, 10 stalled, 10 slow", served: true, pages: 30, stalled: 10, slow: 10 },
];

class Neighbour extends Agent {
  static override readonly exposed = ["hear"] as const;
  hear(n: number): number {
    return n + 1;
  }
  async talk(n: number, peer: string): Promise<void> {
    const other = await this.connect<typeof Neighbour>(peer);
    await other.hear(n);
  }
}

/** The pages, in a process of their own: each asks for what a view asks for, five times a second. */
async function pages(url: string, { pages: fast, stalled, slow }: Case): Promise<void> {
  const { host, hash } = new URL(url);
  const token = new URLSearchParams(hash.slice(1)).get("t");
  const questions = [
    { ask: "agents", limit: 100 },
    { ask: "events", from: 0, to: 1e15, limit: 120, last: true },
    { ask: "pairs", from: 0, to: 1e15 },
    { ask: "state" },
  ];
  for (let i = 0; i < fast + stalled + slow; i++) {
    const socket = new WebSocket(`ws://${host}/feed?t=${token}`, { origin: `http://${host}` });
    await once(socket, "open");
    let n = 0;
    if (i >= fast) socket.pause();
    if (i >= fast + stalled) {
      setInterval(() => {
        socket.resume();
        setTimeout(() => socket.pause(), 20);
      }, 1000);
    }
    setInterval(() => socket.send(JSON.stringify({ ...questions[i % questions.length], n: n++ })), 200);
  }
  process.send!("open");
}

/** One round: steps per second of wall time, and of the process's CPU time. */
async function round(given: Case): Promise<{ wall: number; cpu: number; rssMb: number }> {
  const container = await Container.create({ clock: new ExternalClock(), seed: 1 });
  for (let i = 0; i < AGENTS; i++) container.spawn(Neighbour, { id: `n-${i}` });
  let page: Watch | undefined;
  let child: ReturnType<typeof fork> | undefined;
  if (given.served) {
    page = await watch(container, {});
    if (given.pages + given.stalled + given.slow > 0) {
      child = fork(fileURLToPath(import.meta.url), [page.url, JSON.stringify(given)], { execArgv: process.execArgv });
      await once(child, "message");
    }
  }
  let t = 0;
  const step = async () => {
    t++;
    for (let i = 0; i < AGENTS; i += 5) container.input(`n-${i}`, "talk", [t, `n-${(i + 1) % AGENTS}`]);
    await container.advance(t);
  };
  while (t < WARM_STEPS) await step();
  const [startMs, cpu, first] = [performance.now(), process.cpuUsage(), t];
  while (performance.now() - startMs < ROUND_MS) await step();
  const { user, system } = process.cpuUsage(cpu);
  const [steps, wallS] = [t - first, (performance.now() - startMs) / 1000];
  const rssMb = process.memoryUsage().rss / 2 ** 20;
  child?.kill();
  await page?.close();
  await container.close();
  return { wall: steps / wallS, cpu: steps / ((user + system) / 1e6), rssMb };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

if (process.send !== undefined) await pages(process.argv[2]!, JSON.parse(process.argv[3]!) as Case);
else {
  const found = new Map<Case, { wall: number; cpu: number; rssMb: number }[]>(CASES.map((one) => [one, []]));
  for (let i = 0; i < ROUNDS; i++) for (const one of CASES) found.get(one)!.push(await round(one));
  const base = found.get(CASES[1]!)!;
  const [wall, cpu] = [median(base.map((one) => one.wall)), median(base.map((one) => one.cpu))];
  for (const [{ name }, rounds] of found) {
    const [w, c] = [median(rounds.map((one) => one.wall)), median(rounds.map((one) => one.cpu))];
    const rss = median(rounds.map(({ rssMb }) => rssMb));
    const share = (value: number, of: number) => `${((100 * value) / of).toFixed(0)} %`;
    console.log(
      `${name.padEnd(32)} ${w.toFixed(0).padStart(6)} steps/s (${share(w, wall)}) ${c.toFixed(0).padStart(6)} per CPU s (${share(c, cpu)}) ${rss.toFixed(0)} MB`,
    );
  }
  process.exit(0);
}
