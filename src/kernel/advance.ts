import { ClockError } from "../errors.ts";
import { Pace, turn } from "./drain.ts";
import { resultOf, settleExternals } from "./externals.ts";
import { Faults, NAMED_AGENTS_MAX } from "./faults.ts";
import type { Kernel } from "./kernel.ts";
import { Rounds } from "./rounds.ts";
import { stretch } from "./stretch.ts";
import { CHAIN_ROUNDS, zeno } from "./zeno.ts";

/**
 * Moves one container's clock: serves everything due before the target at its own time, then rounds at the target
 * until one emits nothing more.
 */
export class Advance {
  readonly #kernel: Kernel;
  readonly #faults: Faults;
  readonly rounds: Rounds;
  readonly #pace = new Pace();
  /** The event loop is due a turn. */
  #turnDue = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#faults = new Faults(kernel);
    this.rounds = new Rounds(kernel, this.#faults);
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
      kernel.tracer.note(() => ({ kind: "tick", ...kernel.tag }));
      kernel.tracer.flush();
      // No agent has run, so that nothing can be left rejected; only the sockets want their turn now and then.
      if (this.#pace.due()) await turn();
      return kernel.timers.peek();
    }
    await stretch(kernel, this.#faults, () => this.#run(target));
    return kernel.timers.peek();
  }

  /** Whether no agent has anything to do at `target` or before. */
  #nothingUntil(target: number): boolean {
    const { busy, outside, failures, timers } = this.#kernel;
    if (busy || outside.waits || failures.length > 0) return false;
    const due = timers.peek();
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

  async #run(target: number): Promise<void> {
    const { clock, timers, outside } = this.#kernel;
    this.#faults.throwFirst();
    for (const call of outside.takeCalls()) this.#kernel.next.add(call);
    if (target > clock.ticks && this.#kernel.busy) await this.#settle();
    for (let due = timers.peek(); due !== undefined && due < target; due = timers.peek()) {
      this.#kernel.moveTo(due);
      await this.#settle();
    }
    this.#kernel.moveTo(target);
    for (const input of outside.takeInputs()) this.#kernel.next.add(input);
    await this.#settle();
    await this.#turn();
    this.#faults.reportStuck();
    this.#faults.throwFirst();
  }

  /** Serve rounds at the present time until one emits nothing more. */
  async #settle(): Promise<void> {
    const kernel = this.#kernel;
    kernel.tracer.note(() => ({ kind: "tick", ...kernel.tag }));
    const chain = new Set<string>();
    while (kernel.busy) {
      const left = kernel.limits.roundsMax - kernel.round;
      if (left <= CHAIN_ROUNDS) for (const id of kernel.next.agents(NAMED_AGENTS_MAX)) chain.add(id);
      if (left <= 0) throw zeno(kernel.limits, kernel.clock, kernel.round, chain);
      await this.rounds.serve(this.#between);
      this.#faults.throwFirst();
      if (kernel.externals.length > 0) await this.#settleExternals();
      kernel.outside.deliver();
      kernel.tracer.flush();
      this.#faults.throwFirst();
      if (this.#turnDue) await this.#turn();
    }
  }

  /** What is to be done after every round; false if something takes time, or nothing is left. */
  readonly #between = (): boolean => {
    const kernel = this.#kernel;
    this.#turnDue = this.#pace.due();
    if (this.#turnDue || kernel.failures.length > 0 || kernel.externals.length > 0) return false;
    if (kernel.next.size === 0 || kernel.limits.roundsMax - kernel.round <= CHAIN_ROUNDS) return false;
    kernel.outside.deliver();
    kernel.tracer.flush();
    return kernel.failures.length === 0;
  };

  async #turn(): Promise<void> {
    await turn();
    this.#faults.turns++;
  }

  async #settleExternals(): Promise<void> {
    const kernel = this.#kernel;
    const externals = kernel.externals;
    kernel.externals = [];
    const outcomes = await settleExternals(externals, kernel.limits.externalTimeoutMs);
    for (const [i, external] of externals.entries()) kernel.next.add(resultOf(external, outcomes[i]!, kernel));
  }
}
