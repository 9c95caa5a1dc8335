import { RunError, type Tag } from "../errors.ts";
import { type Phase, refusal } from "../kernel/faults.ts";
import type { Outside } from "../kernel/outside.ts";
import type { Limits } from "../limits.ts";
import { within } from "../wall.ts";
import type { Coordinator } from "./coordinator.ts";
import { type MemberLink, SerialQueue } from "./members/link.ts";

/** Codes of errors after which containers may be anywhere in their round, and cannot be asked again. */
const LOST: ReadonlySet<unknown> = new Set(["ERR_CONTAINER_LOST", "ERR_STEP_TIMEOUT", "ERR_RUN_CLOSED"]);

function isLost(error: unknown): boolean {
  return LOST.has((error as { code?: unknown } | undefined)?.code);
}

/** A platform's run from its first advance to its end: what may be done when, and what becomes of the containers. */
export class PlatformRun {
  readonly #coordinator: Coordinator;
  readonly #members: readonly MemberLink[];
  readonly #outside: Outside;
  readonly #limits: Limits;
  /** Orders of different origin do not mix. */
  readonly #queue = new SerialQueue();
  #isCut = false;
  #phase: Phase = "idle";
  #failure: unknown;
  /** The run has failed between two advances, and nobody has been told the reason. */
  #untold = false;
  /** What becomes of the containers of a run that has failed. */
  #failing: Promise<void> | undefined;
  #advance: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  /** Resolves when the platform was closed; rejects when the run has failed. */
  readonly ended: Promise<void>;
  #resolveEnded = (): void => {};
  #rejectEnded = (_error: unknown): void => {};

  constructor(coordinator: Coordinator, members: readonly MemberLink[], outside: Outside, limits: Limits) {
    this.#coordinator = coordinator;
    this.#members = members;
    this.#outside = outside;
    this.#limits = limits;
    this.ended = new Promise((resolve, reject) => {
      this.#resolveEnded = resolve;
      this.#rejectEnded = reject;
    });
    this.ended.catch(() => {}); // the next advance tells, too
    for (const member of members) member.onLost = (how) => this.#onLost(member, how);
  }

  /** Tag of the next round. */
  get tag(): Tag {
    return this.#coordinator.tag;
  }

  /** @throws RunError `ERR_RUN_BUSY`, `ERR_RUN_FAILED`, `ERR_RUN_CLOSED` unless the run is between two advances. */
  requireIdle(what: string): void {
    const phase = this.#phase === "idle" && this.#closing !== undefined ? "closed" : this.#phase;
    if (phase !== "idle") throw refusal(what, phase, this.#failure);
  }

  /** As {@link requireIdle}; of a run that has failed between two advances the first one is told the reason itself. */
  requireIdleForAdvance(): void {
    if (this.#phase === "failed" && this.#untold) {
      this.#untold = false;
      throw this.#failure;
    }
    this.requireIdle("an advance");
  }

  /**
   * Advance to `target` ticks, not before the present; the caller has seen that the run is idle.
   *
   * @returns Ticks of the next event.
   */
  advance(target: number): Promise<number | undefined> {
    this.#phase = "advancing";
    const advance = this.#queue.run(async () => {
      if (this.#phase !== "advancing") throw refusal("an advance", this.#phase as "failed", this.#failure);
      try {
        await this.#coordinator.to(target);
      } catch (error) {
        await this.#fail(error);
        throw error;
      }
      this.#phase = "idle";
      return this.#coordinator.due;
    });
    this.#advance = advance.catch(() => {}); // whoever has asked for it is told
    return advance;
  }

  /** Give orders between advances, once those before have been carried out; if a container is lost, the run has failed. */
  between<T>(orders: () => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      if (this.#phase === "failed" || this.#phase === "closed") throw refusal("an order", this.#phase, this.#failure);
      try {
        return await orders();
      } catch (error) {
        if (isLost(error)) await this.#fail(error);
        throw error;
      }
    });
  }

  /** Its last advance was ended before its time. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** End the advance under way, though containers still serve its round: it fails with `reason`, and they are ended. */
  endAdvance(reason: RunError): void {
    if (this.#phase !== "advancing") return;
    this.#isCut = true;
    this.#coordinator.abort(reason);
  }

  /** Stop all agents and end all containers, once the advance under way has ended. A second call waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { stopTimeoutMs } = this.#limits;
    if (!(await within(this.#advance, stopTimeoutMs))) {
      const text = `the platform was closed, and the advance under way did not end within stopTimeoutMs = ${stopTimeoutMs} ms`;
      this.endAdvance(new RunError("ERR_RUN_CLOSED", text, { tag: this.tag }));
      await this.#advance;
    }
    await this.#failing;
    const lost = isLost(this.#failure);
    this.#phase = "closed";
    this.#outside.end(new RunError("ERR_RUN_CLOSED", "the platform was closed"));
    const failures = lost ? [] : await this.#queue.run(() => this.#coordinator.askAll({ what: "close" }));
    await this.#leave(lost);
    this.#resolveEnded();
    if (failures.length > 0) throw failures[0];
  }

  /** A container is gone, though nothing was asked of it. */
  #onLost({ name }: MemberLink, how: string): void {
    if (this.#phase === "failed" || this.#phase === "closed") return;
    const { ticks, round } = this.tag;
    const text = `${name} was lost while it had nothing to do, at tick ${ticks}, round ${round}: ${how}`;
    const error = new RunError("ERR_CONTAINER_LOST", text, { tag: { ticks, round } });
    this.#coordinator.abort(error);
    if (this.#phase === "advancing") return; // the advance ends with it
    this.#untold = true;
    void this.#fail(error);
  }

  #fail(error: unknown): Promise<void> {
    this.#failing ??= this.#endFailed(error);
    return this.#failing;
  }

  async #endFailed(error: unknown): Promise<void> {
    this.#phase = "failed";
    this.#failure = error;
    this.#rejectEnded(error);
    this.#outside.end(new RunError("ERR_RUN_FAILED", "the run has failed", { cause: error }));
    const reason = error instanceof Error ? error.message : String(error);
    if (isLost(error)) await this.#leave(true);
    else await this.#coordinator.askAll({ what: "fail", reason });
  }

  #leave(now: boolean): Promise<unknown> {
    return Promise.all(this.#members.map((member) => member.leave(now)));
  }
}
