import { constants } from "node:os";
import { RunError } from "../errors.ts";
import { every } from "../wall.ts";
import { EXIT_SIGNAL } from "./errors.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Lets the user end a run: the first SIGINT or SIGTERM aborts {@link signal}, the second ends the process. */
export class Interrupt {
  readonly #controller = new AbortController();
  readonly #onSignal: (name: NodeJS.Signals) => void;
  #exitCode: number | undefined;
  #name: string | undefined;

  /**
   * @param onFirst - Told that the run is being ended.
   * @param options - `passesOn`: another program passes signals on, which may have reached this one as well; it ends this process
   *   at the second.
   */
  constructor(onFirst: (name: NodeJS.Signals) => void, { passesOn = false } = {}) {
    this.#onSignal = (name) => {
      const code = EXIT_SIGNAL + constants.signals[name];
      if (this.#exitCode !== undefined) {
        if (passesOn) return;
        process.exit(code);
      }
      this.#exitCode = code;
      this.#name = name;
      onFirst(name);
      this.#controller.abort(new Error(`interrupted by ${name}`));
    };
    this.arm();
  }

  /** Hear signals. */
  arm(): void {
    this.disarm();
    for (const name of SIGNALS) process.on(name, this.#onSignal);
  }

  /** Let signals end the process. */
  disarm(): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What the user is told of a run that a signal has ended; undefined if none came. */
  told(): readonly string[] | undefined {
    return this.#name === undefined ? undefined : [`cosimas: interrupted by ${this.#name}`];
  }

  /** With what to exit if a signal came. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Nothing is to be interrupted any more. */
  release(): void {
    this.disarm();
  }
}

/**
 * Fail when nothing else can: at an error that nobody caught, or when the process has nothing left to do while the
 * run's promise is still open.
 *
 * @returns Ends the watch.
 */
export function lastResort(fail: (error: unknown) => void): () => void {
  const stuck = () => fail(new RunError("ERR_RUN_STUCK", "the run waits for something that can never happen"));
  process.on("uncaughtException", fail);
  process.on("beforeExit", stuck);
  return () => {
    process.off("uncaughtException", fail);
    process.off("beforeExit", stuck);
  };
}

/** Wall time between two looks, in milliseconds. */
const LOOK_MS = 250;

/**
 * Call `gone` once the process that started this one has ended: a signal that was meant for both may have reached only
 * that one, as `npx` and the shell that it starts do not pass SIGTERM on. Keeps no process alive.
 */
export function watchParent(gone: () => void): void {
  const parent = process.ppid;
  const stop = every(
    LOOK_MS,
    () => {
      if (process.ppid === parent) return;
      stop();
      gone();
    },
    { idle: true },
  );
}
