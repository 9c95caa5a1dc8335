import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Federate, federatePopulation } from "../../adapters/helics/index.ts";
import { Agent } from "../../src/index.ts";
import { pythonEnvironment } from "../support/python.ts";
import { figure, type Suite } from "./figure.ts";

const ROUNDS = 3;
const FEDERATES = [2, 4, 8];
const STEPS = 1000;
/** Messages of agents in one grant and direction, and grants: what Python sends one by one takes long. */
const MESSAGES = [
  { messages: 100, grants: 100 },
  { messages: 1000, grants: 30 },
  { messages: 10_000, grants: 2 },
] as const;
const AGENTS = 100;

const LOAD = fileURLToPath(new URL("peers/helics_load.py", import.meta.url));

/** Ports are not used twice: the last one is bound for a while. */
let port = 26_000 + (process.pid % 100) * 40;

interface Environment {
  readonly python: string;
  readonly library: string;
  readonly broker: string;
}

/** Run with a broker of its own. */
async function withBroker<T>(
  { broker }: Environment,
  federates: number,
  run: (address: string) => Promise<T>,
): Promise<T> {
  port += 40;
  const child: ChildProcess = spawn(broker, ["-f", String(federates), `--port=${port}`], { stdio: "ignore" });
  try {
    return await run(`tcp://127.0.0.1:${port}`);
  } finally {
    child.kill("SIGKILL");
  }
}

/** Wall seconds of the slowest of several federates in Python, and what they got together. */
async function inPython({ python }: Environment, args: readonly (readonly string[])[]): Promise<[number, number]> {
  const each = args.map(async (own) => {
    const child = spawn(python, [LOAD, ...own], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`Python ended with ${code}`);
    return text.trim().split(" ").map(Number) as [number, number];
  });
  const all = await Promise.all(each);
  return [Math.max(...all.map(([seconds]) => seconds)), all.reduce((sum, [, got]) => sum + got, 0)];
}

/** Grants a second over all federates: each publishes a number and gets that of the next one. */
function valuesInPython(environment: Environment, count: number): Promise<number> {
  return withBroker(environment, count, async (broker) => {
    const args = names(count).map((name, i) => ["values", broker, name, names(count)[(i + 1) % count]!, String(STEPS)]);
    const [seconds] = await inPython(environment, args);
    return (count * STEPS) / seconds;
  });
}

function valuesOfOurs({ library, ...environment }: Environment, count: number): Promise<number> {
  return withBroker({ library, ...environment }, count, async (broker) => {
    const options = { library, broker, periodS: 1, uninterruptible: true, connectTimeoutMs: 60_000 };
    const federates = await Promise.all(
      names(count).map((name, i) =>
        Federate.join(name, options, {
          publications: [{ key: `${name}/x`, type: "double" }],
          inputs: [{ key: "x", target: `${names(count)[(i + 1) % count]}/x`, type: "double" }],
          endpoints: [],
        }),
      ),
    );
    await Promise.all(federates.map((federate) => federate.initialize()));
    await Promise.all(federates.map((federate) => federate.execute()));
    const start = performance.now();
    const got = await Promise.all(
      federates.map(async (federate) => {
        let values = 0;
        for (let step = 1; step <= STEPS; step++) {
          values += (await federate.requestTime(step, { publish: [[0, step]], send: [] })).inputs.length;
        }
        return values;
      }),
    );
    const seconds = (performance.now() - start) / 1000;
    if (got.some((values) => values < STEPS - 2)) throw new Error(`too few values came: ${got}`);
    await Promise.all(federates.map((federate) => federate.leave()));
    return (count * STEPS) / seconds;
  });
}

/** Sends messages to its peer of the other population in every second. */
class Sender extends Agent {
  static override readonly exposed = ["take"] as const;
  readonly #peer: string;
  readonly #each: number;

  constructor(peer: string, each: number) {
    super();
    this.#peer = peer;
    this.#each = each;
  }

  override setup(): void {
    this.#send();
  }

  take(_value: number): void {}

  #send(): void {
    for (let i = 0; i < this.#each; i++) this.send(this.#peer, "take", [0.123456789 + i]);
    this.clock.callIn(1, () => this.#send());
  }
}

/** Messages a second that arrive at agents of the other population, both directions together. */
function messagesOfOurs({ library, ...environment }: Environment, messages: number, grants: number): Promise<number> {
  return withBroker({ library, ...environment }, 2, async (broker) => {
    let startMs = 0;
    const options = { library, broker, connectTimeoutMs: 60_000, delayS: 1, untilS: grants + 1 };
    const summaries = await Promise.all(
      [0, 1].map((own) =>
        federatePopulation({
          ...{ ...options, name: `r${own}`, peers: [`r${1 - own}`] },
          log: (level, text) => {
            // The first grant; starting processes is no part of it.
            if (level === "trace" && startMs === 0 && typeof text === "function") startMs = performance.now();
          },
          populate(home) {
            for (let i = 0; i < AGENTS; i++) {
              home.spawn(Sender, { id: `r${own}/a${i}`, args: [`r${1 - own}/a${i}`, messages / AGENTS] });
            }
          },
        }),
      ),
    );
    const received = summaries.reduce((sum, summary) => sum + summary.received, 0);
    if (received < 2 * messages * (grants - 1)) throw new Error(`only ${received} messages came`);
    return received / ((performance.now() - startMs) / 1000);
  });
}

function messagesInPython(environment: Environment, messages: number, grants: number): Promise<number> {
  return withBroker(environment, 2, async (broker) => {
    const args = [0, 1].map((own) => ["messages", broker, `r${own}`, `r${1 - own}`, String(grants), String(messages)]);
    const [seconds, got] = await inPython(environment, args);
    return got / seconds;
  });
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `f${i}`);
}

/** Federates of ours against the same in Python, over one broker each, in turn. */
export const helics: Suite = async (report) => {
  const { python, reason } = await pythonEnvironment("helics");
  if (python === undefined) throw new Error(reason);
  const look =
    "import helics, helics_apps, os; print(os.path.dirname(helics.__file__)); print(os.path.dirname(helics_apps.__file__))";
  const [package_ = "", apps = ""] = execFileSync(python, ["-c", look], { encoding: "utf8" }).trim().split("\n");
  const library = join(package_, "install/lib64/libhelics.so.3");
  const environment = { python, library, broker: join(apps, "data/bin/helics_broker") };
  const compare = async (
    name: string,
    unit: string,
    baseline: string,
    run: () => Promise<number>,
    base: () => Promise<number>,
  ) => {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await run());
      theirs.push(await base());
    }
    report(figure(name, unit, baseline, ours, theirs));
  };
  for (const count of FEDERATES) {
    await compare(
      `${count} federates, a number out and in`,
      "grants/s",
      "the same in Python",
      () => valuesOfOurs(environment, count),
      () => valuesInPython(environment, count),
    );
  }
  for (const { messages, grants } of MESSAGES) {
    await compare(
      `two populations, ${messages} agent messages a grant`,
      "messages/s",
      "Python federates that send them one by one",
      () => messagesOfOurs(environment, messages, grants),
      () => messagesInPython(environment, messages, grants),
    );
  }
};
