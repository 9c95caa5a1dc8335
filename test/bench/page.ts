/**
 * What pages cost a run: the same population is advanced with a page's server that nobody looks at, without the server, and
 * with pages that read all, nothing, or a little; pages are another process. CPU time of the run's process for one step:
 * others on the machine do not count.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { type Watch, watchRun } from "../../adapters/dashboard/index.ts";
import { Agent, Container, ExternalClock } from "../../src/index.ts";
import { figure, type Suite } from "./figure.ts";
import type { PageCase } from "./peers/pages.ts";
import { compiled } from "./programs.ts";

const AGENTS = 50;
const WARM_STEPS = 300;
const ROUND_MS = 2000;
const ROUNDS = 5;
const NONE = { pages: 0, stalled: 0, slow: 0 };

const CASES: Readonly<Record<string, PageCase | undefined>> = {
  "a step that nobody watches": undefined,
  "a step, 1 page": { ...NONE, pages: 1 },
  "a step, 1 stalled page": { ...NONE, stalled: 1 },
  "a step, 50 pages, 10 stalled, 10 slow": { pages: 30, stalled: 10, slow: 10 },
};

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

/** CPU microseconds of one step. @param given - Undefined: without a server. */
async function round(given: PageCase | undefined): Promise<number> {
  const container = await Container.create({ clock: new ExternalClock(), seed: 1 });
  for (let i = 0; i < AGENTS; i++) container.spawn(Neighbour, { id: `n-${i}` });
  let page: Watch | undefined;
  let child: ReturnType<typeof fork> | undefined;
  if (given !== undefined) {
    page = await watchRun(container, {});
    if (given.pages + given.stalled + given.slow > 0) {
      child = fork(compiled("peers/pages.ts"), [page.url, JSON.stringify(given)], { execArgv: process.execArgv });
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
  child?.kill();
  await page?.close();
  await container.close();
  return (user + system) / (t - first);
}

/** The suite. */
export const page: Suite = async (report, wants) => {
  const found = new Map<string, number[]>(
    Object.keys(CASES)
      .filter(wants)
      .map((name) => [name, []]),
  );
  const base: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    base.push(await round(NONE));
    for (const [name, all] of found) all.push(await round(CASES[name]));
  }
  for (const [name, values] of found) report(figure(name, "us of CPU", "with the server and no page", values, base));
};
