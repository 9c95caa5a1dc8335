/** The run did what it should. */
export const EXIT_FINE = 0;

/** The run failed, or its module could not be loaded. */
export const EXIT_FAILED = 1;

/** The command line is wrong: an unknown option, a bad value, no such scenario. */
export const EXIT_USAGE = 2;

/** Added to the number of the signal that ended the run, as shells do; SIGINT gives 130. */
export const EXIT_SIGNAL = 128;

/** The command line is wrong; `exitCode` says how the program ends. */
export class UsageError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "UsageError";
    this.code = code;
  }
}
