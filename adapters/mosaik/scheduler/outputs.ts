import type { Attr, EntityId, OutputData, OutputRequest, Time } from "../../../src/cosim/index.ts";
import { type CallSite, listed, simulatorFault, warn } from "../../../src/cosim/index.ts";
import type { Connection } from "./connection.ts";
import type { Entity } from "./entity.ts";
import type { TieredTime } from "./tiered-time.ts";

/** Stands for the value of a port that a step put nothing out at. */
export const ABSENT: unique symbol = Symbol("absent");

/** The outputs of one step. */
export interface OutputEntry {
  /** When they hold. */
  readonly time: TieredTime;
  /** One value for each port, in the order of the ports; {@link ABSENT} where there is none. */
  readonly values: readonly unknown[];
  /** The same as Python has them, with a `WholeFloat` for `1.0`. */
  readonly exact: readonly unknown[];
}

/** The outputs of a simulator that somebody is connected to: each has a port, by which its values are numbered. */
export class Ports {
  readonly #ports: { readonly eid: EntityId; readonly attr: Attr }[] = [];
  readonly #index = new Map<EntityId, Map<Attr, number>>();
  /** As `#orderOf` gives it, once all ports are there. */
  #order: readonly number[] | null | undefined;

  get size(): number {
    return this.#ports.length;
  }

  /** Number of the port for `attr` of `eid`, made on first use. */
  add(eid: EntityId, attr: Attr): number {
    let attrs = this.#index.get(eid);
    if (attrs === undefined) {
      attrs = new Map();
      this.#index.set(eid, attrs);
    }
    let port = attrs.get(attr);
    if (port === undefined) {
      port = this.#ports.push({ eid, attr }) - 1;
      attrs.set(attr, port);
    }
    return port;
  }

  /** What to ask `getData` for; frozen, since every step gets the same object. */
  request(): OutputRequest {
    const entities = Array.from(this.#index, ([eid, attrs]) => [eid, Object.freeze([...attrs.keys()])] as const);
    return Object.freeze(Object.fromEntries(entities));
  }

  /**
   * Take the values out of what `getData` answered, one for each port.
   *
   * @param complete - Is a value that is missing an error?
   * @throws `BridgeError` `ERR_BRIDGE_OUTPUT` naming what is missing or unknown.
   */
  read(
    site: CallSite,
    data: OutputData,
    entities: ReadonlyMap<EntityId, Entity>,
    complete: boolean,
  ): readonly unknown[] {
    if (typeof data !== "object" || data === null) throw refused(site, `returned ${String(data)} instead of an object`);
    for (const [eid, attrs] of Object.entries(data)) {
      const entity = entities.get(eid);
      if (entity === undefined) {
        if (eid === "time" && typeof attrs === "number") continue;
        throw refused(
          site,
          `returned data of "${eid}", an entity that was never created; there are: ${listed(entities.keys())}`,
        );
      }
      if (typeof attrs !== "object" || attrs === null)
        throw refused(site, `returned ${String(attrs)} for entity ${eid}`);
      for (const attr of Object.keys(attrs)) {
        if (entity.attrs.has(attr)) continue;
        throw refused(
          site,
          `returned unknown attribute "${attr}" of ${eid}; model ${entity.type} has: ${listed(entity.attrs)}`,
        );
      }
    }
    const values: unknown[] = [];
    for (const { eid, attr } of this.#ports) {
      const value = valueIn(data, eid, attr);
      if (value === undefined && complete) {
        throw refused(site, `returned no value for attribute "${attr}" of ${eid}`);
      }
      values.push(value === undefined ? ABSENT : value);
    }
    return values;
  }

  /** Values in the order of what {@link request} asks for, as those of the ports. The list becomes theirs. */
  inOrder(values: readonly unknown[]): readonly unknown[] {
    this.#order ??= this.#orderOf(Object.keys(this.request()));
    return this.#order === null ? values : this.#order.map((place) => values[place]);
  }

  /** Of each port, its place in a request; null if they have the same order. */
  #orderOf(eids: readonly EntityId[]): readonly number[] | null {
    const asked = eids.flatMap((eid) => [...this.#index.get(eid)!.values()]);
    if (asked.every((port, place) => port === place)) return null;
    const order = new Array<number>(asked.length);
    for (const [place, port] of asked.entries()) order[port] = place;
    return order;
  }
  /** {@link pick}, bound: no function is made for each step. */
  readonly picking = (data: OutputData) => this.pick(data);

  /** The values in what `getData` answered, one for each port. */
  pick(data: OutputData): readonly unknown[] {
    return this.#ports.map(({ eid, attr }) => {
      const value = valueIn(data, eid, attr);
      return value === undefined ? ABSENT : value;
    });
  }

  /** Values as an object, for an observer. */
  toData(values: readonly unknown[]): Record<EntityId, Record<Attr, unknown>> {
    const data: Record<EntityId, Record<Attr, unknown>> = {};
    for (const [port, { eid, attr }] of this.#ports.entries()) {
      if (values[port] === ABSENT) continue;
      if (!Object.hasOwn(data, eid)) data[eid] = {};
      data[eid]![attr] = values[port];
    }
    return data;
  }
}

function valueIn(data: OutputData, eid: EntityId, attr: Attr): unknown {
  const attrs = Object.hasOwn(data, eid) ? data[eid]! : undefined;
  return typeof attrs === "object" && Object.hasOwn(attrs, attr) ? attrs[attr] : undefined;
}

/** Values of a simulator's outputs, as long as somebody may still pull them. */
export class OutputPorts {
  readonly #ports: Ports;
  /** In the order in which they were put out; the first is one that somebody may still ask for. */
  readonly #entries: OutputEntry[] = [];
  readonly #warned = new Set<Connection>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Ports. */
  get size(): number {
    return this.#ports.size;
  }

  /** Entries that are kept. */
  get kept(): number {
    return this.#entries.length;
  }

  /** Keep the values of a step. */
  push(time: TieredTime, values: readonly unknown[], exact: readonly unknown[] = values): void {
    this.#entries.push({ time, values, exact });
  }

  /** Of the entries that hold at a time for which `holds` is true, the one that was put out last. */
  newest(holds: (time: TieredTime) => boolean): OutputEntry | undefined {
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const entry = this.#entries[i]!;
      if (holds(entry.time)) return entry;
    }
    return undefined;
  }

  /** Forget what {@link newest} cannot give any more, now that it is asked for times that include `time` only. */
  prune(time: Time): void {
    let passed = 0;
    while (passed + 1 < this.#entries.length && this.#entries[passed + 1]!.time[0] <= time) passed++;
    if (passed > 0) this.#entries.splice(0, passed);
  }

  /** Once for each connection: its input is null for want of a value. */
  warnAbsent(connection: Connection, time: Time, hasStepped: boolean): void {
    if (this.#warned.has(connection)) return;
    this.#warned.add(connection);
    const why = hasStepped ? "its source's last outputs do not have it" : "its source has put out nothing yet";
    const text = `${connection} at time ${time}: the input is null, since ${why}; a value that is not always there is to be "non-persistent"`;
    warn(text, "COSIMAS_NO_OUTPUT");
  }
}

/**
 * The time at which outputs hold: what `getData` answered as `time`, an integer not before the step, by default the
 * step's.
 *
 * @throws `BridgeError` `ERR_BRIDGE_OUTPUT_TIME`.
 */
export function outputTime(site: CallSite, data: OutputData, isEntity: boolean): Time {
  const time: unknown = isEntity ? undefined : data["time"];
  if (time === undefined) return site.time!;
  if (Number.isSafeInteger(time) && (time as Time) >= site.time!) return time as Time;
  const problem = `output time ${String(time)} is no integer from the time of the step, ${site.time}, on`;
  throw simulatorFault("ERR_BRIDGE_OUTPUT_TIME", site, problem);
}

function refused(site: CallSite, problem: string): Error {
  return simulatorFault("ERR_BRIDGE_OUTPUT", site, problem);
}
