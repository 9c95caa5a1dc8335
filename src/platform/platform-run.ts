import { RunError, type Tag } from "../errors.ts";
import { type Phase, refusal } from "../kernel/faults.ts";
import type { Outside } from "../kernel/outside.ts";
import type { Coordinator, Task } from "./coordinator.ts";
import { Line } from "./line.ts";
import type { Report } from "./orders.ts";
import { isLost, type Seat } from "./seat.ts";

/** A platform's run from its first advance to its end: what may be done when, and what becomes of the containers. */
export class PlatformRun {
  readonly #coordinator: Coordinator;
  readonly #seats: readonly Seat[];
  readonly #outside: Outside;
  /** Orders of different origin do not mix. */
  readonly #line = new Line();
  #phase: Phase = "idle";
  #failure: unknown;
  #closing: Promise<void> | undefined;

  constructor(coordinator: Coordinator, seats: readonly Seat[], outside: Outside) {
    this.#coordinator = coordinator;
    this.#seats = seats;
    this.#outside = outside;
  }

  /** Tag of the next round. */
  get tag(): Tag {
    return this.#coordinator.tag;
  }

  /** @throws RunError `ERR_RUN_BUSY`, `ERR_RUN_FAILED`, `ERR_RUN_CLOSED` unless the run is between two advances. */
  requireIdle(what: string): void {
    if (this.#phase !== "idle") throw refusal(what, this.#phase, this.#failure);
  }

  /**
   * Advance to `target` ticks, not before the present; the caller has seen that the run is idle.
   *
   * @returns Ticks of the next event.
   */
  advance(target: number): Promise<number | undefined> {
    this.#phase = "advancing";
    return this.#line.run(async () => {
      try {
        await this.#coordinator.to(target);
      } catch (error) {
        await this.#fail(error);
        throw error;
      }
      this.#phase = "idle";
      return this.#coordinator.due;
    });
  }

  /** Ask a container between advances; if it is lost, the run has failed. */
  ask(index: number, task: Task): Promise<Report> {
    return this.#line.run(async () => {
      try {
        return await this.#coordinator.ask(index, task);
      } catch (error) {
        if (isLost(error)) await this.#fail(error);
        throw error;
      }
    });
  }

  /** Stop all agents and end all containers. A second call waits for the first. */
  close(): Promise<void> {
    if (this.#phase === "advancing") {
      return Promise.reject(new RunError("ERR_RUN_BUSY", "an advance is under way; await it first"));
    }
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const lost = isLost(this.#failure);
    this.#phase = "closed";
    this.#outside.end(new RunError("ERR_RUN_CLOSED", "the platform was closed"));
    const failures = lost ? [] : await this.#line.run(() => this.#coordinator.askAll({ what: "close" }));
    await this.#leave(lost);
    if (failures.length > 0) throw failures[0];
  }

  async #fail(error: unknown): Promise<void> {
    this.#phase = "failed";
    this.#failure = error;
    this.#outside.end(new RunError("ERR_RUN_FAILED", "the run has failed", { cause: error }));
    const reason = error instanceof Error ? error.message : String(error);
    if (isLost(error)) await this.#leave(true);
    else await this.#coordinator.askAll({ what: "fail", reason });
  }

  #leave(now: boolean): Promise<unknown> {
    return Promise.all(this.#seats.map((seat) => seat.leave(now)));
  }
}
