import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("aiomas_peer.py", import.meta.url));

/** Wall time that an answer may take, in milliseconds; a machine under load needs some. */
const ANSWER_MS_MAX = 60_000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** What Python raised; a RemoteException's message is what the other side sent. */
export class PythonError extends Error {
  /** Name of the exception's class. */
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** A process with real aiomas that does what it is told; `aiomas_peer.py` has the orders. */
export class AiomasPeer {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #stderr = "";
  #lastId = 0;

  /** @param python - An interpreter that has aiomas. */
  constructor(python: string) {
    const environment = { ...process.env, PYTHONDONTWRITEBYTECODE: "1", PYTHONWARNINGS: "ignore" };
    this.#child = spawn(python, ["-u", PROGRAM], { stdio: "pipe", env: environment });
    createInterface({ input: this.#child.stdout! }).on("line", (line) => this.#answered(line));
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.#child.stdin!.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      this.#child.on("close", () => {
        for (const { reject } of this.#waiting.values()) reject(new Error(`Python ended: ${this.#stderr}`));
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** Tell it to do something. @throws PythonError for what it raised; Error if it ends or takes too long. */
  async tell<T = unknown>(order: string, details: object = {}): Promise<T> {
    const id = ++this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#child.stdin!.write(`${JSON.stringify({ id, do: order, ...details })}\n`);
    const late = setTimeout(() => {
      this.#waiting.get(id)?.reject(new Error(`Python has not answered ${order}: ${this.#stderr}`));
    }, ANSWER_MS_MAX);
    try {
      return (await answer) as T;
    } finally {
      clearTimeout(late);
      this.#waiting.delete(id);
    }
  }

  /** End it at once, as a crash does; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  #answered(line: string): void {
    const { id, ok, error } = JSON.parse(line) as { id: number; ok: unknown; error?: [string, string] };
    if (error === undefined) this.#waiting.get(id)?.resolve(ok);
    else this.#waiting.get(id)?.reject(new PythonError(...error));
  }
}
