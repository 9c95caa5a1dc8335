import { type SimId, wallMs } from "../../../src/cosim/index.ts";

/** Takes the wall times of one simulator. */
export class Stopwatch {
  steps = 0;
  busyMs = 0;
  readonly waitedMs = new Map<SimId, number>();
  #since = 0;
  #on: SimId | undefined;

  /** Reading of the clock when its step began, while it makes one. */
  get sinceMs(): number {
    return this.#since;
  }

  /** A step begins. */
  begin(): void {
    this.#since = wallMs();
  }

  /** It is over. */
  end(): void {
    this.steps++;
    this.busyMs += wallMs() - this.#since;
  }

  /** From now on its next step waits for `on`. */
  wait(on: SimId): void {
    if (this.#on === on) return;
    this.goOn();
    this.#on = on;
    this.#since = wallMs();
  }

  /** It waits no more. */
  goOn(): void {
    if (this.#on === undefined) return;
    this.waitedMs.set(this.#on, (this.waitedMs.get(this.#on) ?? 0) + wallMs() - this.#since);
    this.#on = undefined;
  }
}
