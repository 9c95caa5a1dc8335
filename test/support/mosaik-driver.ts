import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Log } from "cosimas";
import { defineSimulator } from "cosimas/mosaik";
import type { ScenarioPlan } from "./mosaik-arbitrary.ts";
import { ScriptSimulator } from "./mosaik-script.ts";

/** What a scenario made of a simulator: its calls in their order, each `[name, ...arguments, answer]`. */
export type CallLog = readonly (readonly unknown[])[];

/** What became of a scenario. */
export interface Played {
  /** Name and text of what mosaik raised. */
  readonly error: string | null;
  /** What mosaik logged as an error. */
  readonly errors: readonly string[];
  /** What the scenario saw: answers of extra methods, entities, data. */
  readonly seen: unknown;
  readonly logs: Readonly<Record<string, CallLog>>;
}

export type Language = "Python" | "TypeScript";

/** How mosaik is to play. */
export interface Staging {
  /** Without its faults that `mend` of the driver names, or without that of its cache. */
  readonly mended?: "all" | "cache" | undefined;
  /** With Python simulators that take each request some milliseconds late, by chance. */
  readonly late?: boolean;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Liveness only: a scenario takes a part of a second. */
const SCENARIO_MS_MAX = 60_000;

/** A process with real mosaik in it that plays scenarios, their simulators in either language. */
export class MosaikDriver {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  #stderr = "";
  /** Version of mosaik. */
  version = "";
  /** Where every master that connects gets a Python simulator of its own, see {@link pythonLogs}. */
  pythonAddress = "";

  private constructor(python: string) {
    // mosaik asks for attributes in the order of a set of texts.
    const env = { ...process.env, PYTHONHASHSEED: "0" };
    this.#process = spawn(python, ["test/support/mosaik_driver.py"], { cwd: root, env });
    this.#process.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-10_000);
    });
    this.#reader = createInterface(this.#process.stdout!);
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  static async start(python: string): Promise<MosaikDriver> {
    const driver = new MosaikDriver(python);
    const { mosaik, python: address } = (await driver.#answer()) as { mosaik: string; python: string };
    driver.version = mosaik;
    driver.pythonAddress = address;
    return driver;
  }

  async close(): Promise<void> {
    const ended = once(this.#process, "close");
    this.#process.stdin!.end();
    this.#process.kill("SIGKILL");
    this.#reader.close();
    await ended;
  }

  /**
   * Play a scenario; TypeScript simulators are served by this process, each at a port of its own.
   *
   * @param language - By the index of the simulator.
   */
  async play(scenario: ScenarioPlan, language: (index: number) => Language, staging: Staging = {}): Promise<Played> {
    const logs: Record<string, CallLog> = {};
    const served: Promise<void>[] = [];
    const starters: Record<string, unknown> = {};
    for (const [index, { sid }] of scenario.sims.entries()) {
      starters[sid] = null;
      if (language(index) === "Python") continue;
      const simulator = new ScriptSimulator();
      logs[sid] = simulator.log as CallLog;
      const { address, ended } = await listen(simulator);
      starters[sid] = { connect: address };
      served.push(ended);
    }
    const played = await this.ask(scenario, starters, staging);
    const failures = (await Promise.allSettled(served)).filter((end) => end.status === "rejected");
    const errors = [...played.errors, ...failures.map(({ reason }) => `simulator: ${String(reason)}`)];
    return { ...played, errors, logs: { ...logs, ...played.logs } };
  }

  /**
   * Play a scenario.
   *
   * @param starters - By simulator, what mosaik's `sim_config` takes, or null for a Python simulator of the driver's.
   */
  async ask(
    scenario: ScenarioPlan,
    starters: Readonly<Record<string, unknown>>,
    staging: Staging = {},
  ): Promise<Played> {
    this.#process.stdin!.write(`${pythonJson({ scenario, starters, ...staging })}\n`);
    return (await this.#answer()) as Played;
  }

  /** What the Python simulators have written down since the last scenario, by simulator. */
  async pythonLogs(): Promise<Readonly<Record<string, CallLog>>> {
    this.#process.stdin!.write('{"logs": true}\n');
    return (await this.#answer()) as Readonly<Record<string, CallLog>>;
  }

  async #answer(): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer in ${SCENARIO_MS_MAX} ms: ${this.#stderr}`)),
        SCENARIO_MS_MAX,
      );
    });
    try {
      const { value, done } = await Promise.race([this.#lines.next(), late]);
      if (done === true) throw new Error(`the driver has ended: ${this.#stderr}`);
      return JSON.parse(value);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Serve a simulator to the first master that connects. */
export async function listen(simulator: ScriptSimulator): Promise<{ address: string; ended: Promise<void> }> {
  const { serve } = defineSimulator(() => simulator);
  let ended: Promise<void> = Promise.resolve();
  const address = await new Promise<string>((resolve, reject) => {
    const log: Log = (_level, text) => {
      const port = /waiting for mosaik at .*:(\d+)$/.exec(typeof text === "string" ? text : text())?.[1];
      if (port !== undefined) resolve(`127.0.0.1:${port}`);
    };
    const options = { remote: true, insecure: false, timeoutMs: SCENARIO_MS_MAX, parameters: {} };
    ended = serve({ ...options, address: "tcp://127.0.0.1:0", log });
    ended.catch(reject);
  });
  return { address, ended };
}

/** JSON as Python reads it, with bare NaN and integers of any size. */
export function pythonJson(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? JSON.stringify(value) : String(value);
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const fields = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${pythonJson(item)}`).join(",")}}`;
}
