import { isDeepStrictEqual } from "../host.ts";
import type { AgentOutput } from "./agent-model.ts";
import type { Population } from "./population.ts";
import type { Attr, EntityId, OutputData, OutputRequest } from "./types.ts";

/** A value that was put out, and in which step. */
interface PutOut {
  value: unknown;
  step: number;
}

/** What a population puts out after a step: states always, changes when they differ, events when there were some. */
export class AgentOutputs {
  readonly #population: Pick<Population, "read" | "takeOutputEvents">;
  readonly #kindsOf: (eid: EntityId) => ReadonlyMap<Attr, AgentOutput>;
  /** What was put out last of every output of kind `change`. */
  readonly #last = new Map<EntityId, Map<Attr, PutOut>>();
  #events: ReturnType<Population["takeOutputEvents"]> = new Map();
  /** Steps made. */
  #step = 0;

  /** @param kindsOf - Kinds of an entity's outputs. */
  constructor(
    population: Pick<Population, "read" | "takeOutputEvents">,
    kindsOf: (eid: EntityId) => ReadonlyMap<Attr, AgentOutput>,
  ) {
    this.#population = population;
    this.#kindsOf = kindsOf;
  }

  /** A step was made: what it emitted is what is put out from now on. */
  stepped(): void {
    this.#step++;
    this.#events = this.#population.takeOutputEvents();
  }

  /** Answer `getData`; asked twice in one step it gives the same. */
  async get(request: OutputRequest): Promise<OutputData> {
    const data: Record<EntityId, Record<Attr, unknown>> = {};
    const fields = new Map<EntityId, readonly Attr[]>();
    for (const eid of Object.keys(request)) {
      const attrs = request[eid]!;
      const kinds = this.#kindsOf(eid);
      fields.set(eid, onlyStates(kinds, attrs) ? attrs : attrs.filter((attr) => kinds.get(attr) !== "event"));
    }
    const read = this.#population.read(fields);
    const all = read instanceof Promise ? await read : read;
    for (const [eid, values] of all) {
      const attrs = request[eid]!;
      const kinds = this.#kindsOf(eid);
      if (fields.get(eid) === attrs) {
        data[eid] = values;
        continue;
      }
      for (const attr of attrs) {
        const kind = kinds.get(attr);
        if (kind === "change" && !this.#changed(eid, attr, values[attr])) delete values[attr];
        else if (kind === "event") this.#addEvent(eid, attr, values);
      }
      if (attrs.length === 0 || Object.keys(values).length > 0) data[eid] = values;
    }
    return data;
  }

  #addEvent(eid: EntityId, attr: Attr, values: Record<Attr, unknown>): void {
    const events = this.#events.get(eid);
    if (events !== undefined && Object.hasOwn(events, attr)) values[attr] = events[attr];
  }

  #changed(eid: EntityId, attr: Attr, value: unknown): boolean {
    let ofEntity = this.#last.get(eid);
    if (ofEntity === undefined) {
      ofEntity = new Map();
      this.#last.set(eid, ofEntity);
    }
    const last = ofEntity.get(attr);
    if (isDeepStrictEqual(last?.value ?? null, value)) return last?.step === this.#step;
    ofEntity.set(attr, { value, step: this.#step });
    return true;
  }
}

/** So it is for nearly every entity, and then there is nothing to compare or to add. */
function onlyStates(kinds: ReadonlyMap<Attr, AgentOutput>, attrs: readonly Attr[]): boolean {
  for (const attr of attrs) if (kinds.get(attr) !== "state") return false;
  return true;
}
