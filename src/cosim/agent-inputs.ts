import { BridgeError } from "../errors.ts";
import type { AgentInput } from "./agent-model.ts";
import type { BridgeInput } from "./bridge.ts";
import type { EntityLayout, InputLayout, PlacedInputs } from "./input-layout.ts";
import type { Attr, EntityId, FullId, InputData, Time } from "./types.ts";

/** What the inputs of an entity have to do with its agent. */
export interface InputTaker {
  /** Method that takes them. */
  readonly method: string | undefined;
  readonly inputs: ReadonlyMap<Attr, Required<AgentInput>>;
  /** The same as a list, which every step goes through for every agent. */
  readonly inputList: readonly (readonly [Attr, Required<AgentInput>])[];
}

/** An input that an agent gets: the value of a slot, or those of the slots of several sources, in the order of their ids. */
interface PlacedInput {
  readonly attr: Attr;
  readonly slot: number;
  readonly sources: readonly { readonly source: FullId; readonly slot: number }[] | undefined;
}

/** The call of one agent, of inputs in known places. */
interface PlacedCall {
  readonly agent: EntityId;
  readonly method: string;
  readonly inputs: readonly PlacedInput[];
  /** Values and containers in its arguments, if all values are numbers. */
  readonly nodes: number;
}

/** Inputs of a step as calls of the agents that they are for, each with one object by attribute. */
export class AgentInputs {
  readonly #takerOf: (eid: EntityId) => InputTaker;
  /** Of the last layout; null if inputs of that form are refused, which is said as of any others. */
  #placed: { readonly layout: InputLayout; readonly calls: readonly PlacedCall[] | null } | undefined;

  /** @param takerOf - Throws BridgeError `ERR_BRIDGE_INPUT` for an entity that there is not. */
  constructor(takerOf: (eid: EntityId) => InputTaker) {
    this.#takerOf = takerOf;
  }

  /**
   * The calls, in the order of the inputs.
   *
   * @throws BridgeError `ERR_BRIDGE_INPUT` for an entity or an attribute that there is not, and for an attribute of one
   *   source that has more, or none.
   */
  calls(inputs: InputData, time: Time): BridgeInput[] {
    return Object.keys(inputs).map((eid) => this.#call(eid, inputs[eid]!, time));
  }

  /** The same of inputs in known places: what is the same in every step is looked up once. */
  placedCalls(inputs: PlacedInputs, time: Time): BridgeInput[] {
    const { layout, values } = inputs;
    if (this.#placed?.layout !== layout) this.#placed = { layout, calls: this.#callsOf(layout) };
    const { calls } = this.#placed;
    if (calls === null) return this.calls(inputs.toData(), time);
    // Where they are numbers, what is made here is the agent's copy.
    const areNumbers = values instanceof Float64Array;
    return calls.map(({ agent, method, inputs, nodes }) => {
      const args = [declaredOf(inputs, values)];
      return areNumbers ? { agent, method, args, ownNodes: nodes } : { agent, method, args };
    });
  }

  #call(eid: EntityId, attrs: InputData[string], time: Time): BridgeInput {
    const { inputs, inputList, method } = this.#takerOf(eid);
    for (const attr in attrs) {
      if (method !== undefined && inputs.has(attr)) continue;
      const taken = [...inputs.keys()].join(", ") || "none";
      throw new BridgeError("ERR_BRIDGE_INPUT", `agent "${eid}" takes no input "${attr}"; its inputs: ${taken}`);
    }
    const declared: Record<Attr, unknown> = {};
    for (const [attr, { sources }] of inputList) {
      if (!Object.hasOwn(attrs, attr)) continue;
      const bySource = attrs[attr]!;
      declared[attr] = sources === "all" ? sorted(bySource) : this.#single(eid, attr, bySource, time);
    }
    return { agent: eid, method: method!, args: [declared] };
  }

  /** The value of an input with one source. */
  #single(eid: EntityId, attr: Attr, bySource: Readonly<Record<string, unknown>>, time: Time): unknown {
    let count = 0;
    let value: unknown;
    for (const source in bySource) {
      value = bySource[source];
      count++;
    }
    if (count === 1) return value;
    const sources = Object.keys(bySource).sort();
    const text = `input "${attr}" of agent "${eid}" at step ${time} has one source, got ${count}: ${sources.join(", ")}`;
    throw new BridgeError("ERR_BRIDGE_INPUT", text, { agent: eid, method: this.#takerOf(eid).method! });
  }

  /** Null if any of it is to be refused. */
  #callsOf({ entities }: InputLayout): readonly PlacedCall[] | null {
    const calls: PlacedCall[] = [];
    let slot = 0;
    for (const { eid, attrs } of entities) {
      const { inputs, inputList, method } = this.#takerOf(eid);
      const slots = new Map<Attr, number>();
      for (const { attr, sources } of attrs) {
        const taken = inputs.get(attr);
        if (method === undefined || taken === undefined || (taken.sources === "one" && sources.length !== 1))
          return null;
        slots.set(attr, slot);
        slot += sources.length;
      }
      const placed = placedInputs(attrs, slots, inputList);
      // The list, its object, and each value, or an object of those of several sources.
      const nodes = placed.reduce((sum, { sources }) => sum + 1 + (sources?.length ?? 0), 2);
      calls.push({ agent: eid, method: method!, inputs: placed, nodes });
    }
    return calls;
  }
}

/** The inputs of one agent, in the order in which they were declared. @param slots - Of each attribute, its first. */
function placedInputs(
  attrs: EntityLayout["attrs"],
  slots: ReadonlyMap<Attr, number>,
  inputList: InputTaker["inputList"],
): PlacedInput[] {
  const sourcesOf = new Map(attrs.map(({ attr, sources }) => [attr, sources]));
  const placed: PlacedInput[] = [];
  for (const [attr, { sources: arity }] of inputList) {
    const slot = slots.get(attr);
    if (slot === undefined) continue;
    const all = sourcesOf.get(attr)!.map((source, i) => ({ source, slot: slot + i }));
    all.sort((a, b) => (a.source < b.source ? -1 : 1));
    placed.push({ attr, slot, sources: arity === "all" ? all : undefined });
  }
  return placed;
}

function declaredOf(inputs: readonly PlacedInput[], values: ArrayLike<unknown>): Record<Attr, unknown> {
  const declared: Record<Attr, unknown> = {};
  for (const { attr, slot, sources } of inputs) {
    declared[attr] = sources === undefined ? values[slot] : bySourceOf(sources, values);
  }
  return declared;
}

function bySourceOf(sources: NonNullable<PlacedInput["sources"]>, values: ArrayLike<unknown>): Record<FullId, unknown> {
  return Object.fromEntries(sources.map(({ source, slot }) => [source, values[slot]]));
}

/** Values in the order of their sources' ids: mosaik's is that of Python's sets, another one in every run. */
function sorted(bySource: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const sources = Object.keys(bySource).sort();
  return Object.fromEntries(sources.map((source) => [source, bySource[source]]));
}
