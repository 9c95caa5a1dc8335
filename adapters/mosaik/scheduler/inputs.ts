import type { InputData, InputPlace, Time } from "../../../src/cosim/index.ts";
import { InputLayout, PlacedInputs, putInput } from "../../../src/cosim/index.ts";
import type { Connection } from "./connection.ts";
import { ABSENT, type OutputEntry, type OutputPorts } from "./outputs.ts";
import { compareArrival, compareTimes, type Duration, type TieredTime } from "./tiered-time.ts";

/** A connection between two ports: where a value comes from, and where it goes. */
export interface Wire extends InputPlace {
  readonly connection: Connection;
  /** Number of the source's port. */
  readonly port: number;
  /** Its place in the order of connecting. */
  readonly index: number;
  readonly isTransformed: boolean;
  /** Do both ends lie in other processes, and values go through as they are, a float as a float? */
  readonly isExact: boolean;
}

/** @param port - Number of the source's port. @param index - Its place in the order of connecting. */
export function makeWire(connection: Connection, port: number, index: number, betweenRemotes: boolean): Wire {
  const { src, dest, destAttr, isTransformed } = connection;
  const isExact = betweenRemotes && !isTransformed;
  return { connection, port, index, eid: dest.eid, attr: destAttr, source: src.fullId, isTransformed, isExact };
}

/** Wires that give the newest value of their source, whenever the destination makes a step. */
interface PulledLink {
  readonly outputs: OutputPorts;
  readonly delay: Duration;
  readonly wires: Wire[];
}

/** A value on its way. */
interface Arrival {
  readonly wire: Wire;
  readonly due: TieredTime;
  readonly value: unknown;
}

/** What a simulator asked to be an input of another one's next step. */
export interface SetInput extends InputPlace {
  /** Place of who asked in the order of ids. */
  readonly order: number;
  readonly value: unknown;
}

/**
 * Inputs of one simulator. A step gets, each overruling those before: what others set by request, remembered values,
 * values that arrived since the step before, and values pulled from the sources. Within each the order is that of
 * connecting, whatever came first.
 *
 * Source: mosaik `scheduler.get_input_data`.
 */
export class Inputs {
  readonly #pulled: PulledLink[] = [];
  /** Of the pulled values; null if one of them overrules another. */
  #layout: InputLayout | null | undefined;
  /** Newest value of each wire that repeats it with every step. */
  readonly #remembered = new Map<Wire, unknown>();
  /** Ascending by when they are due; those due together in the order in which they were put out. */
  #arrivals: Arrival[] = [];
  #set: SetInput[] = [];

  pull(outputs: OutputPorts, delay: Duration, wire: Wire): void {
    let link = this.#pulled.find((known) => known.outputs === outputs && known.delay === delay);
    if (link === undefined) {
      link = { outputs, delay, wires: [] };
      this.#pulled.push(link);
    }
    link.wires.push(wire);
    this.#layout = undefined;
  }

  /** Repeat the newest value of `wire` with every step, `value` until there is one. */
  remember(wire: Wire, value: unknown): void {
    this.#remembered.set(wire, value);
  }

  /** `value` becomes an input of the first step at or after `due`. */
  push(wire: Wire, due: TieredTime, value: unknown): void {
    let at = this.#arrivals.length;
    while (at > 0 && compareTimes(this.#arrivals[at - 1]!.due, due) > 0) at--;
    if (at === this.#arrivals.length) this.#arrivals.push({ wire, due, value });
    else this.#arrivals.splice(at, 0, { wire, due, value });
  }

  /** Become an input of the next step, once. */
  set(input: SetInput): void {
    this.#set.push(input);
  }

  /** The inputs of the step at `time`; what has arrived is used up. */
  take(time: TieredTime): PlacedInputs | InputData {
    if (this.#set.length === 0 && this.#arrivals.length === 0 && this.#remembered.size === 0) {
      this.#layout ??= InputLayout.of(this.#pulled.flatMap(({ wires }) => wires)) ?? null;
      if (this.#layout !== null) return new PlacedInputs(this.#layout, this.#pullAll(this.#layout.slots, time));
    }
    const inputs: InputData = {};
    if (this.#set.length > 0) this.#takeSet(inputs);
    const arrived = this.#arrivals.length === 0 ? [] : this.#takeArrivals(time);
    for (const { wire, value } of arrived) if (this.#remembered.has(wire)) this.#remembered.set(wire, value);
    for (const [wire, value] of this.#remembered) putInput(inputs, wire, value);
    for (const { wire, value } of arrived) putInput(inputs, wire, value);
    for (const link of this.#pulled) {
      const entry = newestOf(link, time);
      for (const wire of link.wires) putInput(inputs, wire, pulledValue(link.outputs, entry, wire, time[0]));
    }
    return inputs;
  }

  /** The values of all wires, each in its slot. */
  #pullAll(slots: Int32Array, time: TieredTime): unknown[] {
    const values = new Array<unknown>(slots.length);
    let i = 0;
    for (const link of this.#pulled) {
      const entry = newestOf(link, time);
      for (const wire of link.wires) values[slots[i++]!] = pulledValue(link.outputs, entry, wire, time[0]);
    }
    return values;
  }

  #takeSet(inputs: InputData): void {
    this.#set.sort((a, b) => a.order - b.order);
    for (const input of this.#set) putInput(inputs, input, input.value);
    this.#set = [];
  }

  /** Those that are due, in the order of connecting; of one wire the last comes last. */
  #takeArrivals(time: TieredTime): Arrival[] {
    let count = 0;
    while (count < this.#arrivals.length && compareTimes(this.#arrivals[count]!.due, time) <= 0) count++;
    const arrived = count === this.#arrivals.length ? this.#arrivals : this.#arrivals.slice(0, count);
    this.#arrivals = count === this.#arrivals.length ? [] : this.#arrivals.slice(count);
    if (arrived.length > 1) arrived.sort((a, b) => a.wire.index - b.wire.index);
    return arrived;
  }
}

function newestOf({ outputs, delay }: PulledLink, time: TieredTime): OutputEntry | undefined {
  return outputs.newest((put) => compareArrival(put, delay, time) <= 0);
}

function pulledValue(outputs: OutputPorts, entry: OutputEntry | undefined, wire: Wire, time: Time): unknown {
  let value = entry === undefined ? wire.connection.initial : (wire.isExact ? entry.exact : entry.values)[wire.port];
  if (value === ABSENT || value === undefined) {
    outputs.warnAbsent(wire.connection, time, entry !== undefined);
    value = null;
  }
  return wire.isTransformed ? wire.connection.transformed(value, time) : value;
}
