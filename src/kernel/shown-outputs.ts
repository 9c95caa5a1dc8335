import { hashValue } from "../codec/hash-value.ts";
import { plainCopy, type TypeRegistry } from "../codec/index.ts";
import { describeError } from "../errors.ts";
import { Hash64 } from "../hash.ts";
import { warn } from "../host.ts";
import { type AgentRecord, ShownValues } from "./model.ts";
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
  /** Agents with outputs that this round has served. */
  #served: AgentRecord[] = [];
  /** Events that agents have emitted in this round. */
  #emitted = new Map<AgentRecord, Map<string, unknown>>();
  readonly #warned = new Set<string>();

  constructor(types: TypeRegistry, read: ReadOutput) {
    this.#types = types;
    this.#read = read;
  }

  /** An agent is served because of the event. */
  served(record: AgentRecord, event: Cause): void {
    if (record.type.outputs.length === 0) return;
    const { rare } = record;
    rare.shown ??= new ShownValues();
    const { shown } = rare;
    if (shown.served === undefined) this.#served.push(record);
    shown.served = event;
  }

  /** An agent has emitted an event: whoever observes is told, be it the same value again. */
  emitted(record: AgentRecord, output: string, value: unknown): void {
    const values = this.#emitted.get(record);
    if (values === undefined) this.#emitted.set(record, new Map([[output, value]]));
    else values.set(output, value);
  }

  /** The round has ended: tell of each agent whose outputs have changed. */
  changes(tell: TellOutputs): void {
    if (this.#served.length === 0) return;
    const served = this.#served;
    this.#served = [];
    for (let i = 0; i < served.length; i++) this.#tellOf(served[i]!, tell);
  }

  #tellOf(record: AgentRecord, tell: TellOutputs): void {
    const { shown } = record.rare;
    const emitted = this.#emitted.size === 0 ? undefined : this.#emitted.get(record);
    if (emitted !== undefined) this.#emitted.delete(record);
    const cause = shown?.served;
    if (record.agent === undefined || shown === undefined || cause === undefined) return;
    shown.served = undefined;
    const values = this.#changed(record, shown.last, emitted);
    if (values !== undefined) tell(record, shown.count++, cause, values);
  }

  #changed(
    record: AgentRecord,
    last: unknown[],
    emitted: ReadonlyMap<string, unknown> | undefined,
  ): Record<string, unknown> | undefined {
    const { outputs } = record.type;
    let values: Record<string, unknown> | undefined;
    for (let i = 0; i < outputs.length; i++) {
      const name = outputs[i]!;
      const value = this.#valueOf(record, name, i, last);
      const now = emitted?.has(name) === true ? emitted.get(name) : value;
      if (now === undefined) continue;
      values ??= {};
      values[name] = plainCopy(now, this.#types);
    }
    return values;
  }

  /** What an output shows, the `i`-th of its class, if that is not what it has shown last. */
  #valueOf(record: AgentRecord, name: string, i: number, last: unknown[]): unknown {
    try {
      const value = this.#read.value(record, name);
      // A name that stands for emitted events alone has no field.
      if (value === undefined || Object.is(value, last[i])) return undefined;
      // Numbers can always be copied, and no error has to name them.
      const copy = this.#read.copy(value, typeof value === "number" ? "" : `${record.id}.${name}`);
      const kept = typeof copy === "object" && copy !== null ? this.#digest(copy) : copy;
      if (Object.is(kept, last[i])) return undefined;
      while (last.length < i) last.push(undefined);
      last[i] = kept;
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
