import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { endWithUs, within } from "../../../src/cosim/index.ts";

/** Wall time that a process has after SIGTERM, in milliseconds; then it is killed. */
const TERM_MS_MAX = 2000;

/** Last lines of what a process wrote that an error shows, and characters of each. */
const TAIL_LINES_MAX = 12;
const LINE_CHARS_MAX = 500;

/** How to start a process. */
export interface ProcessOptions {
  readonly cwd: string | undefined;
  /** Added to this process's environment. */
  readonly env: Readonly<Record<string, string>> | undefined;
  /** Told every line of its standard output and error. */
  readonly onLine: (line: string) => void;
}

/** The process of a simulator. */
export class SimulatorProcess {
  /** Resolves, never rejects, when it has ended, or did not start. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #tail: string[] = [];
  #ending: string | undefined;

  constructor([program, ...args]: readonly string[], { cwd, env, onLine }: ProcessOptions) {
    const child = spawn(program!, args, {
      ...(cwd !== undefined && { cwd }),
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    const hasEnded = endWithUs(child);
    for (const stream of [child.stdout, child.stderr]) {
      readLines(stream!, (line) => {
        const cut = line.length <= LINE_CHARS_MAX ? line : `${line.slice(0, LINE_CHARS_MAX - 1)}…`;
        if (this.#tail.push(cut) > TAIL_LINES_MAX) this.#tail.shift();
        onLine(line);
      });
    }
    // Closed, not only exited: its last lines have been read.
    this.ended = once(child, "close").then(
      ([code, signal]) => {
        this.#ending = signal === null ? `its process ended with code ${code}` : `its process was ended by ${signal}`;
      },
      (error: Error) => {
        this.#ending = `its process did not start: ${error.message}`;
      },
    );
    void this.ended.then(hasEnded);
  }

  /** How it has ended, with the last lines that it wrote; undefined while it lives. */
  get ending(): string | undefined {
    if (this.#ending === undefined) return undefined;
    const said = this.#tail.length === 0 ? "" : `; it wrote last:\n${this.#tail.join("\n")}`;
    return this.#ending + said;
  }

  /**
   * Wait until it has ended: for `graceMs` by itself, then by SIGTERM, then it is killed. Once it has exited, what others
   * keep open of its output is not waited for.
   */
  async end(graceMs: number): Promise<void> {
    const exited = this.#child.exitCode !== null || this.#child.signalCode !== null;
    if (exited || this.#child.pid === undefined) return;
    const exit = once(this.#child, "exit");
    exit.catch(() => {});
    if (await within(exit, graceMs)) return;
    this.#child.kill("SIGTERM");
    if (await within(exit, TERM_MS_MAX)) return;
    this.#child.kill("SIGKILL");
    await exit;
  }
}

/** Longest line, in characters; a longer one is told in parts. */
const PART_CHARS_MAX = 65_536;

/** Tell every line of `stream`, which is UTF-8, without its end; also the last one, if it has none. */
function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  stream.on("data", (bytes: Buffer) => {
    const lines = (rest + decoder.write(bytes)).split("\n");
    rest = lines.pop()!;
    for (const line of lines) onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
    if (rest.length <= PART_CHARS_MAX) return;
    onLine(rest);
    rest = "";
  });
  stream.on("end", () => {
    rest += decoder.end();
    if (rest !== "") onLine(rest);
  });
}
