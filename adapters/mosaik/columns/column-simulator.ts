import type {
  Attr,
  CreateResult,
  EntityId,
  InputData,
  Meta,
  ModelMeta,
  OutputData,
  OutputRequest,
  Time,
} from "../../../src/cosim/index.ts";
import { Simulator } from "../../../src/cosim/index.ts";
import type { channel } from "../../../src/index.ts";
import { ColumnCodec } from "./column-codec.ts";
import { type Cell, type ColumnWire, ReceivedInputs } from "./column-messages.ts";

/** A model whose attributes are numbers. */
export interface ColumnModel {
  /** Parameters that `create` takes. */
  readonly params?: readonly string[];
  /** Attributes that take the sum of what is connected to them. */
  readonly inputs?: readonly Attr[];
  /** Attributes that can be read. */
  readonly outputs?: readonly Attr[];
}

/** The entities of one model: a row each, in the order in which they were created. */
export class Columns {
  /** Their ids. */
  readonly eids: EntityId[] = [];
  /** Inputs of the present step, by attribute: the sum over all sources, NaN for an entity without any. */
  readonly inputs: Record<Attr, Float64Array> = {};
  /** Outputs, by attribute; they keep their values until they are changed. At first 0. */
  readonly outputs: Record<Attr, Float64Array> = {};

  /** @internal */
  constructor({ inputs = [], outputs = [] }: ColumnModel) {
    for (const attr of inputs) this.inputs[attr] = new Float64Array(0);
    for (const attr of outputs) this.outputs[attr] = new Float64Array(0);
  }

  /** Entities. */
  get length(): number {
    return this.eids.length;
  }

  /** @internal */
  add(eids: readonly EntityId[]): void {
    for (const eid of eids) this.eids.push(eid);
    for (const columns of [this.inputs, this.outputs]) {
      for (const attr in columns) {
        const longer = new Float64Array(this.eids.length);
        longer.set(columns[attr]!);
        columns[attr] = longer;
      }
    }
  }
}

/**
 * A time-based simulator of many alike entities whose attributes are numbers: a step gets the inputs of all of them as
 * arrays, and leaves its outputs in arrays. Under mosaik it needs a fraction of what objects for each entity cost.
 *
 * Under mosaik or in a `World` it is a simulator as any other.
 */
export abstract class ColumnSimulator extends Simulator {
  readonly meta: Meta;
  readonly #columns: Record<string, Columns> = {};
  /** Model and row of each entity. */
  readonly #rows = new Map<EntityId, readonly [columns: Columns, row: number]>();
  /** Set where its messages are read and written without objects for each entity. @internal */
  wire: ColumnWire | undefined;

  constructor(models: Readonly<Record<string, ColumnModel>>) {
    super();
    const metas: Record<string, ModelMeta> = {};
    for (const [name, model] of Object.entries(models)) {
      const { params = [], inputs = [], outputs = [] } = model;
      metas[name] = { public: true, params, attrs: [...new Set([...inputs, ...outputs])] };
      this.#columns[name] = new Columns(model);
    }
    this.meta = { api_version: "3.0", type: "time-based", models: metas };
  }

  /**
   * Go on from `time` to the next step: read the inputs, change the outputs.
   *
   * @param models - The columns of each model; the same objects in every step.
   * @param maxAdvance - As in `Simulator.step`.
   * @returns Time of the next step: an integer > `time`.
   */
  abstract stepColumns(time: Time, models: Readonly<Record<string, Columns>>, maxAdvance: Time): Time | Promise<Time>;

  /** Entities of `model` have been made, in the rows from `from` on, with these parameters. */
  created(_model: string, _columns: Columns, _from: number, _params: Readonly<Record<string, unknown>>): void {}

  create(num: number, model: string, params: Readonly<Record<string, unknown>>): CreateResult[] {
    const columns = this.#columns[model]!;
    const from = columns.length;
    const made = Array.from({ length: num }, (_, i) => ({ eid: `${model}-${from + i}`, type: model }));
    columns.add(made.map(({ eid }) => eid));
    for (let row = from; row < columns.length; row++) this.#rows.set(columns.eids[row]!, [columns, row]);
    this.wire?.forget();
    this.created(model, columns, from, params);
    return made;
  }

  step(time: Time, inputs: InputData, maxAdvance: Time): Time | Promise<Time> {
    for (const model in this.#columns) {
      for (const column of Object.values(this.#columns[model]!.inputs)) column.fill(Number.NaN);
    }
    if (inputs instanceof ReceivedInputs) inputs.apply();
    else this.#take(inputs);
    return this.stepColumns(time, this.#columns, maxAdvance);
  }

  getData(asked: OutputRequest): OutputData {
    const sent = this.wire?.answer(asked);
    if (sent !== undefined) return sent as unknown as OutputData;
    const data: Record<EntityId, Record<Attr, number>> = {};
    for (const eid in asked) {
      const values: Record<Attr, number> = {};
      for (const attr of asked[eid]!) {
        const cell = this.outputCell(eid, attr);
        if (cell === undefined) throw this.#missing(eid, attr, "outputs");
        values[attr] = cell[0][cell[1]]!;
      }
      data[eid] = values;
    }
    return data;
  }

  /** How its messages stand on mosaik's wire. @internal */
  wireCodec(): channel.Codec {
    const codec = new ColumnCodec(this);
    this.wire = codec;
    return codec;
  }

  /** Column and row of an input; undefined if there is none. @internal */
  inputCell(eid: EntityId, attr: Attr): Cell | undefined {
    return cellOf(this.#rows.get(eid), "inputs", attr);
  }

  /** Column and row of an output; undefined if there is none. @internal */
  outputCell(eid: EntityId, attr: Attr): Cell | undefined {
    return cellOf(this.#rows.get(eid), "outputs", attr);
  }

  #take(inputs: InputData): void {
    for (const eid in inputs) {
      const attrs = inputs[eid]!;
      for (const attr in attrs) {
        const cell = this.inputCell(eid, attr);
        if (cell === undefined) throw this.#missing(eid, attr, "inputs");
        let sum: number | undefined;
        for (const [source, value] of Object.entries(attrs[attr]!)) {
          if (typeof value !== "number") {
            throw new TypeError(`input "${attr}" of ${eid} takes numbers, ${source} gives ${JSON.stringify(value)}`);
          }
          sum = sum === undefined ? value : sum + value;
        }
        if (sum !== undefined) cell[0][cell[1]] = sum;
      }
    }
  }

  #missing(eid: EntityId, attr: Attr, kind: "inputs" | "outputs"): RangeError {
    const place = this.#rows.get(eid);
    if (place === undefined) return new RangeError(`there is no entity "${eid}"`);
    const there = Object.keys(place[0][kind]).join(", ") || "none";
    return new RangeError(`"${attr}" is none of the ${kind} of entity "${eid}"; it has: ${there}`);
  }
}

function cellOf(
  place: readonly [columns: Columns, row: number] | undefined,
  kind: "inputs" | "outputs",
  attr: Attr,
): Cell | undefined {
  if (place === undefined || !Object.hasOwn(place[0][kind], attr)) return undefined;
  return [place[0][kind][attr]!, place[1]];
}
