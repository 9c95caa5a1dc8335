import type { Crossing } from "../agent/populations.ts";
import type { ExternalClock } from "../clock/external-clock.ts";
import type { Codec } from "../codec/index.ts";
import type { RunError, Tag } from "../errors.ts";
import { advanceTo, type TimeLoop } from "../kernel/advance.ts";
import { CHAIN_ROUNDS, firstOf, type StepFailure, zeno } from "../kernel/faults.ts";
import type { Delivery } from "../kernel/model.ts";
import { sortEvents } from "../kernel/order.ts";
import type { Outside } from "../kernel/outside.ts";
import type { Limits } from "../limits.ts";
import type { TraceEvent } from "../trace.ts";
import type { Place } from "./agent-changes.ts";
import type { MemberLink } from "./members/link.ts";
import type { Order, Report, RoundTask, Task } from "./protocol.ts";
import { type Item, writeBatch } from "./wire/batch.ts";

/** What the coordinator knows of a container. */
class MemberState {
  readonly link: MemberLink;
  /** Something is left to do there at the present time. */
  busy = false;
  /** Tick of its next timer. */
  due = Infinity;
  /** What waits to be sent there with the next order, and the first tick at which something of it is due. */
  mail: Uint8Array[] = [];
  mailDue = Infinity;
  /** It has served rounds in this advance, and not been told since that it ends. */
  ran = false;
  /** An agent of it has failed since its last report. */
  failed = false;

  constructor(link: MemberLink) {
    this.link = link;
    link.onFailure = () => {
      this.failed = true;
    };
  }

  /** First tick at which it has something to do. */
  get next(): number {
    return Math.min(this.due, this.mailDue);
  }
}

/** What the coordinator works with. */
export interface CoordinatorOptions {
  readonly members: readonly MemberLink[];
  readonly clock: ExternalClock;
  readonly outside: Outside;
  readonly limits: Limits;
  readonly codec: Codec;
  readonly containerOf: (id: string) => number;
  /** Where an agent is known to live; undefined for one that no report has told of. */
  readonly placeOf: (id: string) => Place | undefined;
  /** Whether somebody observes. */
  readonly isObserved: () => boolean;
  /** Takes the events of a round. */
  readonly onEvents: (events: TraceEvent[]) => void;
  /** Takes every report. */
  readonly onReport: (index: number, report: Report) => unknown;
}

/**
 * Moves the containers of a platform through the same tags: serves everything due before the target at its own time,
 * then rounds at the target until none of them emits anything more.
 *
 * A round begins when all containers have reported the one before, and with it brings everything that was sent to the
 * container; so each has all that is due at a tag before it serves the tag. No clock of the wall decides anything.
 */
export class Coordinator implements TimeLoop {
  readonly #options: CoordinatorOptions;
  readonly #members: readonly MemberState[];
  #round = 0;
  /** Rounds served at earlier times. */
  #roundsBefore = 0;
  #aborted: RunError | undefined;
  /** Whether the end of an advance brings what was read after the one before. */
  reads = false;
  /** Of one of several populations: what is sent to the others is due at this tick or later. */
  horizonTicks: number | undefined;
  /** Inputs have entered: the advance ends at the present time. */
  #isLast = false;
  /** Ends the wait for the reports under way. */
  #interrupt: (error: RunError) => void = () => {};

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#members = options.members.map((link) => new MemberState(link));
  }

  /** Tag of the next round. */
  get tag(): Tag {
    return { ticks: this.#options.clock.ticks, round: this.#round };
  }

  /** Rounds served so far. */
  get rounds(): number {
    return this.#roundsBefore + this.#round;
  }

  /** Tick of the next event; undefined if nothing is due. */
  get due(): number | undefined {
    const due = Math.min(...this.#members.map((member) => member.next));
    return due === Infinity ? undefined : due;
  }

  /**
   * Advance to `target` ticks, not before the present, and settle everything there.
   *
   * @throws the error of the first agent that failed, ZenoError, or RunError if a container is lost: the run has failed.
   */
  async to(target: number): Promise<void> {
    const failed = this.#indices((member) => member.failed);
    if (failed.length > 0) this.#throwFirst(await this.#ask(failed, () => ({ what: "tell" })));
    this.#isLast = false;
    await advanceTo(target, this);
    if (this.#aborted !== undefined) throw this.#aborted;
  }

  enterCalls(): void {
    this.#enter(this.#options.outside.takeCalls());
  }

  enterInputs(): void {
    this.#isLast = true;
    this.#enter(this.#options.outside.takeInputs());
  }

  async finish(): Promise<void> {
    const ran = this.#indices((member) => member.ran);
    if (ran.length > 0) this.#throwFirst(await this.#ask(ran, () => ({ what: "finish", reads: this.reads })));
    for (const member of this.#members) member.ran = false;
  }

  /**
   * Give some containers an order each, between advances.
   *
   * @returns Their reports, which may tell why an order could not be carried out; in the order of `tasks`.
   */
  async askEach(tasks: ReadonlyMap<number, Task>): Promise<Report[]> {
    return this.#ask([...tasks.keys()], (index) => tasks.get(index)!);
  }

  /** Give all containers an order; gives the errors of those that could not carry it out. */
  async askAll(task: Task): Promise<Error[]> {
    const all = await Promise.allSettled(this.#members.map((_, index) => this.#ask([index], () => task)));
    return all.flatMap((result) => {
      const error = result.status === "rejected" ? (result.reason as Error) : result.value[0]!.error;
      return error === undefined ? [] : [error];
    });
  }

  /** Wait no longer for reports: the advance under way, or the next order, fails with `error`. */
  abort(error: RunError): void {
    this.#aborted ??= error;
    this.#interrupt(error);
  }

  /** Serve rounds at the present time until none of the containers emits anything more. */
  async settle(): Promise<void> {
    const { clock, limits, onEvents, isObserved } = this.#options;
    if (isObserved()) onEvents([{ kind: "tick", ticks: clock.ticks, round: this.#round }]);
    const chain = new Set<string>();
    // Agents that do no more than take an input have settled with it: then order and report are all that a step needs.
    for (let isFirst = true; ; isFirst = false) {
      const active = this.#indices((member) => member.busy || member.next <= clock.ticks);
      if (active.length === 0) return;
      const left = limits.roundsMax - this.#round;
      if (left <= 0) throw zeno(limits, clock, this.#round, chain);
      const named = left <= CHAIN_ROUNDS;
      const lastRound = active.length === 1 && !named ? limits.roundsMax - CHAIN_ROUNDS - 1 : this.#round;
      const ends = this.#isLast && (isFirst || active.length === 1);
      const reads = ends && this.reads;
      const task: RoundTask = { what: "round", lastRound, named, ends, reads, horizonTicks: this.horizonTicks };
      const reports = await this.#ask(active, () => task);
      for (let i = 0; i < active.length; i++) {
        const { round, finished, agents } = reports[i]!;
        if (round > this.#round) this.#round = round;
        this.#members[active[i]!]!.ran = finished !== true;
        if (agents !== undefined) for (const id of agents) chain.add(id);
      }
      this.#throwFirst(reports);
      this.#options.outside.deliver();
    }
  }

  /** Give some containers an order and take in their reports, in the order of the containers. */
  async #ask(indices: readonly number[], taskOf: (index: number) => Task): Promise<Report[]> {
    if (this.#aborted !== undefined) throw this.#aborted;
    const reports = await this.#gather(indices, taskOf);
    for (let i = 0; i < reports.length; i++) this.#take(indices[i]!, reports[i]!);
    this.#tell(reports);
    return reports;
  }

  /** Give the orders and wait for all reports, or for a loss or an end that makes waiting useless. */
  #gather(indices: readonly number[], taskOf: (index: number) => Task): Promise<Report[]> {
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      const reports: Report[] = [];
      let missing = indices.length;
      if (missing === 0) resolve(reports);
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i]!;
        const reported = (report: Report) => {
          reports[i] = report;
          if (--missing === 0) resolve(reports);
        };
        this.#members[index]!.link.ask(this.#orderFor(index, taskOf(index)), reported, reject);
      }
    });
  }

  #orderFor(index: number, task: Task): Order {
    const member = this.#members[index]!;
    const { mail: batches } = member;
    if (batches.length > 0) member.mail = [];
    member.mailDue = Infinity;
    const { clock, isObserved } = this.#options;
    return { ticks: clock.ticks, round: this.#round, observed: isObserved(), batches, task };
  }

  #take(index: number, report: Report): void {
    const member = this.#members[index]!;
    member.failed = false;
    member.busy = report.busy;
    member.due = report.due ?? Infinity;
    for (const [to, dueTicks, batch] of report.sent) this.#send(to, dueTicks, batch);
    for (const [seq, ok, content] of report.answers) this.#options.outside.answer(seq, ok, content);
    this.#options.onReport(index, report);
  }

  #send(to: number, dueTicks: number, batch: Uint8Array): void {
    const member = this.#members[to]!;
    member.mail.push(batch);
    member.mailDue = Math.min(member.mailDue, dueTicks);
  }

  /** Send what comes from outside on its way. */
  #enter(deliveries: readonly Delivery[]): void {
    const { ticks } = this.#options.clock;
    this.post(deliveries.map((delivery) => ({ ticks, delivery })));
  }

  /** Send messages on their way to their receivers, each due at its own tick, not before the present. */
  post(crossings: readonly Crossing[]): void {
    const { codec, containerOf, placeOf } = this.#options;
    const byContainer = new Map<number, { items: Item[]; due: number }>();
    for (const { ticks, delivery } of crossings) {
      const place = placeOf(delivery.to);
      const to = place?.container ?? containerOf(delivery.to);
      const batch = byContainer.get(to) ?? { items: [], due: ticks };
      if (batch.items.length === 0) byContainer.set(to, batch);
      batch.items.push({ ticks, delivery, number: place?.number });
      batch.due = Math.min(batch.due, ticks);
    }
    for (const [to, { items, due }] of byContainer) this.#send(to, due, writeBatch(items, codec));
  }

  /** Hand on the events of rounds in an order that the spread over containers does not change: by round, then agent. */
  #tell(reports: readonly Report[]): void {
    const events: TraceEvent[] = [];
    for (const report of reports) for (const event of report.events) events.push(event);
    if (events.length === 0) return;
    sortEvents(events);
    this.#options.onEvents(events);
  }

  #throwFirst(reports: readonly Report[]): void {
    for (const { error } of reports) if (error !== undefined) throw error;
    const failures: StepFailure[] = [];
    for (const report of reports) failures.push(...report.failures);
    if (failures.length > 0) throw firstOf(failures);
  }

  get now(): number {
    return this.#options.clock.ticks;
  }

  get busy(): boolean {
    const { ticks } = this.#options.clock;
    return this.#members.some((member) => member.busy || member.next <= ticks);
  }

  moveTo(ticks: number): void {
    const { clock } = this.#options;
    if (ticks === clock.ticks) return;
    clock.moveTo(ticks);
    this.#roundsBefore += this.#round;
    this.#round = 0;
  }

  #indices(matches: (member: MemberState) => boolean): number[] {
    const indices: number[] = [];
    for (let i = 0; i < this.#members.length; i++) if (matches(this.#members[i]!)) indices.push(i);
    return indices;
  }
}
