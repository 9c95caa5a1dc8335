import type { ExternalClock } from "../clock/external-clock.ts";
import type { Codec } from "../codec/index.ts";
import type { Tag } from "../errors.ts";
import { advanceTo, type TimeLoop } from "../kernel/advance.ts";
import { CHAIN_ROUNDS, firstOf, type StepFailure, zeno } from "../kernel/faults.ts";
import type { Delivery } from "../kernel/model.ts";
import { sortEvents } from "../kernel/order.ts";
import type { Outside } from "../kernel/outside.ts";
import type { Limits } from "../limits.ts";
import type { TraceEvent } from "../trace.ts";
import { type Item, writeBatch } from "./batch.ts";
import type { Order, Report } from "./orders.ts";
import type { Seat } from "./seat.ts";

/** What the coordinator knows of a container. */
class Place {
  readonly seat: Seat;
  /** Something is left to do there at the present time. */
  busy = false;
  /** Tick of its next timer. */
  due = Infinity;
  /** What waits to be sent there with the next order, and the first tick at which something of it is due. */
  mail: Uint8Array[] = [];
  mailDue = Infinity;
  /** It has served rounds in this advance. */
  ran = false;
  /** An agent of it has failed since its last report. */
  failed = false;

  constructor(seat: Seat) {
    this.seat = seat;
    seat.onFailure = () => {
      this.failed = true;
    };
  }

  /** First tick at which it has something to do. */
  get next(): number {
    return Math.min(this.due, this.mailDue);
  }
}

/** What an order says besides the present tag. */
export type Task = Order extends infer O
  ? O extends Order
    ? Omit<O, "ticks" | "round" | "observed" | "batches">
    : never
  : never;

/** What the coordinator works with. */
export interface CoordinatorParts {
  readonly seats: readonly Seat[];
  readonly clock: ExternalClock;
  readonly outside: Outside;
  readonly limits: Limits;
  readonly codec: Codec;
  readonly placeOf: (id: string) => number;
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
  readonly #parts: CoordinatorParts;
  readonly #places: readonly Place[];
  #round = 0;

  constructor(parts: CoordinatorParts) {
    this.#parts = parts;
    this.#places = parts.seats.map((seat) => new Place(seat));
  }

  /** Tag of the next round. */
  get tag(): Tag {
    return { ticks: this.#parts.clock.ticks, round: this.#round };
  }

  /** Tick of the next event; undefined if nothing is due. */
  get due(): number | undefined {
    const due = Math.min(...this.#places.map((place) => place.next));
    return due === Infinity ? undefined : due;
  }

  /**
   * Advance to `target` ticks, not before the present, and settle everything there.
   *
   * @throws the error of the first agent that failed, ZenoError, or RunError if a container is lost: the run has failed.
   */
  async to(target: number): Promise<void> {
    const failed = this.#indices((place) => place.failed);
    if (failed.length > 0) this.#throwFirst(await this.#ask(failed, { what: "tell" }));
    await advanceTo(target, this);
  }

  enterCalls(): void {
    this.#post(this.#parts.outside.takeCalls());
  }

  enterInputs(): void {
    this.#post(this.#parts.outside.takeInputs());
  }

  async finish(): Promise<void> {
    const ran = this.#indices((place) => place.ran);
    if (ran.length > 0) this.#throwFirst(await this.#ask(ran, { what: "finish" }));
    for (const place of this.#places) place.ran = false;
  }

  /** Give one container an order between advances. @throws what kept it from carrying it out. */
  async ask(index: number, task: Task): Promise<Report> {
    const [report] = await this.#ask([index], task);
    if (report!.error !== undefined) throw report!.error;
    return report!;
  }

  /** Give all containers an order; gives the errors of those that could not carry it out. */
  async askAll(task: Task): Promise<Error[]> {
    const results = await Promise.allSettled(this.#places.map((_, index) => this.ask(index, task)));
    return results.flatMap((result) => (result.status === "rejected" ? [result.reason as Error] : []));
  }

  /** Serve rounds at the present time until none of the containers emits anything more. */
  async settle(): Promise<void> {
    const { clock, limits, onEvents, isObserved } = this.#parts;
    if (isObserved()) onEvents([{ kind: "tick", ticks: clock.ticks, round: this.#round }]);
    const chain = new Set<string>();
    for (;;) {
      const active = this.#indices((place) => place.busy || place.next <= clock.ticks);
      if (active.length === 0) return;
      const left = limits.roundsMax - this.#round;
      if (left <= 0) throw zeno(limits, clock, this.#round, chain);
      const named = left <= CHAIN_ROUNDS;
      const lastRound = active.length === 1 && !named ? limits.roundsMax - CHAIN_ROUNDS - 1 : this.#round;
      const reports = await this.#ask(active, { what: "round", named, lastRound });
      this.#round = Math.max(...reports.map(({ round }) => round));
      for (const index of active) this.#places[index]!.ran = true;
      for (const { agents = [] } of reports) for (const id of agents) chain.add(id);
      this.#throwFirst(reports);
      this.#parts.outside.deliver();
    }
  }

  /** Give some containers an order and take in their reports, in the order of the containers. */
  async #ask(indices: readonly number[], task: Task): Promise<Report[]> {
    const reports = await Promise.all(
      indices.map((index) => this.#places[index]!.seat.ask(this.#orderFor(index, task))),
    );
    for (const [i, index] of indices.entries()) this.#take(index, reports[i]!);
    this.#tell(reports);
    return reports;
  }

  #orderFor(index: number, task: Task): Order {
    const place = this.#places[index]!;
    const { mail: batches } = place;
    if (batches.length > 0) place.mail = [];
    place.mailDue = Infinity;
    const { clock, isObserved } = this.#parts;
    return { ...task, ticks: clock.ticks, round: this.#round, observed: isObserved(), batches };
  }

  #take(index: number, report: Report): void {
    const place = this.#places[index]!;
    place.failed = false;
    place.busy = report.busy;
    place.due = report.due ?? Infinity;
    for (const [to, dueTicks, batch] of report.sent) this.#send(to, dueTicks, batch);
    for (const [seq, ok, content] of report.answers) this.#parts.outside.answer(seq, ok, content);
    this.#parts.onReport(index, report);
  }

  #send(to: number, dueTicks: number, batch: Uint8Array): void {
    const place = this.#places[to]!;
    place.mail.push(batch);
    place.mailDue = Math.min(place.mailDue, dueTicks);
  }

  /** Send what comes from outside on its way. */
  #post(deliveries: readonly Delivery[]): void {
    const { clock, codec, placeOf } = this.#parts;
    const { ticks } = clock;
    const items = new Map<number, Item[]>();
    for (const delivery of deliveries) {
      const to = placeOf(delivery.to);
      const list = items.get(to) ?? [];
      items.set(to, list);
      list.push({ ticks, delivery });
    }
    for (const [to, list] of items) this.#send(to, ticks, writeBatch(list, codec));
  }

  /** Hand on the events of rounds in an order that the spread over containers does not change: by round, then agent. */
  #tell(reports: readonly Report[]): void {
    const events = reports.flatMap((report) => report.events);
    if (events.length === 0) return;
    sortEvents(events);
    this.#parts.onEvents(events);
  }

  #throwFirst(reports: readonly Report[]): void {
    for (const { error } of reports) if (error !== undefined) throw error;
    const failures: StepFailure[] = reports.flatMap((report) => report.failures);
    if (failures.length > 0) throw firstOf(failures);
  }

  get now(): number {
    return this.#parts.clock.ticks;
  }

  get busy(): boolean {
    const { ticks } = this.#parts.clock;
    return this.#places.some((place) => place.busy || place.next <= ticks);
  }

  moveTo(ticks: number): void {
    const { clock } = this.#parts;
    if (ticks === clock.ticks) return;
    clock.moveTo(ticks);
    this.#round = 0;
  }

  #indices(matches: (place: Place) => boolean): number[] {
    return this.#places.flatMap((place, index) => (matches(place) ? [index] : []));
  }
}
