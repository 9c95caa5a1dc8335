import { BridgeError } from "../errors.ts";
import { isDeepStrictEqual } from "../host.ts";
import { LastEvents, type OutputReader, type TakenEvents } from "../kernel/outside.ts";
import type { AgentOutput } from "./agent-model.ts";
import type { Population } from "./population.ts";
import type { Attr, EntityId, OutputData, OutputRequest } from "./types.ts";

/** A value that was put out, and in which step. */
interface PutOut {
  value: unknown;
  step: number;
}

/** What of a population is needed. */
type Read = Pick<Population, "read" | "reader" | "takeAllOutputEvents">;

/** What is read for a question. */
interface Asked {
  readonly request: OutputRequest;
  readonly fields: ReadonlyMap<EntityId, readonly Attr[]>;
  /** Reads them, all being states, one value after the other; undefined until it is needed, null if there is none. */
  reader: OutputReader | null | undefined;
}

/** What a population puts out after a step: states always, changes when they differ, events when there were some. */
export class AgentOutputs {
  readonly #population: Read;
  readonly #kindsOf: (eid: EntityId) => ReadonlyMap<Attr, AgentOutput>;
  /** What was put out last of every output of kind `change`. */
  readonly #last = new Map<EntityId, Map<Attr, PutOut>>();
  readonly #lastEvents = new LastEvents(
    'declare the output as "events" in agentModel, and all of them are put out as a list of { time, value }',
  );
  #events: TakenEvents["byAgent"] = new Map();
  /** The last question that cannot change, and what of it is read. */
  #asked: Asked | undefined;
  /** Steps made. */
  #step = 0;

  /** @param kindsOf - Kinds of an entity's outputs. */
  constructor(population: Read, kindsOf: (eid: EntityId) => ReadonlyMap<Attr, AgentOutput>) {
    this.#population = population;
    this.#kindsOf = kindsOf;
  }

  /** A step was made: what it emitted is what is put out from now on. */
  stepped(): void {
    this.#step++;
    const { byAgent, lost } = this.#population.takeAllOutputEvents();
    this.#events = byAgent;
    if (lost > 0) this.#refuseLoss(lost);
  }

  /** All that an output of kind `events` is for is that none is lost. */
  #refuseLoss(lost: number): void {
    for (const [agent, outputs] of this.#events) {
      const kinds = this.#kindsOf(agent);
      const output = Object.keys(outputs).find((attr) => kinds.get(attr) === "events");
      if (output === undefined) continue;
      const text = `${lost} events were emitted in this step beyond limits.outputEventsMax, so that "${output}" of agent "${agent}" and others are not complete; raise that limit, or step more often`;
      throw new BridgeError("ERR_BRIDGE_EVENTS", text, { agent });
    }
  }

  /** Answer `getData`; asked twice in one step it gives the same. */
  async get(request: OutputRequest): Promise<OutputData> {
    const data: Record<EntityId, Record<Attr, unknown>> = {};
    const fields = this.#fieldsOf(request);
    const read = this.#population.read(fields);
    const all = read instanceof Promise ? await read : read;
    for (const [eid, values] of all) {
      const attrs = request[eid]!;
      if (fields.get(eid) === attrs) {
        data[eid] = values;
        continue;
      }
      const kinds = this.#kindsOf(eid);
      for (const attr of attrs) {
        const kind = kinds.get(attr);
        if (kind === "change" && !this.#changed(eid, attr, values[attr])) delete values[attr];
        else if (isEmitted(kind)) this.#addEvents(eid, attr, kind, values);
      }
      if (attrs.length === 0 || Object.keys(values).length > 0) data[eid] = values;
    }
    return data;
  }

  /** What is to be read of each agent. Masters ask for the same after every step, by an object that is frozen then. */
  #fieldsOf(request: OutputRequest): ReadonlyMap<EntityId, readonly Attr[]> {
    if (this.#asked?.request === request) return this.#asked.fields;
    const fields = new Map<EntityId, readonly Attr[]>();
    for (const eid of Object.keys(request)) {
      const attrs = request[eid]!;
      const kinds = this.#kindsOf(eid);
      fields.set(eid, onlyStates(kinds, attrs) ? attrs : attrs.filter((attr) => !isEmitted(kinds.get(attr))));
    }
    this.#asked = Object.isFrozen(request) ? { request, fields, reader: undefined } : undefined;
    return fields;
  }

  /**
   * The values of {@link get} alone, in their order, for a question that is frozen; undefined if they are not all states, or
   * cannot be read so.
   */
  values(request: OutputRequest): unknown[] | undefined {
    const fields = this.#fieldsOf(request);
    const asked = this.#asked;
    if (asked === undefined) return undefined;
    if (asked.reader === undefined) {
      const plain = Object.keys(request).every((eid) => fields.get(eid) === request[eid] && keepsOrder(request[eid]!));
      asked.reader = plain ? (this.#population.reader?.(fields) ?? null) : null;
    }
    return asked.reader?.();
  }

  #addEvents(eid: EntityId, attr: Attr, kind: "event" | "events", values: Record<Attr, unknown>): void {
    const outputs = this.#events.get(eid);
    if (outputs === undefined || !Object.hasOwn(outputs, attr)) return;
    const events = outputs[attr]!;
    values[attr] = kind === "events" ? events : this.#lastEvents.of(eid, attr, events);
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

function isEmitted(kind: AgentOutput | undefined): kind is "event" | "events" {
  return kind === "event" || kind === "events";
}

/** So it is for nearly every entity, and then there is nothing to compare or to add. */
function onlyStates(kinds: ReadonlyMap<Attr, AgentOutput>, attrs: readonly Attr[]): boolean {
  for (const attr of attrs) if (kinds.get(attr) !== "state") return false;
  return true;
}

/** Are these the keys of an object to which they are given one after the other? */
function keepsOrder(attrs: readonly Attr[]): boolean {
  const object: Record<Attr, number> = {};
  for (const attr of attrs) object[attr] = 0;
  const keys = Object.keys(object);
  return keys.length === attrs.length && keys.every((key, i) => key === attrs[i]);
}
