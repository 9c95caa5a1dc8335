import type { Time } from "../../../src/cosim/index.ts";
import { isFatal, isPromise } from "../../../src/cosim/index.ts";
import { RunError } from "../../../src/index.ts";
import { Agenda, type Page } from "./agenda.ts";
import { Readiness } from "./readiness.ts";
import type { RunContext } from "./run-context.ts";
import { type Failure, isBeforeFailure, leftPages, loopError, pageEvents, stepEvent } from "./run-report.ts";
import type { SimRunner } from "./sim-runner.ts";
import type { StepOutcome } from "./step-outcome.ts";
import type { TieredTime } from "./tiers.ts";
import { turn } from "./turn.ts";

/** Times between two turns of the event loop, so that signals and sockets are seen while no simulator waits. */
const TIMES_PER_TURN = 16;

/** Distinct times that simulators may run ahead of the slowest one. */
const TIMES_AHEAD_MAX = 4096;

/**
 * Steps all simulators from 0 to the end of the run. A simulator steps as soon as nothing that its step waits for is
 * left, so steps that do not depend on each other overlap. While nobody answers with a promise, steps are made one after
 * the other in the order of a run, see `comparePositions`.
 *
 * What a simulator sees does not depend on who answers first, nor do the events and their order, nor does the error if
 * a simulator fails: all steps that come before the failed one are made, and the first failure is thrown. Only if a
 * simulator is lost or stuck the run ends at once.
 */
export class Run {
  readonly #context: RunContext;
  readonly #agenda = new Agenda();
  readonly #readiness = new Readiness();
  readonly #inFlight = new Set<SimRunner>();
  /** Whose next step the one being finished has made new or earlier: looked at when all that it causes is known. */
  readonly #scheduled: SimRunner[] = [];
  readonly #pump = () => this.#advance();
  readonly #trigger = (dest: SimRunner, time: TieredTime) => this.#schedule(dest, time);
  /** The first failure in the order of a run. */
  #failure: Failure | undefined;
  #end: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
  #timesSinceTurn = 0;
  #paused = false;
  /** Latest time at which a step was begun. */
  #latest: Time = -1;

  constructor(context: RunContext) {
    this.#context = context;
  }

  /** Make all steps. Every simulator's first steps are scheduled in its `steps`. */
  async make(): Promise<void> {
    const { sims, signal, patience, pace } = this.#context;
    for (const sim of sims) {
      for (const [time] of sim.steps) this.#agenda.open(time);
    }
    for (const sim of sims) this.#readiness.consider(sim);
    signal?.addEventListener("abort", this.#pump);
    const broken = (error: Error) => this.#over(() => this.#end?.reject(error));
    patience.start(broken);
    for (const sim of sims) sim.watch(broken);
    pace?.start(this.#pump);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#end = { resolve, reject };
        this.#advance();
      });
    } finally {
      this.#end = undefined;
      signal?.removeEventListener("abort", this.#pump);
      patience.stop();
      pace?.stop();
    }
  }

  /**
   * Schedule a step for what happened outside of the simulation.
   *
   * @returns False if `time` is not after all steps that were begun; undefined if the run is not in real time.
   */
  addEvent(sim: SimRunner, time: Time): boolean | undefined {
    if (this.#context.pace === undefined || this.#end === undefined) return undefined;
    if (time <= this.#latest) return false;
    if (time >= this.#context.until) return true;
    if (sim.schedule(sim.group.at(time))) this.#agenda.open(time);
    this.#readiness.reconsider();
    this.#readiness.consider(sim);
    this.#advance();
    return true;
  }

  /** Begin no step until {@link resume}. */
  pause(): void {
    this.#paused = true;
    this.#context.pace?.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#context.pace?.resume();
    this.#advance();
  }

  /** Begin all that can begin. */
  #advance(): void {
    try {
      while (this.#end !== undefined) {
        for (let page = this.#agenda.takeOver(); page !== undefined; page = this.#agenda.takeOver()) this.#turn(page);
        if (this.#context.signal?.aborted) {
          this.#abort();
          return;
        }
        const sim = this.#next();
        if (sim === undefined) {
          this.#endIfDone();
          return;
        }
        this.#begin(sim);
        if (this.#timesSinceTurn < TIMES_PER_TURN) continue;
        this.#timesSinceTurn = 0;
        turn(this.#pump);
        return;
      }
    } catch (error) {
      // An observer or the progress callback threw.
      this.#over(() => this.#end?.reject(error));
    }
  }

  /** Who begins now, if anybody can. */
  #next(): SimRunner | undefined {
    const sim = this.#readiness.first;
    if (sim === undefined || this.#paused) return undefined;
    const time = sim.steps[0]!;
    if (!isBeforeFailure(sim, time, this.#failure)) return undefined;
    const isAhead = this.#agenda.size > TIMES_AHEAD_MAX && time[0] !== this.#agenda.floor;
    if (isAhead && this.#inFlight.size > 0) return undefined;
    if (this.#context.pace?.waitsFor(time[0])) return undefined;
    return this.#readiness.take();
  }

  #begin(sim: SimRunner): void {
    const { until, maxLoopIterations, patience } = this.#context;
    const time = sim.begin();
    if (time[0] > this.#latest) this.#latest = time[0];
    try {
      for (let tier = 1; tier < time.length; tier++) {
        if (time[tier]! >= maxLoopIterations) throw loopError(sim, time, this.#context.sims, this.#context);
      }
      sim.stopwatch.begin();
      const made = sim.step(time, sim.maxAdvance(time, until));
      if (!isPromise(made)) {
        this.#finish(sim, made);
        return;
      }
      this.#inFlight.add(sim);
      patience.add(sim);
      (made as PromiseLike<StepOutcome>).then(
        (outcome) => this.#settled(sim, () => this.#finish(sim, outcome)),
        (error: unknown) => this.#settled(sim, () => this.#fail(sim, time, error)),
      );
    } catch (error) {
      this.#fail(sim, time, error);
    }
  }

  #settled(sim: SimRunner, then: () => void): void {
    this.#inFlight.delete(sim);
    this.#context.patience.delete(sim);
    if (this.#end === undefined) return;
    then();
    this.#advance();
  }

  #finish(sim: SimRunner, outcome: StepOutcome): void {
    const time = sim.current!;
    sim.stopwatch.end();
    try {
      this.#context.pace?.check(sim, time[0]);
      if (outcome.next !== null) this.#schedule(sim, sim.group.at(outcome.next));
      sim.finish(outcome, this.#agenda.floor, this.#trigger);
    } catch (error) {
      this.#scheduled.length = 0;
      this.#fail(sim, time, error);
      return;
    }
    if (this.#context.observed()) this.#agenda.report({ sim, time, event: stepEvent(sim, time[0], outcome) });
    this.#agenda.close(time[0]);
    for (const dest of this.#scheduled) this.#readiness.consider(dest);
    this.#scheduled.length = 0;
    this.#readiness.finished(sim);
  }

  #schedule(sim: SimRunner, time: TieredTime): void {
    if (time[0] >= this.#context.until || !sim.schedule(time)) return;
    this.#agenda.open(time[0]);
    if (sim.steps[0] === time) this.#scheduled.push(sim);
  }

  #fail(sim: SimRunner, time: TieredTime, error: unknown): void {
    if (isBeforeFailure(sim, time, this.#failure)) this.#failure = { sim, time, error };
    if (isFatal(error)) this.#over(() => this.#end?.reject(error));
  }

  #abort(): void {
    if (this.#inFlight.size > 0 && !this.#context.patience.isExhausted(this.#pump)) return;
    const { reason } = this.#context.signal!;
    const text = `the run was aborted before time ${Math.min(this.#agenda.floor, this.#context.until)}`;
    this.#over(() => this.#end?.reject(new RunError("ERR_RUN_ABORTED", text, { cause: reason })));
  }

  /** Nothing can begin: is there nothing to wait for, either? */
  #endIfDone(): void {
    if (this.#inFlight.size > 0 || this.#paused) return;
    const failure = this.#failure;
    if (failure !== undefined) this.#over(() => this.#end?.reject(failure.error));
    else if (this.#readiness.first === undefined && !this.#context.pace?.waitsFor(this.#context.until)) {
      this.#over(() => this.#end?.resolve());
    }
  }

  /** Report what is left, then settle. */
  #over(settle: () => void): void {
    for (const page of leftPages(this.#agenda, this.#failure)) this.#emit(page);
    settle();
    this.#end = undefined;
  }

  /** A time is over. */
  #turn(page: Page): void {
    if (this.#context.observed()) this.#emit(page);
    this.#timesSinceTurn++;
    this.#context.onTime(page.time, Math.min(this.#agenda.floor, this.#context.until));
  }

  #emit(page: Page): void {
    this.#context.emit(pageEvents(page, this.#context.timeResolution));
  }
}
