import { after, wallMs } from "../../../src/cosim/index.ts";
import type { Command } from "../model/protocol.ts";

/**
 * Holds a run between its steps: pause, one step, run to a time, a speed. The run asks after each step whether it may
 * go on; what it does is not changed, only when.
 */
export class Steering {
  #paused: boolean;
  #stepping = false;
  #runTo = -1;
  #speed = 0;
  #open = true;
  /** Where the present speed was begun: ticks, and wall time in milliseconds. */
  #since: { readonly ticks: number; readonly ms: number } | undefined;
  #wake: (() => void) | undefined;
  /** The run waits here. */
  held = false;
  ticksPerSecond = 1_000_000;

  /** @param paused - Hold it after its first step. */
  constructor(paused = false) {
    this.#paused = paused;
  }

  /** Seconds of the run per second of wall time; 0: as fast as it can. */
  get speed(): number {
    return this.#speed;
  }

  get runTo(): number {
    return this.#runTo;
  }

  /** Held, or to be held after the step under way. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Do it. @returns Why not, if it cannot be done. */
  command(command: Command, ticks: number): string | undefined {
    switch (command.do) {
      case "pause":
        this.#paused = true;
        this.#runTo = -1;
        break;
      case "run":
        this.#go(false, -1);
        break;
      case "step":
        this.#go(true, -1);
        break;
      case "runTo":
        if (command.ticks <= ticks) return "that time is over: a run cannot go back";
        this.#go(false, command.ticks);
        break;
      case "speed":
        this.#speed = command.value;
        break;
    }
    this.#since = undefined;
    this.#wake?.();
    return undefined;
  }

  #go(stepping: boolean, runTo: number): void {
    this.#paused = false;
    this.#stepping = stepping;
    this.#runTo = runTo;
  }

  /** A step has ended at `ticks`. @returns Settles when the next may begin; undefined: at once. */
  gate(ticks: number): Promise<void> | undefined {
    if (!this.#open) return undefined;
    if (this.#stepping) {
      this.#stepping = false;
      this.#paused = true;
    }
    if (this.#runTo >= 0 && ticks >= this.#runTo) {
      this.#runTo = -1;
      this.#paused = true;
    }
    return this.#paused || this.#delayMs(ticks) > 0 ? this.#hold(ticks) : undefined;
  }

  async #hold(ticks: number): Promise<void> {
    this.held = true;
    while (this.#open) {
      const delayMs = this.#paused ? Number.POSITIVE_INFINITY : this.#delayMs(ticks);
      if (delayMs <= 0) break;
      let cancel = (): void => {};
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (delayMs !== Number.POSITIVE_INFINITY) cancel = after(delayMs, resolve);
      });
      cancel();
    }
    this.#wake = undefined;
    this.held = false;
  }

  /** Wall time until the next step may begin at the present speed. */
  #delayMs(ticks: number): number {
    if (this.#speed === 0) return 0;
    this.#since ??= { ticks, ms: wallMs() };
    const { ticks: sinceTicks, ms } = this.#since;
    // The step after `ticks` begins when the wall has come to where this one ended; the first waits for nothing.
    return ms + ((ticks - sinceTicks) / this.ticksPerSecond / this.#speed) * 1000 - wallMs();
  }

  /** Hold nothing any more. */
  close(): void {
    this.#open = false;
    this.#wake?.();
  }
}
