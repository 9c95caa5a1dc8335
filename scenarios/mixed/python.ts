/** The Python side: started, watched and ended by the scenario. */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("traders.py", import.meta.url));
const INSTALL = "aiomas==2.0.1 arrow msgpack";

/** Exit code of `traders.py` when a package is missing. */
const PACKAGE_MISSING = 3;

/** Wall milliseconds that Python may take to end by itself. */
const END_MS_MAX = 2000;

/** How much of what Python writes to its error output is kept, in characters. */
const SAID_MAX = 4000;

/** A process with `traders.py`; whoever starts it calls `end`. */
export class PythonTraders {
  readonly #python: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #said = "";
  #failure: Error | undefined;

  /** @param market - Where the market is, as `tcp://127.0.0.1:5555/market`. */
  constructor(python: string, market: string) {
    this.#python = python;
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1", PYTHONWARNINGS: "ignore" };
    this.#child = spawn(python, ["-u", PROGRAM, market], { stdio: ["pipe", "ignore", "pipe"], env });
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#said = (this.#said + text).slice(-SAID_MAX);
    });
    this.#child.stdin!.on("error", () => {}); // it has ended: `close` tells
    this.#child.on("error", (cause) => {
      this.#failure = new Error(`cannot start "${python}" (${cause.message}); name a Python by --python`, { cause });
    });
    this.#closed = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.once("close", (code) => {
      this.#failure ??= this.#whyEnded(code);
    });
  }

  /** @throws Error saying why, if Python has ended. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Why something failed: that Python has ended, if it has, or the error itself. */
  async reasonFor(error: unknown): Promise<unknown> {
    // A connection breaks before the process is gone.
    await Promise.race([this.#closed, new Promise((resolve) => setTimeout(resolve, 200))]);
    return this.#failure ?? error;
  }

  /** End it: its input ends, and if that does not help it is killed. Resolves when it is gone. */
  async end(): Promise<void> {
    this.#child.stdin!.end();
    const late = setTimeout(() => this.#child.kill("SIGKILL"), END_MS_MAX);
    await this.#closed;
    clearTimeout(late);
  }

  #whyEnded(code: number | null): Error {
    const said = this.#said.trim();
    if (code === PACKAGE_MISSING) {
      const install = `${this.#python} -m pip install ${INSTALL}`;
      return new Error(`"${this.#python}" has no package "${said}"; install what the Python side needs: ${install}`);
    }
    return new Error(`the Python side has ended with ${code ?? "a signal"}${said === "" ? "" : `:\n${said}`}`);
  }
}
