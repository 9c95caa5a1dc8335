import { Agent } from "cosimas";
import { begin, equal, react, type Schedule, type WorkingMemory } from "./cohda.ts";
import { type PvData, pvSchedules, type StorageData, storageSchedules } from "./plants.ts";

/** Seconds from the first news until an agent reacts to all that has come meanwhile. */
const REACTION_S = 0.1;

const HOUR_S = 3600;

/** Which negotiation a message belongs to. */
export interface Round {
  /** The higher number counts; an agent leaves the negotiation that it is in. */
  readonly number: number;
  /** First interval that can still be planned. */
  readonly from: number;
}

/** Takes part in COHDA; it can do what its list says, whatever has happened before. */
export class Participant extends Agent {
  static override readonly exposed: readonly string[] = ["hear"];
  static override readonly outputs: readonly string[] = ["schedule_w", "fitness", "messages"];
  /** Messages sent in all negotiations. */
  messages = 0;
  #schedules: readonly Schedule[];
  #round: Round = { number: 0, from: 0 };
  #memory: WorkingMemory | undefined;
  #heard: WorkingMemory[] = [];

  constructor(schedules: readonly Schedule[] = []) {
    super();
    this.#schedules = schedules;
  }

  /** Its part of the best solution that it knows, in watts for each interval; empty before the first negotiation. */
  get schedule_w(): Schedule {
    return this.#memory?.candidate.schedules[this.id] ?? [];
  }

  /** How good that solution is, at most 0; null before the first negotiation. */
  get fitness(): number | null {
    return this.#memory?.candidate.fitness ?? null;
  }

  /** All schedules that it can still follow from interval `from` on. */
  protected possible(_from: number): readonly Schedule[] {
    return this.#schedules;
  }

  /** What was sold: from outside, to one participant, who starts to negotiate. */
  sell(target: Schedule): void {
    this.#join({ number: this.#round.number + 1, from: 0 }, target);
    this.#tell();
  }

  /** Negotiate again, from interval `from` on, for the same target. */
  protected replan(from: number): void {
    if (this.#memory === undefined) return; // nothing was sold
    this.#join({ number: this.#round.number + 1, from }, this.#memory.target);
    this.#tell();
  }

  /** What a neighbour knows. */
  async hear(round: Round, memory: WorkingMemory): Promise<void> {
    if (round.number < this.#round.number) return;
    if (round.number > this.#round.number) this.#join(round, memory.target);
    this.#heard.push(memory);
    if (this.#heard.length > 1) return;
    await this.clock.sleep(REACTION_S);
    if (this.#round.number === round.number) this.#react();
  }

  #join(round: Round, target: Schedule): void {
    const before = this.schedule_w;
    this.#schedules = this.possible(round.from);
    const kept = this.#schedules.find((schedule) => equal(schedule, before)) ?? this.#schedules[0]!;
    this.#round = round;
    this.#heard = [];
    this.#memory = begin(this.id, target, kept);
  }

  #react(): void {
    const heard = this.#heard.splice(0);
    const before = this.#memory!;
    this.#memory = react(this.id, before, heard, this.#schedules);
    if (this.#memory !== before) this.#tell();
  }

  #tell(): void {
    this.messages += this.neighbours().length;
    this.broadcast("hear", this.#round, this.#memory!);
  }
}

/** Feeds in what the sun gives, or less. */
export class PvPlant extends Participant {
  static override readonly exposed = ["hear"] as const;
  readonly #data: PvData;
  #sun: Schedule;

  constructor(data: PvData, sun: Schedule) {
    super();
    this.#data = data;
    this.#sun = sun;
  }

  /** It breaks down, for the rest of the day: whoever knows first calls for a new plan. */
  fail(): void {
    const hour = Math.floor(this.clock.time() / HOUR_S);
    this.#sun = this.#sun.map((watts, i) => (i < hour ? watts : 0));
    this.replan(hour);
  }

  protected override possible(from: number): readonly Schedule[] {
    return pvSchedules(this.#data.rated_w, this.#sun, from, this.schedule_w);
  }
}

/** Takes power now to give it back later. */
export class Storage extends Participant {
  static override readonly exposed = ["hear"] as const;
  readonly #data: StorageData;

  constructor(data: StorageData) {
    super();
    this.#data = data;
  }

  protected override possible(from: number): readonly Schedule[] {
    return storageSchedules(this.#data, this.#data.capacity_wh / 2, from, this.schedule_w);
  }
}
