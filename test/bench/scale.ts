import { type Figure, figure, type Suite } from "./figure.ts";
import { Lines } from "./peer.ts";
import { compiled } from "./programs.ts";

const MILLION = 1_000_000;
/** Over so many processes, fewer agents: their coordinator and all of them share two processors. */
const PROCESSES = 4;
const SPREAD_AGENTS = 200_000;
/** Spawns that are awaited one after the other: each is a turn of two processes. */
const ONE_BY_ONE = 5_000;
/** New populations of each kind; what one may repeat is measured in each of them several times. */
const POPULATIONS = 2;
const STEPS = 3;
/** Agents that are due, and steps of them in one measurement. */
const DUE = 1000;
const DUE_STEPS = 100;
const DUE_ROUNDS = 5;
/** One million suspended loops are more than the heap of a program that says nothing about it. */
const HEAP_MIB = 12_288;

interface Done {
  readonly wallMs: number;
  /** Undefined where it cannot be told. */
  readonly cpuUs?: number;
  readonly messages?: number;
  readonly traceHash?: string;
  readonly heapBytes?: number;
  readonly rssBytes?: number;
}

/** Figures by name, in the order in which they came. */
class Series {
  readonly values = new Map<string, { readonly unit: string; readonly ours: number[]; readonly base: number[] }>();

  /** @param base - Of the baseline, in the same round; left out where it is its own. */
  add(name: string, unit: string, value: number, base = value): void {
    const known = this.values.get(name) ?? { unit, ours: [], base: [] };
    this.values.set(name, known);
    known.ours.push(value);
    known.base.push(base);
  }

  /** Wall and CPU time of something that was done, for each agent. */
  time(name: string, agents: number, { wallMs, cpuUs }: Done, base?: Done): void {
    this.add(name, "ns", (wallMs * 1e6) / agents, base && (base.wallMs * 1e6) / agents);
    if (cpuUs === undefined) return;
    this.add(`${name}, CPU`, "ns", (cpuUs * 1e3) / agents, base && (base.cpuUs! * 1e3) / agents);
  }

  report(report: (figure: Figure) => void, baselineOf: (name: string) => string): void {
    for (const [name, { unit, ours, base }] of this.values) report(figure(name, unit, baselineOf(name), ours, base));
  }
}

function start(kind: string, agents: number, containers: number): Lines {
  const options = ["--expose-gc", `--max-old-space-size=${HEAP_MIB}`];
  const args = [compiled("peers/scale-population.ts"), kind, String(agents), String(containers)];
  return new Lines([process.execPath, ...options, ...process.execArgv, ...args]);
}

/**
 * Many agents: what it costs to make them, start them, step them, hash them and end them, and their memory; a million in one
 * container beside the floor, 200,000 over four processes; and a step of 1,000 agents among sleepers, whose number must make no
 * difference. All messages are counted, and the hashes of the container and of the floor are compared.
 */
export const scale: Suite = async (report, wants) => {
  if (wants("a million agents that step")) await stepping(report);
  if (wants("a million agents that sleep")) await sleeping(report);
  if (wants(`${SPREAD_AGENTS.toLocaleString("en")} agents over ${PROCESSES} processes`)) await spread(report);
  if (wants("1,000 due agents among sleepers")) await due(report);
};

async function stepping(report: (figure: Figure) => void): Promise<void> {
  const series = new Series();
  const what = "a million agents that step";
  for (let i = 0; i < POPULATIONS; i++) {
    const own = start("step", MILLION, 0);
    const floorProgram = [
      `--max-old-space-size=${HEAP_MIB}`,
      compiled("floors/agent-steps.ts"),
      "step",
      String(MILLION),
    ];
    const least = new Lines([process.execPath, ...floorProgram]);
    try {
      await least.read();
      series.time(`${what}, spawn`, MILLION, await own.ask({ do: "spawn" }));
      const started = await own.ask<Done>({ do: "start" });
      series.time(`${what}, setup`, MILLION, started);
      memory(series, what, MILLION, started);
      for (let step = 0; step <= STEPS; step++) {
        const ours = await own.ask<Done>({ do: "steps" });
        const theirs = await least.ask<Done>({ steps: 1 });
        for (const { messages } of [ours, theirs]) {
          if (messages !== MILLION) throw new Error(`${messages} messages in place of ${MILLION}`);
        }
        if (step > 0) series.time(`${what}, step`, MILLION, ours, theirs);
      }
      const hashed = await own.ask<Done>({ do: "hash" });
      const { traceHash } = await least.ask<Done>({ hash: true });
      if (hashed.traceHash !== traceHash) throw new Error("the floor has not done what the container has done");
      series.time(`${what}, trace hash`, MILLION, hashed);
      series.time(`${what}, close`, MILLION, await own.ask({ do: "close" }));
    } finally {
      own.end();
      least.end();
    }
  }
  series.report(report, (name) => (name.includes(", step") ? "the floor" : "itself"));
}

async function sleeping(report: (figure: Figure) => void): Promise<void> {
  const series = new Series();
  const what = "a million agents that sleep";
  for (let i = 0; i < POPULATIONS; i++) {
    const own = start("asleep", MILLION, 0);
    try {
      series.time(`${what}, spawn`, MILLION, await own.ask({ do: "spawn" }));
      const started = await own.ask<Done>({ do: "start" });
      series.time(`${what}, setup`, MILLION, started);
      memory(series, what, MILLION, started);
      series.time(`${what}, trace hash`, MILLION, await own.ask({ do: "hash" }));
      series.time(`${what}, close`, MILLION, await own.ask({ do: "close" }));
    } finally {
      own.end();
    }
  }
  series.report(report, () => "itself");
}

async function spread(report: (figure: Figure) => void): Promise<void> {
  const series = new Series();
  const what = `${SPREAD_AGENTS.toLocaleString("en")} agents over ${PROCESSES} processes`;
  for (let i = 0; i < POPULATIONS; i++) {
    const own = start("step", SPREAD_AGENTS, PROCESSES);
    try {
      series.time(`${what}, spawn each`, ONE_BY_ONE, await own.ask({ do: "spawn", one: ONE_BY_ONE }));
      series.time(`${what}, spawn in a group`, SPREAD_AGENTS - ONE_BY_ONE, await own.ask({ do: "spawn" }));
      const started = await own.ask<Done>({ do: "start" });
      series.time(`${what}, setup`, SPREAD_AGENTS, started);
      series.add(`${what}, memory of all processes for an agent`, "B", started.rssBytes! / SPREAD_AGENTS);
      for (let step = 0; step <= STEPS; step++) {
        const done = await own.ask<Done>({ do: "steps" });
        if (done.messages !== SPREAD_AGENTS) throw new Error(`${done.messages} messages in place of ${SPREAD_AGENTS}`);
        if (step > 0) series.time(`${what}, step`, SPREAD_AGENTS, done);
      }
      series.time(`${what}, trace hash`, SPREAD_AGENTS, await own.ask({ do: "hash" }));
      series.time(`${what}, close`, SPREAD_AGENTS, await own.ask({ do: "close" }));
    } finally {
      own.end();
    }
  }
  series.report(report, () => "itself");
}

async function due(report: (figure: Figure) => void): Promise<void> {
  const series = new Series();
  const many = start("due", MILLION, 0);
  const few = start("due", DUE, 0);
  const [amongMany, amongFew] = [many, few].map((lines) => async () => {
    const done = await lines.ask<Done>({ do: "steps", steps: DUE_STEPS });
    if (done.messages !== DUE * DUE_STEPS) throw new Error(`${done.messages} messages in place of ${DUE * DUE_STEPS}`);
    return done;
  }) as [() => Promise<Done>, () => Promise<Done>];
  try {
    for (const lines of [many, few]) {
      await lines.ask({ do: "spawn" });
      await lines.ask({ do: "start" });
    }
    for (let round = 0; round <= DUE_ROUNDS; round++) {
      const theirs = await amongFew();
      const ours = await amongMany();
      if (round > 0) series.time("1,000 due agents among sleepers, a million of them", DUE * DUE_STEPS, ours, theirs);
    }
  } finally {
    many.end();
    few.end();
  }
  series.report(report, () => "as many sleepers");
}

function memory(series: Series, what: string, agents: number, { heapBytes = 0, rssBytes = 0 }: Done): void {
  series.add(`${what}, heap of one`, "B", heapBytes / agents);
  series.add(`${what}, memory of the process for one`, "B", rssBytes / agents);
}
