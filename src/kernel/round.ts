import { AgentError, type Tag } from "../errors.ts";
import type { AgentRecord, AgentTimer, Delivery } from "./model.ts";
import { byCodeUnits, CLASS_OF, CLASSES, compareIds, type Sender } from "./order.ts";
import type { Cause } from "./trace/cause.ts";

/** An agent that comes to life at a tag: the record, or how to make it. */
export interface Birth {
  readonly id: string;
  /** Makes the agent and its record; throws if that is not possible. */
  readonly create: () => AgentRecord;
  /** Agent that asked for it; undefined from outside. */
  readonly parent: Sender | undefined;
  readonly cause: Cause | undefined;
  /** Ids of the agents that it knows, if that was said; `create` knows them, too. */
  readonly neighbours?: readonly string[] | undefined;
}

/** An agent that is removed at a tag. */
export interface Death {
  readonly record: AgentRecord;
  readonly cause: Cause | undefined;
}

/** Everything that is to happen at one tag. */
export class Round {
  births: Birth[] | undefined = undefined;
  deaths: Death[] | undefined = undefined;
  timers: AgentTimer[] | undefined = undefined;
  /** Other deliveries by class; a class that has none has no list, and that of timers never has. */
  readonly classes: (Delivery[] | undefined)[] = [undefined, undefined, undefined, undefined];
  /** Timers, deliveries, births and deaths in it. */
  size = 0;

  add(delivery: Delivery): void {
    const c = CLASS_OF[delivery.kind]!;
    const list = this.classes[c];
    if (list === undefined) this.classes[c] = [delivery];
    else list.push(delivery);
    this.size++;
  }

  addTimer(timer: AgentTimer): void {
    if (this.timers === undefined) this.timers = [timer];
    else this.timers.push(timer);
    this.size++;
  }

  /** Add several; the list is the round's from now on. */
  addTimers(timers: AgentTimer[]): void {
    this.size += timers.length;
    if (this.timers === undefined) this.timers = timers;
    else for (const timer of timers) this.timers.push(timer);
  }

  addBirth(birth: Birth): void {
    this.births ??= [];
    this.births.push(birth);
    this.size++;
  }

  addDeath(record: AgentRecord, cause: Cause | undefined): void {
    this.deaths ??= [];
    this.deaths.push({ record, cause });
    this.size++;
  }

  /** The same without anything that `sender` has emitted. */
  without(sender: AgentRecord): Round {
    const kept = new Round();
    for (const timer of this.timers ?? []) if (timer.record !== sender) kept.addTimer(timer);
    for (const delivery of this.#deliveries()) if (delivery.from !== sender) kept.add(delivery);
    for (const birth of this.births ?? []) if (birth.parent !== sender) kept.addBirth(birth);
    for (const { record, cause } of this.deaths ?? []) if (record !== sender) kept.addDeath(record, cause);
    return kept;
  }

  /** Ids of the agents in it, sorted, at most `max`: for the message about an endless exchange. */
  agents(max: number): string[] {
    const ids = new Set(this.#deliveries().map((delivery) => delivery.to));
    for (const { record } of this.timers ?? []) ids.add(record.id);
    return [...ids].sort(byCodeUnits).slice(0, max);
  }

  #deliveries(): Delivery[] {
    const all: Delivery[] = [];
    for (let c = 0; c < CLASSES; c++) for (const delivery of this.classes[c] ?? []) all.push(delivery);
    return all;
  }
}

/** Agents without a rank are compared by their ids; ranks are given anew when they are more than this part of all. */
const UNRANKED_PART = 1 / 4;

/** All agents of a container, those that were removed included: their ids are never used again. */
export class Registry implements Iterable<AgentRecord> {
  readonly #records = new Map<string, AgentRecord>();
  /** Agents added since ranks were given. */
  #unranked = 0;

  get(id: string): AgentRecord | undefined {
    return this.#records.get(id);
  }

  [Symbol.iterator](): Iterator<AgentRecord> {
    return this.#records.values();
  }

  /**
   * Take in a new agent's record.
   *
   * @throws {@link AgentError} `ERR_AGENT_DUPLICATE`: an id is used once in a run.
   */
  add(record: AgentRecord, tag: Tag): void {
    const { id } = record;
    if (this.#records.has(id)) {
      const text = `there is or was an agent "${id}"; an id is used once in a run`;
      throw new AgentError("ERR_AGENT_DUPLICATE", text, { agent: id, tag });
    }
    this.#records.set(id, record);
    this.#unranked++;
  }

  /** Forget an agent that could not be made. */
  delete(record: AgentRecord): void {
    this.#records.delete(record.id);
    this.#unranked++; // its rank is free
  }

  /** All agents in the order of their ids, without a comparison if none has come since ranks were given. */
  inOrder(): AgentRecord[] {
    if (this.#unranked > 0) this.#rank();
    const records = new Array<AgentRecord>(this.#records.size);
    for (const record of this.#records.values()) records[record.rank] = record;
    return records;
  }

  /**
   * Give every agent its place in the order of ids, once enough have none: each birth then costs the logarithm of the
   * population, however they come.
   */
  refreshRanks(): void {
    if (this.#unranked > this.#records.size * UNRANKED_PART) this.#rank();
  }

  #rank(): void {
    this.#unranked = 0;
    const records = [...this.#records.values()].sort(compareIds);
    for (let rank = 0; rank < records.length; rank++) records[rank]!.rank = rank;
  }
}
