import type { Time } from "../../../src/cosim/index.ts";
import { isFatal, onTurn, RunError, type TraceEvent } from "../../../src/cosim/index.ts";
import { Agenda, type Page } from "./agenda.ts";
import type { Cursor, StepOutcome, StepTold } from "./cursor.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Pace } from "./pace.ts";
import { Readiness } from "./readiness.ts";
import { type Failure, isBeforeFailure, leftPages, loopError, pageEvents, stepEvent } from "./report.ts";
import type { SimNode } from "./sim-node.ts";
import type { TieredTime } from "./tiered-time.ts";

/** Times between two turns of the event loop, so that signals and sockets are seen while no simulator waits. */
const TIMES_PER_TURN = 16;

/** Distinct times that simulators may run ahead of the slowest one. */
const TIMES_AHEAD_MAX = 4096;

/** What a run needs of its world. */
export interface RunContext {
  /** Where every simulator is, in the order of starting. */
  readonly cursors: ReadonlyMap<SimNode, Cursor>;
  /** See `Plan`. */
  readonly overlaps: boolean;
  /** Where the run goes on from: the end of the one before, or 0. */
  readonly from: Time;
  /** End of the run: no step is made at or after it. */
  readonly until: Time;
  /** Seconds in one step. */
  readonly timeResolution: number;
  /** Sub-steps at one time; one more is an error. */
  readonly maxLoopIterations: number;
  readonly deadlines: Deadlines;
  readonly pace: Pace | undefined;
  readonly signal: AbortSignal | undefined;
  /** Called once for each time at which something stepped, with the time of the next step, or `until`. */
  readonly onTime: (time: Time, next: Time) => void;
  /** Called when a pause that was asked for in advance has come. */
  readonly onPause: () => void;
  /** Is there an observer? Events are made for one only. */
  readonly observed: () => boolean;
  readonly emit: (batch: readonly TraceEvent[]) => void;
}

/**
 * Steps all simulators from where they are to the end of the run. A simulator's next step
 *
 * 1. waits until nothing that it depends on is left (`Readiness`), so that steps that do not depend on each other overlap,
 * 2. is made with its inputs, and asked for its data (`Cursor.step`),
 * 3. hands its outputs on and causes steps of others (`Cursor.finish`), which are scheduled,
 * 4. lets those go on that have waited for it.
 *
 * While nobody answers with a promise, steps are made one after the other in the order of a run, see `comparePositions`.
 *
 * What a simulator sees does not depend on who answers first, nor do the events and their order, nor does the error if
 * a simulator fails: all steps that come before the failed one are made, and the first failure is thrown. Only if a
 * simulator is lost or stuck the run ends at once.
 */
export class Run {
  readonly #context: RunContext;
  readonly #agenda = new Agenda();
  readonly #readiness: Readiness;
  readonly #inFlight = new Set<Cursor>();
  /** Whose next step the one being finished has made new or earlier: looked at when all that it causes is known. */
  readonly #scheduled: Cursor[] = [];
  readonly #pump = () => this.#advance();
  readonly #trigger = (dest: Cursor, time: TieredTime) => this.#schedule(dest, time);
  /** Goes on when a step that was under way is over. */
  readonly #told: StepTold = {
    made: (cursor, outcome) => {
      if (!this.#landed(cursor)) return;
      this.#finish(cursor, outcome);
      this.#advance();
    },
    failed: (cursor, time, error) => {
      if (!this.#landed(cursor)) return;
      this.#fail(cursor, time, error);
      this.#advance();
    },
  };
  /** The first failure in the order of a run. */
  #failure: Failure | undefined;
  #end: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
  #timesSinceTurn = 0;
  #paused = false;
  /** No step at or after it begins. */
  #pauseTime: Time = Number.POSITIVE_INFINITY;
  /** Latest time at which a step was begun. */
  #latest: Time;

  /** The steps that earlier runs have left for this one are scheduled. */
  constructor(context: RunContext) {
    this.#context = context;
    this.#readiness = new Readiness(context.overlaps);
    this.#latest = context.from - 1;
    for (const cursor of context.cursors.values()) {
      cursor.resume(context.until);
      for (const [time] of cursor.steps) this.#agenda.open(time);
    }
  }

  /** Make all steps. */
  async make(): Promise<void> {
    const { cursors, from, signal, deadlines, pace } = this.#context;
    for (const cursor of cursors.values()) this.#readiness.consider(cursor);
    signal?.addEventListener("abort", this.#pump);
    const broken = (error: Error) => this.#over(() => this.#end?.reject(error));
    deadlines.start(this.#inFlight, broken);
    for (const cursor of cursors.values()) cursor.watch(broken);
    pace?.start(this.#pump, from);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#end = { resolve, reject };
        this.#advance();
      });
    } finally {
      this.#end = undefined;
      signal?.removeEventListener("abort", this.#pump);
      deadlines.stop();
      pace?.stop();
    }
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
        const cursor = this.#next();
        if (cursor === undefined) {
          this.#endIfDone();
          return;
        }
        this.#begin(cursor);
        if (this.#timesSinceTurn < TIMES_PER_TURN) continue;
        this.#timesSinceTurn = 0;
        onTurn(this.#pump);
        return;
      }
    } catch (error) {
      // The progress callback threw.
      this.#over(() => this.#end?.reject(error));
    }
  }

  /** Who begins now, if anybody can. */
  #next(): Cursor | undefined {
    const cursor = this.#readiness.first;
    if (cursor === undefined || this.#paused) return undefined;
    if (!this.#context.overlaps && this.#inFlight.size > 0) return undefined;
    const time = cursor.steps[0]!;
    if (time[0] >= this.#pauseTime || !isBeforeFailure(cursor.plan, time, this.#failure)) return undefined;
    const isAhead = this.#agenda.size > TIMES_AHEAD_MAX && time[0] !== this.#agenda.floor;
    if (isAhead && this.#inFlight.size > 0) return undefined;
    if (this.#context.pace?.waitsFor(time[0])) return undefined;
    return this.#readiness.take();
  }

  /** Make its step, and get its data. */
  #begin(cursor: Cursor): void {
    const { maxLoopIterations, cursors } = this.#context;
    const time = cursor.begin();
    if (time[0] > this.#latest) this.#latest = time[0];
    try {
      for (let tier = 1; tier < time.length; tier++) {
        if (time[tier]! >= maxLoopIterations) throw loopError(cursor, time, cursors.values(), this.#context);
      }
      cursor.stopwatch.begin();
      const made = cursor.step(time, this.#maxAdvance(cursor, time), this.#told);
      if (made !== undefined) {
        this.#finish(cursor, made);
        return;
      }
      this.#inFlight.add(cursor);
    } catch (error) {
      this.#fail(cursor, time, error);
    }
  }

  #maxAdvance(cursor: Cursor, time: TieredTime): Time {
    const { until, overlaps } = this.#context;
    const known = cursor.maxAdvance(time, until);
    return overlaps ? known : Math.min(known, this.#agenda.quietUntil(time[0], time.length > 1));
  }

  /** A step that was under way is over. @returns Whether anybody still waits for the run. */
  #landed(cursor: Cursor): boolean {
    this.#inFlight.delete(cursor);
    return this.#end !== undefined;
  }

  /** Hand its outputs on, and let those go on that have waited for it. */
  #finish(cursor: Cursor, outcome: StepOutcome): void {
    const { until, pace, timeResolution } = this.#context;
    const time = cursor.current!;
    cursor.stopwatch.end();
    try {
      pace?.check(cursor.node, time[0]);
      if (outcome.next !== null) this.#schedule(cursor, cursor.node.group.at(outcome.next));
      // What a later run may ask for is kept.
      cursor.finish(outcome, Math.min(this.#agenda.floor, until), this.#trigger);
    } catch (error) {
      this.#scheduled.length = 0;
      this.#fail(cursor, time, error);
      return;
    }
    if (this.#context.observed()) {
      this.#agenda.report({ place: cursor.plan, time, event: stepEvent(cursor, time[0], outcome, timeResolution) });
    }
    this.#agenda.close(time[0]);
    for (const dest of this.#scheduled) this.#readiness.consider(dest);
    this.#scheduled.length = 0;
    this.#readiness.finished(cursor);
  }

  #schedule(cursor: Cursor, time: TieredTime): void {
    if (time[0] >= this.#context.until) {
      cursor.postpone(time);
      return;
    }
    if (!cursor.schedule(time)) return;
    this.#agenda.open(time[0]);
    if (cursor.steps[0] === time) this.#scheduled.push(cursor);
  }

  #fail(cursor: Cursor, time: TieredTime, error: unknown): void {
    if (isBeforeFailure(cursor.plan, time, this.#failure)) this.#failure = { place: cursor.plan, time, error };
    if (isFatal(error)) this.#over(() => this.#end?.reject(error));
  }

  /**
   * Schedule a step for what happened outside of the simulation.
   *
   * @returns False if `time` is not after all steps that were begun; undefined if the run is not in real time.
   */
  addEvent(node: SimNode, time: Time): boolean | undefined {
    if (this.#context.pace === undefined || this.#end === undefined) return undefined;
    if (time <= this.#latest) return false;
    const cursor = this.#context.cursors.get(node)!;
    if (time >= this.#context.until) cursor.postpone(node.group.at(time));
    else if (cursor.schedule(node.group.at(time))) this.#agenda.open(time);
    this.#readiness.reconsider();
    this.#readiness.consider(cursor);
    this.#advance();
    return true;
  }

  /** Begin no step at or after `time`, by default none, until {@link resume}. */
  pause(time: Time = 0): void {
    this.#pauseTime = time;
    if (time > 0) return;
    this.#pause();
  }

  resume(): void {
    this.#pauseTime = Number.POSITIVE_INFINITY;
    if (this.#paused) {
      this.#paused = false;
      this.#context.pace?.resume();
    }
    this.#advance();
  }

  #pause(): void {
    this.#paused = true;
    this.#context.pace?.pause();
  }

  #abort(): void {
    if (this.#inFlight.size > 0 && !this.#context.deadlines.isAbortOver(this.#pump)) return;
    const { reason } = this.#context.signal!;
    const text = `the run was aborted before time ${Math.min(this.#agenda.floor, this.#context.until)}`;
    this.#over(() => this.#end?.reject(new RunError("ERR_RUN_ABORTED", text, { cause: reason })));
  }

  /** Nothing can begin: is there nothing to wait for, either? */
  #endIfDone(): void {
    if (this.#inFlight.size > 0 || this.#paused) return;
    const failure = this.#failure;
    const first = this.#readiness.first;
    if (failure !== undefined) this.#over(() => this.#end?.reject(failure.error));
    else if (first !== undefined && first.steps[0]![0] >= this.#pauseTime) {
      this.#pause();
      this.#context.onPause();
    } else if (first === undefined && !this.#context.pace?.waitsFor(this.#context.until)) {
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
