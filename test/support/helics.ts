/** Real brokers of HELICS and federates in Python for tests, each a process of its own that the test ends. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "cosimas";
import { findLibrary } from "cosimas/helics";
import { onTestFinished } from "vitest";
import { pythonEnvironment } from "./python.ts";

/** A Python with `helics` and the paths of what it brings, or why there is none. */
export type HelicsEnvironment =
  | { readonly python: string; readonly library: string; readonly broker: string; readonly reason?: never }
  | { readonly reason: string; readonly python?: never; readonly library?: never; readonly broker?: never };

/** @param set - Of requirements: `helics`, or `helics-pandapower`. */
export async function helicsEnvironment(set = "helics"): Promise<HelicsEnvironment> {
  const environment = await pythonEnvironment(set);
  if (environment.reason !== undefined) return { reason: environment.reason };
  const { python } = environment;
  const look =
    "import helics, helics_apps, os; print(os.path.dirname(helics.__file__)); print(os.path.dirname(helics_apps.__file__))";
  const [helics = "", apps = ""] = execFileSync(python, ["-c", look], { encoding: "utf8" }).trim().split("\n");
  const library = await findLibrary(join(helics, "install/lib64/libhelics.so.3"));
  return { python, library, broker: join(apps, "data/bin/helics_broker") };
}

/** Ports that one broker may take after its own. Source: HELICS' guide: ZeroMQ takes some ten. */
const SPACE = 40;
const FIRST_PORT = 20_000;
const PORTS = 12_000;

/** A port below the ephemeral ones that no test process, nor anybody else, uses now; a used one cannot be bound again at once. */
export async function freePort(): Promise<number> {
  for (;;) {
    const slot = (process.pid * 7 + used++) % (PORTS / SPACE);
    const port = FIRST_PORT + slot * SPACE;
    if ((await isFree(port)) && (await isFree(port + 1)) && (await isFree(port + 2))) return port;
  }
}
let used = Math.trunc(performance.timeOrigin / 50);

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** A process of a test, its output, and its end. */
export interface Started {
  readonly child: ChildProcess;
  /** What it has printed. */
  readonly output: () => string;
  /** Its exit code, or its signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Until a line matches. */
  line(pattern: RegExp): Promise<void>;
}

/**
 * Start a process that is gone when the test is over.
 *
 * @param options - With `group` it leads a group of processes, as a command at a terminal does: a signal for -pid is for all.
 */
export function start(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  { group = false } = {},
): Started {
  const stdio = ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"];
  const child = spawn(command, args, { stdio, detached: group, env: { ...process.env, ...env } });
  let text = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      for (const look of waiting) look();
    });
  }
  const ended = once(child, "close").then(([code, signal]) => {
    for (const look of waiting) look();
    return (signal ?? code) as number | NodeJS.Signals;
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const line = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!pattern.test(text)) {
          if (child.exitCode === null && child.signalCode === null) return;
          reject(new Error(`it ended without ${pattern}: ${text}`));
        } else resolve();
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    });
  return { child, output: () => text, ended, line };
}

/** A broker, and where it is. */
export interface Broker extends Started {
  readonly address: string;
  readonly port: number;
  readonly coreType: string;
}

/** Start a broker for `federates` federates. */
export async function startBroker(
  { broker }: HelicsEnvironment,
  federates: number,
  { coreType = "zmq", options = [] }: { coreType?: string; options?: readonly string[] } = {},
): Promise<Broker> {
  const port = await freePort();
  // The queue of core type ipc has a name instead, one of its own on the machine.
  const queue = `cosimas_test_${process.pid}_${port}`;
  const isIpc = coreType === "ipc";
  const where = isIpc ? `--local_interface=${queue}` : `--port=${port}`;
  const args = ["-f", String(federates), where, `--coretype=${coreType}`, "--tick=500ms", "--timeout=3s"];
  const started = start(broker!, [...args, ...options]);
  return { ...started, address: isIpc ? queue : `tcp://127.0.0.1:${port}`, port, coreType };
}

/** The program of federates in Python. */
const PARTNER = fileURLToPath(new URL("./helics_partner.py", import.meta.url));

/** Start a federate in Python: one of the functions of `helics_partner.py`, with its keyword arguments. */
export function startPartner(
  { python }: HelicsEnvironment,
  { address, coreType }: Pick<Broker, "address" | "coreType">,
  what: string,
  args: Readonly<Record<string, unknown>> = {},
): Started {
  return start(python!, [PARTNER, what, JSON.stringify({ address, core_type: coreType, ...args })]);
}

/** A log that keeps what it is told. */
export function keptLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, log: (level, text) => void lines.push(`${level}: ${typeof text === "string" ? text : text()}`) };
}
