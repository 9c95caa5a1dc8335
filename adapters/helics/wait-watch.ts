import { after, wallMs } from "../../src/cosim/index.ts";

/** After how long somebody is told of a wait, in milliseconds. */
export interface WaitBounds {
  readonly warnMs: number;
  readonly lateMs: number;
}

/** What is done about a long wait. */
export interface WaitSteps {
  warn(what: string): void;
  /** The wait has had its time; `fail` ends it. */
  late(what: string, fail: (error: Error) => void): void;
}

interface Wait {
  readonly what: () => string;
  readonly sinceMs: number;
  readonly fail: (error: Error) => void;
  warned: boolean;
}

/**
 * Looks after waits that follow each other by the thousand: one timer for all of them, which is set again when it goes off,
 * instead of two for each.
 */
export class WaitWatch {
  readonly #bounds: WaitBounds;
  readonly #steps: WaitSteps;
  #wait: Wait | undefined;
  #cancel: (() => void) | undefined;

  constructor(bounds: WaitBounds, steps: WaitSteps) {
    this.#bounds = bounds;
    this.#steps = steps;
  }

  /** A wait begins; the one before has ended. */
  begin(what: () => string, fail: (error: Error) => void): void {
    this.#wait = { what, sinceMs: wallMs(), fail, warned: false };
    if (this.#cancel === undefined) this.#lookIn(this.#firstMs);
  }

  end(): void {
    this.#wait = undefined;
  }

  /** The wait under way, if there is one, ends with `error`. */
  fail(error: Error): void {
    const wait = this.#wait;
    this.#wait = undefined;
    wait?.fail(error);
  }

  /** There are no waits any more. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#wait = undefined;
  }

  get #firstMs(): number {
    return Math.min(this.#bounds.warnMs, this.#bounds.lateMs);
  }

  #lookIn(ms: number): void {
    // What waits has something open that keeps the program alive.
    this.#cancel = after(ms, () => this.#look(), { idle: true });
  }

  #look(): void {
    this.#cancel = undefined;
    const wait = this.#wait;
    if (wait === undefined) return;
    const { warnMs, lateMs } = this.#bounds;
    const goneMs = wallMs() - wait.sinceMs;
    if (goneMs >= lateMs) {
      this.#wait = undefined;
      this.#steps.late(wait.what(), wait.fail);
      return;
    }
    if (goneMs >= warnMs && !wait.warned) {
      wait.warned = true;
      this.#steps.warn(wait.what());
    }
    this.#lookIn((wait.warned ? lateMs : this.#firstMs) - goneMs);
  }
}
