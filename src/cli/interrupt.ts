import { constants } from "node:os";
import { EXIT_SIGNAL } from "./exit-code.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Lets the user end a run: the first SIGINT or SIGTERM aborts {@link signal}, the second ends the process. */
export class Interrupt {
  readonly #controller = new AbortController();
  readonly #onSignal: (name: NodeJS.Signals) => void;
  #exitCode: number | undefined;

  /** @param onFirst - Told that the run is being ended. */
  constructor(onFirst: (name: string) => void) {
    this.#onSignal = (name) => {
      const code = EXIT_SIGNAL + constants.signals[name];
      if (this.#exitCode !== undefined) process.exit(code);
      this.#exitCode = code;
      onFirst(name);
      this.#controller.abort(new Error(`interrupted by ${name}`));
    };
    for (const name of SIGNALS) process.on(name, this.#onSignal);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** With what to exit if a signal came. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Let signals do what they do by default again. */
  release(): void {
    for (const name of SIGNALS) process.off(name, this.#onSignal);
  }
}
