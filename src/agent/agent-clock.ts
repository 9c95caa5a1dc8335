import type { DateTime } from "../clock/calendar.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { AgentRecord } from "../kernel/record.ts";

/** The clock as one agent uses it: the container's time, and waits that are this agent's. */
export class AgentClock implements Clock {
  readonly #kernel: Kernel;
  readonly #record: AgentRecord;

  constructor(kernel: Kernel, record: AgentRecord) {
    this.#kernel = kernel;
    this.#record = record;
  }

  time(): number {
    return this.#kernel.clock.time();
  }

  utcnow(): DateTime {
    return this.#kernel.clock.utcnow();
  }

  sleep(dt: number): Promise<void> {
    try {
      return this.#kernel.emissions.sleep(this.#record, this.#kernel.clock.ticksIn(dt));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  sleepUntil(t: number | DateTime): Promise<void> {
    try {
      return this.#kernel.emissions.sleep(this.#record, this.#kernel.clock.ticksAt(t));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  callIn(dt: number, f: () => unknown): Timer {
    return this.#kernel.emissions.callAt(this.#record, this.#kernel.clock.ticksIn(dt), f);
  }

  callAt(t: number | DateTime, f: () => unknown): Timer {
    return this.#kernel.emissions.callAt(this.#record, this.#kernel.clock.ticksAt(t), f);
  }
}
