import { ClockError } from "../errors.ts";
import type { Driver, DriverHooks } from "./driver.ts";
import { CHAIN_ROUNDS, NAMED_AGENTS_MAX, zeno } from "./faults.ts";
import type { Kernel } from "./kernel.ts";
import { serving } from "./serving.ts";

/** What is moved through time: one container, or all containers of a platform. */
export interface TimeLoop {
  /** Present time in ticks. */
  readonly now: number;
  /** Ticks of the next event; undefined if nothing is due. */
  readonly due: number | undefined;
  /** Whether something is left to do at the present time. */
  readonly busy: boolean;
  /** Let calls from outside enter. */
  enterCalls(): void;
  /** Let inputs from outside enter. */
  enterInputs(): void;
  /** Let the present be `ticks`, not before it. */
  moveTo(ticks: number): void;
  /** Serve rounds at the present time until one emits nothing more. */
  settle(): Promise<void>;
  /** Everything has settled. */
  finish(): Promise<void>;
}

/**
 * Advance to `target` ticks, not before the present: calls enter at the present, everything due before the target is served
 * at its own time, inputs enter at the target, and there everything settles.
 */
export async function advanceTo(target: number, loop: TimeLoop): Promise<void> {
  loop.enterCalls();
  if (target > loop.now && loop.busy) await loop.settle();
  for (let { due } = loop; due !== undefined && due < target; { due } = loop) {
    loop.moveTo(due);
    await loop.settle();
  }
  loop.moveTo(target);
  loop.enterInputs();
  await loop.settle();
  await loop.finish();
}

/** Moves one container's clock when its program says so. */
export class Advance implements TimeLoop, DriverHooks {
  readonly #kernel: Kernel;
  readonly #driver: Driver;
  /** Agents of the last rounds before the bound at one time. */
  #chain = new Set<string>();

  constructor(kernel: Kernel, driver: Driver) {
    this.#kernel = kernel;
    this.#driver = driver;
  }

  /**
   * Advance to `target` and settle everything there.
   *
   * @param target - Ticks, not before the present; the present itself goes on with the next round.
   * @returns Ticks of the next event, or undefined if nothing is due.
   * @throws {@link ClockError} `ERR_CLOCK_BACKWARDS`, state unchanged; {@link RunError} `ERR_RUN_BUSY`,
   *   `ERR_RUN_FAILED`, `ERR_RUN_CLOSED`; {@link AgentError} of the first agent that failed, after which the run has
   *   failed.
   */
  async to(target: number): Promise<number | undefined> {
    const kernel = this.#kernel;
    this.#check(target);
    kernel.feed("advance", target);
    if (this.#nothingUntil(target)) {
      kernel.moveTo(target);
      this.#tick();
      kernel.tracer.flush();
      // No agent has run, so that nothing can be left rejected; only the sockets want their turn now and then.
      await this.#driver.turnIfDue();
      return kernel.due;
    }
    await serving(kernel, this.#driver.watch, async () => {
      this.#driver.watch.throwFirst();
      await advanceTo(target, this);
    });
    return kernel.due;
  }

  /** Whether no agent has anything to do at `target` or before. */
  #nothingUntil(target: number): boolean {
    const { busy, outside, failures, due } = this.#kernel;
    if (busy || outside.waits || failures.length > 0) return false;
    return due === undefined || due > target;
  }

  #check(target: number): void {
    const { clock } = this.#kernel;
    this.#kernel.requireIdle("an advance");
    if (target < clock.ticks) {
      const asked = clock.resolution.toSeconds(target);
      throw new ClockError("ERR_CLOCK_BACKWARDS", `cannot advance to ${asked} s: it is ${clock.time()} s already`);
    }
  }

  get now(): number {
    return this.#kernel.clock.ticks;
  }

  get due(): number | undefined {
    return this.#kernel.due;
  }

  get busy(): boolean {
    return this.#kernel.busy;
  }

  enterCalls(): void {
    for (const call of this.#kernel.outside.takeCalls()) this.#kernel.next.add(call);
  }

  enterInputs(): void {
    for (const input of this.#kernel.outside.takeInputs()) this.#kernel.next.add(input);
  }

  moveTo(ticks: number): void {
    this.#kernel.moveTo(ticks);
  }

  async settle(): Promise<void> {
    this.#tick();
    if (this.#chain.size > 0) this.#chain = new Set();
    await this.#driver.run(this);
    this.#driver.watch.throwFirst();
  }

  async finish(): Promise<void> {
    await this.#driver.turn();
    this.#driver.watch.reportStuck();
    this.#driver.watch.throwFirst();
  }

  mayGoOn(): boolean {
    const { next, limits, round, clock } = this.#kernel;
    if (next.size === 0) return false;
    const left = limits.roundsMax - round;
    if (left <= CHAIN_ROUNDS) for (const id of next.agents(NAMED_AGENTS_MAX)) this.#chain.add(id);
    if (left <= 0) throw zeno(limits, clock, round, this.#chain);
    return true;
  }

  roundDone(): void {
    this.#kernel.outside.deliver();
    this.#kernel.tracer.flush();
  }

  /** Tell observers that a time is reached. What was seen between two advances came before. */
  #tick(): void {
    const { tracer } = this.#kernel;
    tracer.flush();
    tracer.note(() => ({ kind: "tick", ...this.#kernel.tag }));
  }
}
