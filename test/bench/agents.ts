import { pythonEnvironment } from "../support/python.ts";
import { figure, type Suite } from "./figure.ts";
import { Lines } from "./peer.ts";
import { compiled, program } from "./programs.ts";

/** Rounds in which ours and the others are measured in turn, after one that does not count. */
const ROUNDS = 5;

/** Agent-steps of one measurement, at least one step. */
const OUR_AGENT_STEPS = 500_000;
const PYTHON_AGENT_STEPS = 20_000;

const SIZES = [10, 1_000, 10_000, 100_000, 1_000_000];
/** A step of mango with 100,000 agents takes three seconds, setting them up ten times that. */
const PYTHON_AGENTS_MAX = 10_000;
const CALLS = 100_000;
const PYTHON_CALLS = 5_000;
/** One million suspended loops are more than the heap of a program that says nothing about it. */
const HEAP_MIB = 12_288;

interface Measured {
  readonly wallMs: number;
  readonly cpuUs: number;
  readonly done: number;
  readonly messages: number;
}

type Kind = "step" | "sleep" | "idle" | "asleep" | "call";

/** A population in a process of its own; see peers/population.ts. */
class Population {
  readonly name: string;
  readonly #lines: Lines;
  readonly #kind: Kind;
  readonly #agents: number;
  readonly #steps: number;
  bytesPerAgent = 0;
  /** Wall nanoseconds of each agent-step or call, by round. */
  readonly ns: number[] = [];
  /** The same of CPU. */
  readonly cpuNs: number[] = [];

  constructor(name: string, command: readonly string[], kind: Kind, agents: number, steps: number) {
    this.name = name;
    this.#kind = kind;
    this.#agents = agents;
    this.#steps = steps;
    this.#lines = new Lines(command);
  }

  async populate(): Promise<void> {
    const { bytes } = await this.#lines.read<{ bytes: number }>();
    this.bytesPerAgent = bytes / this.#agents;
  }

  /** Measure once; the work is counted. */
  async measure(): Promise<void> {
    const { wallMs, cpuUs, done, messages } = await this.#lines.ask<Measured>({ steps: this.#steps });
    const work = this.#kind === "call" ? this.#steps : this.#steps * this.#agents;
    const timers = this.#kind === "call" ? 0 : work;
    if (messages !== work || done < timers) {
      throw new Error(`${this.name} has made ${done} steps and ${messages} messages instead of ${work}`);
    }
    this.ns.push((wallMs * 1e6) / work);
    this.cpuNs.push((cpuUs * 1e3) / work);
  }

  /** Hash over all that was delivered. */
  async traceHash(): Promise<string> {
    return (await this.#lines.ask<{ traceHash: string }>({ hash: true })).traceHash;
  }

  end(): void {
    this.#lines.end();
  }
}

interface Ours {
  /** Processes of a platform; 0: a container. */
  readonly containers?: number;
  readonly trace?: "hash" | "off";
  readonly node?: readonly string[];
}

function ours(kind: Kind, agents: number, { containers = 0, trace = "hash", node = [] }: Ours = {}): Population {
  const options = ["--expose-gc", `--max-old-space-size=${HEAP_MIB}`, ...node, ...process.execArgv];
  const args = [compiled("peers/population.ts"), kind, String(agents), String(containers), trace];
  const steps = kind === "call" ? CALLS : Math.ceil(OUR_AGENT_STEPS / agents);
  return new Population("cosimas", [process.execPath, ...options, ...args], kind, agents, steps);
}

function python(name: string, interpreter: string, kind: Kind, agents: number): Population {
  const command = [interpreter, program(`peers/${name}_population.py`), kind, String(agents)];
  const steps = kind === "call" ? PYTHON_CALLS : Math.ceil(PYTHON_AGENT_STEPS / agents);
  return new Population(name, command, kind, agents, steps);
}

/** Populations that live side by side and end together. */
async function together(populations: readonly Population[], look: () => Promise<void> | void): Promise<void> {
  try {
    for (const population of populations) await population.populate();
    await look();
  } finally {
    for (const population of populations) population.end();
  }
}

/** Measure all in turn: a round of the first, which is ours, then of each of the others, and so on. */
async function inTurn(populations: readonly Population[]): Promise<void> {
  for (let round = 0; round <= ROUNDS; round++) {
    for (const population of populations) await population.measure();
  }
  for (const { ns, cpuNs } of populations) {
    ns.shift(); // the first does not count
    cpuNs.shift();
  }
}

/** The least that the same could cost; see floors/agent-steps.ts. */
function floor(kind: Kind, agents: number): Population {
  const command = [
    process.execPath,
    `--max-old-space-size=${HEAP_MIB}`,
    ...process.execArgv,
    compiled("floors/agent-steps.ts"),
    kind,
    String(agents),
  ];
  const steps = kind === "call" ? CALLS : Math.ceil(OUR_AGENT_STEPS / agents);
  return new Population("the floor", command, kind, agents, steps);
}

/**
 * Agents of one container, and of platforms of processes, beside those of mango and aiomas on external clocks: an
 * agent-step is a timer and a message to a neighbour, which has to have arrived when the step is over. mango's agents have a
 * periodic task, those of aiomas a loop with a sleep. aiomas's `set_time` does not wait for anybody, so its step is over
 * when all messages have come.
 */
export const agents: Suite = async (report, wants) => {
  const others: [string, string][] = [];
  for (const name of ["mango", "aiomas"] as const) {
    const { python: interpreter, reason } = await pythonEnvironment(name);
    if (interpreter === undefined) console.error(`without ${name}: ${reason}`);
    else others.push([name, interpreter]);
  }
  const peers = (kind: Kind, size: number, without: readonly string[] = []) =>
    size > PYTHON_AGENTS_MAX
      ? []
      : others
          .filter(([name]) => !without.includes(name))
          .map(([name, interpreter]) => python(name, interpreter, kind, size));
  const compare = (what: string, [own, ...rest]: readonly Population[]) => {
    for (const other of rest.length === 0 ? [own!] : rest) {
      report(figure(what, "ns", other.name, own!.ns, other.ns));
      report(figure(`${what}, CPU`, "ns", other.name, own!.cpuNs, other.cpuNs));
    }
  };
  const measure = async (what: string, all: readonly Population[], same: boolean) => {
    await together(all, async () => {
      await inTurn(all);
      if (!same) return;
      const [own, least] = await Promise.all([all[0]!.traceHash(), all.at(-1)!.traceHash()]);
      if (own !== least) throw new Error(`${what}: the floor has not done what the container has done`);
    });
    compare(what, all);
  };
  /** @param more - Beside ours; started only if they are wanted. */
  const steps = async (what: string, kind: "step" | "sleep", size: number, own: Ours = {}) => {
    const title = `agent-step by ${what}, ${size.toLocaleString("en")} agents`;
    if (!wants(title)) return;
    const same = own.containers === undefined && own.trace === undefined;
    await measure(title, [ours(kind, size, own), ...peers("step", size), floor(kind, size)], same);
  };

  for (const size of SIZES) await steps("callback", "step", size);
  for (const size of SIZES.slice(1, 4)) await steps("sleep", "sleep", size);
  for (const size of SIZES.slice(2, 4)) await steps("callback, no trace", "step", size, { trace: "off" });
  await steps("sleep, --max-semi-space-size=64", "sleep", 100_000, { node: ["--max-semi-space-size=64"] });
  for (const containers of [1, 2, 4]) await steps(`callback, ${containers} processes`, "step", 10_000, { containers });
  const call = "awaited call between two agents, two rounds";
  // mango has messages, no calls
  if (wants(call)) await measure(call, [ours("call", 2), ...peers("call", 2, ["mango"]), floor("call", 2)], true);

  for (const kind of ["idle", "asleep"] as const) {
    for (const size of [10_000, 100_000]) {
      if (!wants(`memory of an agent that is ${kind}`)) continue;
      const all = [ours(kind, size), ...(kind === "idle" ? peers("idle", size) : [])];
      await together(all, () => {
        const [own, ...rest] = all.map(({ bytesPerAgent }) => [bytesPerAgent]);
        for (const [i, other] of (rest.length === 0 ? [own!] : rest).entries()) {
          const name = all[i + 1]?.name ?? "itself";
          report(figure(`memory of an agent that is ${kind}, of ${size.toLocaleString("en")}`, "B", name, own!, other));
        }
      });
    }
  }
};
