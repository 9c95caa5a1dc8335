import { plainObject } from "../codec/index.ts";
import type { Attr, EntityId, FullId, InputData } from "./types.ts";

/** Where in a step's inputs a value goes. */
export interface InputPlace {
  readonly eid: EntityId;
  readonly attr: Attr;
  readonly source: FullId;
}

/** An attribute of an entity with inputs, and its sources in the order of their slots. */
export interface AttrLayout {
  readonly attr: Attr;
  readonly sources: readonly FullId[];
  /** Of its first source: thousands of objects with one key each, and another one, are made three times as quickly. */
  readonly hash: number;
}

/** An entity with inputs, and its attributes in the order of their slots. */
export interface EntityLayout {
  readonly eid: EntityId;
  readonly attrs: readonly AttrLayout[];
}

/**
 * The form of inputs that have the same places in every step: each value has a slot, and slots count up in the order in
 * which JavaScript goes through the object.
 */
export class InputLayout {
  /** Of each place, in the order in which they were given, its slot. */
  readonly slots: Int32Array;
  /** The places in the order of their slots. */
  readonly entities: readonly EntityLayout[];

  private constructor(slots: Int32Array, entities: readonly EntityLayout[]) {
    this.slots = slots;
    this.entities = entities;
  }

  /** @returns Undefined if two of the places are the same: one value overrules the other then. */
  static of(places: readonly InputPlace[]): InputLayout | undefined {
    const numbers: InputData = {};
    for (const [i, place] of places.entries()) putInput(numbers, place, i);
    const slots = new Int32Array(places.length);
    const hashes = new Map<FullId, number>();
    for (const { source } of places) if (!hashes.has(source)) hashes.set(source, hashes.size);
    let slot = 0;
    const entities = Object.entries(numbers).map(([eid, attrs]) => ({
      eid,
      attrs: Object.entries(attrs).map(([attr, bySource]) => {
        for (const number of Object.values(bySource)) slots[number as number] = slot++;
        const sources = Object.keys(bySource);
        return { attr, sources, hash: hashes.get(sources[0]!)! };
      }),
    }));
    return slot === places.length ? new InputLayout(slots, entities) : undefined;
  }

  /** An object of these values, one for each slot: of its receiver, to keep or change. */
  fill(values: ArrayLike<unknown>): InputData {
    const inputs: InputData = {};
    let slot = 0;
    for (const { eid, attrs } of this.entities) {
      const ofEntity: Record<Attr, Record<FullId, unknown>> = {};
      for (const { attr, sources, hash } of attrs) {
        const bySource: Record<FullId, unknown> = plainObject(hash);
        for (const source of sources) bySource[source] = values[slot++];
        ofEntity[attr] = bySource;
      }
      inputs[eid] = ofEntity;
    }
    return inputs;
  }
}

/** Inputs of one step in a known form. Who writes them into a message needs no object of them. */
export class PlacedInputs {
  readonly layout: InputLayout;
  /** One for each slot; a `Float64Array` holds numbers as a codec reads them, none of them -0. */
  readonly values: ArrayLike<unknown>;

  constructor(layout: InputLayout, values: ArrayLike<unknown>) {
    this.layout = layout;
    this.values = values;
  }

  toData(): InputData {
    return this.layout.fill(this.values);
  }

  /** In a log they look as any others. */
  toJSON(): InputData {
    return this.toData();
  }
}

/** Put a value into inputs; it overrules the one in the same place. An entity may well be called `constructor`. */
export function putInput(inputs: InputData, { eid, attr, source }: InputPlace, value: unknown): void {
  if (!Object.hasOwn(inputs, eid)) {
    // Of thousands of entities this is most of a step: each object is looked up once.
    const sources: Record<FullId, unknown> = {};
    sources[source] = value;
    const first: Record<Attr, Record<FullId, unknown>> = {};
    first[attr] = sources;
    inputs[eid] = first;
    return;
  }
  const attrs = inputs[eid]!;
  if (Object.hasOwn(attrs, attr)) attrs[attr]![source] = value;
  else attrs[attr] = { [source]: value };
}
