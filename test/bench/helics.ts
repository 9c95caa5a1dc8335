import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { HelicsIsolation } from "../../adapters/helics/index.ts";
import { pythonEnvironment } from "../support/python.ts";
import { figure, type Suite } from "./figure.ts";
import { values } from "./peers/helics-load.ts";
import { compiled, program } from "./programs.ts";

const ROUNDS = 5;
const FEDERATES = [2, 4, 8];
const STEPS = 5000;
/** Messages of agents in one grant and direction, and grants: what Python sends one by one takes long, from the first on. */
const MESSAGES = [
  { messages: 100, grants: 3000, inPython: 500 },
  { messages: 1000, grants: 200, inPython: 30 },
  { messages: 10_000, grants: 20, inPython: 2 },
] as const;

const IN_PYTHON = program("peers/helics_load.py");
const OURS = compiled("peers/helics-load.ts");

/** Ports are not used twice: the last one is bound for a while. */
let port = 26_000 + (process.pid % 100) * 40;

interface Environment {
  readonly python: string;
  readonly library: string;
  readonly broker: string;
}

async function environmentOf(): Promise<Environment> {
  const { python, reason } = await pythonEnvironment("helics");
  if (python === undefined) throw new Error(reason);
  const look =
    "import helics, helics_apps, os; print(os.path.dirname(helics.__file__)); print(os.path.dirname(helics_apps.__file__))";
  const [package_ = "", apps = ""] = execFileSync(python, ["-c", look], { encoding: "utf8" }).trim().split("\n");
  const library = join(package_, "install/lib64/libhelics.so.3");
  return { python, library, broker: join(apps, "data/bin/helics_broker") };
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

/**
 * Whose federates are measured, ours by where their HELICS is: each is a program of its own. `python-one`: those in Python, kept
 * to one processor each from outside, as the threads of HELICS are in ours.
 */
type Side = HelicsIsolation | "python" | "python-one";

/** As `cosimas federate` runs them, and as a program has them by default. */
const OURS_IN: readonly (readonly [side: HelicsIsolation, name: string])[] = [
  ["inline", ""],
  ["process", ", HELICS in a process of its own"],
];

/** Wall seconds of the slowest of several federates, and what they got together. */
async function inPrograms(
  { python, library }: Environment,
  side: Side,
  what: string,
  args: readonly (readonly string[])[],
): Promise<[seconds: number, got: number]> {
  const each = args.map(async (own, number) => {
    const inPython = [python, IN_PYTHON, what, ...own];
    const onOne = ["taskset", "-c", String(number % availableParallelism()), ...inPython];
    const inOurs = [process.execPath, ...process.execArgv, OURS, what, side, library, ...own];
    const [command, ...rest] = side === "python" ? inPython : side === "python-one" ? onOne : inOurs;
    const child = spawn(command!, rest, { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`a federate (${side}) ended with ${code}`);
    return text.trim().split("\n").at(-1)!.split(" ").map(Number) as [number, number];
  });
  const all = await Promise.all(each);
  return [Math.max(...all.map(([seconds]) => seconds)), all.reduce((sum, [, got]) => sum + got, 0)];
}

/** Grants a second over all federates: each publishes a number and gets that of the next one. */
function grants(environment: Environment, side: Side, count: number): Promise<number> {
  return withBroker(environment, count, async (broker) => {
    const args = ring(count).map(([name, other]) => [broker, name, other, String(STEPS)]);
    const [seconds] = await inPrograms(environment, side, "values", args);
    return (count * STEPS) / seconds;
  });
}

/** The same of as many federates of one program. */
function grantsOfOne(environment: Environment, count: number): Promise<number> {
  return withBroker(environment, count, async (broker) => {
    const [seconds] = await values("process", environment.library, broker, ring(count), STEPS);
    return (count * STEPS) / seconds;
  });
}

/** Messages a second that arrive at the other side, both directions together. */
function messagesOf(environment: Environment, side: Side, messages: number, steps: number): Promise<number> {
  return withBroker(environment, 2, async (broker) => {
    const args = ring(2).map(([name, other]) => [broker, name, other, String(steps), String(messages)]);
    const [seconds, got] = await inPrograms(environment, side, "messages", args);
    return got / seconds;
  });
}

function ring(count: number): [name: string, other: string][] {
  return Array.from({ length: count }, (_, i) => [`f${i}`, `f${(i + 1) % count}`]);
}

type Measured = readonly [name: string, run: () => Promise<number>];

/** Several measured against one baseline, in turn. */
async function compare(
  [report, wants]: Parameters<Suite>,
  unit: string,
  baseline: string,
  all: readonly Measured[],
  base: () => Promise<number>,
): Promise<void> {
  const measured = all.filter(([name]) => wants(name));
  if (measured.length === 0) return;
  const ours = measured.map((): number[] => []);
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, [, run]] of measured.entries()) ours[i]!.push(await run());
    theirs.push(await base());
  }
  for (const [i, [name]] of measured.entries()) report(figure(name, unit, baseline, ours[i]!, theirs));
}

/** Grants of federates of ours against the same in Python, over one broker each. */
export const helicsGrants: Suite = async (...told) => {
  const environment = await environmentOf();
  for (const count of FEDERATES) {
    const measured: Measured[] = [
      ...OURS_IN.map(
        ([side, how]): Measured => [
          `${count} federates, a number out and in${how}`,
          () => grants(environment, side, count),
        ],
      ),
      [`${count} federates in one program`, () => grantsOfOne(environment, count)],
      [`${count} federates in Python, each on one processor`, () => grants(environment, "python-one", count)],
    ];
    await compare(told, "grants/s", "the same in Python", measured, () => grants(environment, "python", count));
  }
};

/** Messages of agents of two populations against Python federates that send them one by one. */
export const helicsMessages: Suite = async (...told) => {
  const environment = await environmentOf();
  for (const { messages, grants: steps, inPython } of MESSAGES) {
    const name = `two populations, ${messages} agent messages a grant`;
    const measured = OURS_IN.map(
      ([side, how]): Measured => [`${name}${how}`, () => messagesOf(environment, side, messages, steps)],
    );
    const base = () => messagesOf(environment, "python", messages, inPython);
    await compare(told, "messages/s", "Python federates that send them one by one", measured, base);
  }
};
