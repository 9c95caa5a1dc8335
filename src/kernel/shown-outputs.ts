import { hashValue } from "../codec/hash-value.ts";
import { plainCopy, type TypeRegistry } from "../codec/index.ts";
import { describeError } from "../errors.ts";
import { Hash64 } from "../hash.ts";
import { warn } from "../host.ts";
import type { AgentRecord, ShownValues } from "./model.ts";
import type { Cause } from "./trace/cause.ts";

/** Reads a field or getter of the agent's object, and gives a copy; what the agent's code throws there goes on. */
export interface ReadOutput {
  /** The value itself. */
  value(record: AgentRecord, name: string): unknown;
  /** @throws ValueError for a value that cannot cross. */
  copy(value: unknown, root: string): unknown;
}

/** Takes new values of an agent's outputs: the how many-th change it is, and the last event of the agent before it. */
export type TellOutputs = (record: AgentRecord, number: number, cause: Cause, values: Record<string, unknown>) => void;

/** Stands before a digest: no string that may be a value has it. */
const DIGEST = "\ud800";

/** Outputs of classes about which a warning is given, at most. */
const WARNED_MAX = 1000;

/**
 * What agents' outputs have shown to observers, so that these are told of changes alone. It is kept per agent from the
 * first time that somebody observes: nothing of it is in the trace hash, and no number of containers changes it.
 */
export class ShownOutputs {
  readonly #types: TypeRegistry;
  readonly #read: ReadOutput;
  /** Agents with outputs that this round has served, with the last event of each. */
  #served = new Map<AgentRecord, Cause>();
  /** Events that agents have emitted in this round. */
  #emitted = new Map<AgentRecord, Map<string, unknown>>();
  readonly #warned = new Set<string>();

  constructor(types: TypeRegistry, read: ReadOutput) {
    this.#types = types;
    this.#read = read;
  }

  /** An agent is served because of the event. */
  served(record: AgentRecord, event: Cause): void {
    if (record.type.outputs.length > 0) this.#served.set(record, event);
  }

  /** An agent has emitted an event: whoever observes is told, be it the same value again. */
  emitted(record: AgentRecord, output: string, value: unknown): void {
    const values = this.#emitted.get(record);
    if (values === undefined) this.#emitted.set(record, new Map([[output, value]]));
    else values.set(output, value);
  }

  /** The round has ended: tell of each agent whose outputs have changed. */
  changes(tell: TellOutputs): void {
    if (this.#served.size === 0) return;
    for (const [record, cause] of this.#served) {
      const emitted = this.#emitted.get(record);
      this.#emitted.delete(record);
      if (record.agent === undefined) continue;
      record.rare.shown ??= { count: 0, last: new Map() };
      const { shown } = record.rare;
      const values = this.#changed(record, shown, emitted);
      if (values === undefined) continue;
      tell(record, shown.count++, cause, values);
    }
    this.#served.clear();
  }

  #changed(
    record: AgentRecord,
    { last }: ShownValues,
    emitted: ReadonlyMap<string, unknown> | undefined,
  ): Record<string, unknown> | undefined {
    let values: Record<string, unknown> | undefined;
    for (const name of record.type.outputs) {
      const value = this.#valueOf(record, name, last);
      const now = emitted?.has(name) === true ? emitted.get(name) : value;
      if (now === undefined) continue;
      values ??= {};
      values[name] = plainCopy(now, this.#types);
    }
    return values;
  }

  /** What an output shows, if that is not what it has shown last. */
  #valueOf(record: AgentRecord, name: string, last: Map<string, unknown>): unknown {
    try {
      const value = this.#read.value(record, name);
      // A name that stands for emitted events alone has no field.
      if (value === undefined || Object.is(value, last.get(name))) return undefined;
      const copy = this.#read.copy(value, `${record.id}.${name}`);
      const kept = typeof copy === "object" && copy !== null ? this.#digest(copy) : copy;
      if (last.has(name) && Object.is(kept, last.get(name))) return undefined;
      last.set(name, kept);
      return copy;
    } catch (error) {
      this.#warn(record, name, error);
      return undefined;
    }
  }

  #digest(value: object): string {
    const hash = new Hash64();
    hashValue(hash, value, this.#types);
    return DIGEST + hash.hex();
  }

  /** Say once for each output of a class that it cannot be read: observing must not fail the run. */
  #warn(record: AgentRecord, name: string, error: unknown): void {
    const output = `${record.type.name}.${name}`;
    if (this.#warned.has(output) || this.#warned.size >= WARNED_MAX) return;
    this.#warned.add(output);
    const [, , message] = describeError(error);
    const text = `output "${name}" of agent "${record.id}" (${record.type.name}) cannot be shown to observers: ${message}`;
    warn(text, "COSIMAS_OUTPUT");
  }
}
