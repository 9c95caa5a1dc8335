import type { Entity } from "./entity.ts";
import { type CallSite, listed, simulatorFault } from "./fault.ts";
import type { Attr, EntityId, OutputData, OutputRequest, Time } from "./types.ts";

/** The outputs of one step. */
export interface OutputEntry {
  readonly time: Time;
  /** One value for each port, in the order of the ports. */
  readonly values: readonly unknown[];
}

/** The outputs of a simulator that somebody is connected to, and their values as long as somebody may still pull them. */
export class OutputPorts {
  readonly #ports: { readonly eid: EntityId; readonly attr: Attr }[] = [];
  readonly #index = new Map<EntityId, Map<Attr, number>>();
  /** Ascending in time; the first is the newest that nobody can have passed. */
  readonly #entries: OutputEntry[] = [];

  get size(): number {
    return this.#ports.length;
  }

  /** Entries that are kept. */
  get kept(): number {
    return this.#entries.length;
  }

  /** Number of the port for `attr` of `eid`, made on first use. */
  port(eid: EntityId, attr: Attr): number {
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
   * @throws `BridgeError` `ERR_BRIDGE_OUTPUT` naming what is missing or unknown.
   */
  read(site: CallSite, data: OutputData, entities: ReadonlyMap<EntityId, Entity>): readonly unknown[] {
    const refuse = (problem: string) => simulatorFault("ERR_BRIDGE_OUTPUT", site, problem);
    if (typeof data !== "object" || data === null) throw refuse(`returned ${String(data)} instead of an object`);
    for (const [eid, attrs] of Object.entries(data)) {
      const entity = entities.get(eid);
      if (entity === undefined) {
        if (eid === "time" && typeof attrs === "number") {
          checkOutputTime(site, attrs);
          continue;
        }
        throw refuse(
          `returned data of "${eid}", an entity that was never created; there are: ${listed(entities.keys())}`,
        );
      }
      if (typeof attrs !== "object" || attrs === null) throw refuse(`returned ${String(attrs)} for entity ${eid}`);
      for (const attr of Object.keys(attrs)) {
        if (entity.attrs.has(attr)) continue;
        throw refuse(
          `returned unknown attribute "${attr}" of ${eid}; model ${entity.type} has: ${listed(entity.attrs)}`,
        );
      }
    }
    return this.#ports.map(({ eid, attr }) => {
      const attrs = Object.hasOwn(data, eid) ? data[eid]! : undefined;
      const value = typeof attrs === "object" && Object.hasOwn(attrs, attr) ? attrs[attr] : undefined;
      if (value === undefined) throw refuse(`returned no value for attribute "${attr}" of ${eid}`);
      return value;
    });
  }

  /** Keep the values of a step; later than all before. */
  push(time: Time, values: readonly unknown[]): void {
    this.#entries.push({ time, values });
  }

  /** The newest values at or before `time`, if there are any. */
  at(time: Time): readonly unknown[] | undefined {
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const entry = this.#entries[i]!;
      if (entry.time <= time) return entry.values;
    }
    return undefined;
  }

  /** Forget what {@link at} cannot give any more, now that nobody asks for a time before `time`. */
  prune(time: Time): void {
    let passed = 0;
    while (passed + 1 < this.#entries.length && this.#entries[passed + 1]!.time <= time) passed++;
    if (passed > 0) this.#entries.splice(0, passed);
  }

  /** Values as an object, for an observer. */
  toData(values: readonly unknown[]): Record<EntityId, Record<Attr, unknown>> {
    const data: Record<EntityId, Record<Attr, unknown>> = {};
    for (const [port, { eid, attr }] of this.#ports.entries()) {
      data[eid] ??= {};
      data[eid][attr] = values[port];
    }
    return data;
  }
}

/** mosaik lets `getData` answer the time at which the outputs hold; for a time-based simulator, that of its step. */
function checkOutputTime(site: CallSite, time: number): void {
  if (time === site.time) return;
  const problem = `output time ${time} is not the time of the step, ${site.time}`;
  throw simulatorFault("ERR_BRIDGE_OUTPUT_TIME", site, problem);
}
