import { JsonPattern } from "../../../src/codec/index.ts";
import type { OutputRequest } from "../../../src/cosim/index.ts";
import { channel, DEFAULT_LIMITS, type Value } from "../../../src/index.ts";
import { isObject, parseCall } from "../remote/messages.ts";
import { isReordered } from "../remote/repeated-step.ts";
import { STEP_NUMBERS } from "../remote/step-messages.ts";
import {
  type Cell,
  type CellLookup,
  type Cells,
  type ColumnWire,
  ReceivedInputs,
  RepeatedArguments,
  SentOutputs,
} from "./column-messages.ts";

/** Numbers of an answer in front of its outputs: message type, id. */
const ANSWER_NUMBERS = 2;

/** Bytes of the longest message that is kept as a pattern. */
const PATTERN_BYTES_MAX = 8 * 1024 * 1024;

/** A `step` as a pattern, and where its inputs go. */
interface StepPattern {
  readonly pattern: JsonPattern;
  readonly cells: Cells;
}

/** A `get_data` as a pattern, what it asks for, and how that is answered. */
interface AskPattern {
  readonly pattern: JsonPattern;
  readonly asked: OutputRequest;
  readonly numbers: Float64Array;
  answer: { readonly pattern: JsonPattern; readonly cells: Cells } | undefined;
}

/**
 * mosaik's JSON for a `ColumnSimulator`. A `step` or `get_data` that is like the last one but for its numbers is read
 * as numbers, and answered so; everything else is read and written as ever.
 */
export class ColumnCodec implements channel.Codec, ColumnWire {
  readonly name = "mosaik-json";
  readonly types: channel.TypeRegistry;
  readonly #base = channel.createCodec("mosaik-json");
  readonly #simulator: CellLookup;
  #step: StepPattern | undefined;
  #ask: AskPattern | undefined;

  constructor(simulator: CellLookup) {
    this.#simulator = simulator;
    this.types = this.#base.types;
  }

  decode(bytes: Uint8Array, start = 0, end = bytes.length): Value {
    return (
      this.#repeatedStep(bytes, start, end) ?? this.#repeatedAsk(bytes, start, end) ?? this.#read(bytes, start, end)
    );
  }

  encode(value: unknown, headroomBytes?: number): Uint8Array {
    const [, id, content] = value as readonly [number, number, unknown];
    if (content instanceof SentOutputs) return content.write(id, headroomBytes ?? 0);
    return this.#base.encode(value, headroomBytes);
  }

  answer(asked: OutputRequest): SentOutputs | undefined {
    const ask = this.#ask;
    if (ask === undefined || asked !== ask.asked) return undefined;
    ask.answer ??= this.#answerTo(asked);
    if (ask.answer === undefined) return undefined;
    const { pattern, cells } = ask.answer;
    const { columns, column, row } = cells;
    const numbers = new Float64Array(pattern.count);
    numbers[0] = 1;
    for (let i = 0; i < row.length; i++) numbers[ANSWER_NUMBERS + i] = columns[column[i]!]![row[i]!]!;
    return new SentOutputs(pattern, numbers);
  }

  forget(): void {
    this.#step = undefined;
    this.#ask = undefined;
  }

  #repeatedStep(bytes: Uint8Array, start: number, end: number): Value | undefined {
    if (this.#step === undefined) return undefined;
    const { pattern, cells } = this.#step;
    const numbers = new Float64Array(pattern.count);
    if (!pattern.read(bytes, start, end, numbers)) return undefined;
    const inputs = new ReceivedInputs(cells, numbers, STEP_NUMBERS) as unknown as Value;
    return [
      numbers[0]!,
      numbers[1]!,
      ["step", RepeatedArguments.of(numbers[2]!, inputs, numbers.at(-1)!) as Value[], {}],
    ];
  }

  #repeatedAsk(bytes: Uint8Array, start: number, end: number): Value | undefined {
    if (this.#ask === undefined) return undefined;
    const { pattern, asked, numbers } = this.#ask;
    if (!pattern.read(bytes, start, end, numbers)) return undefined;
    return [numbers[0]!, numbers[1]!, ["get_data", RepeatedArguments.of(asked) as Value[], {}]];
  }

  #read(bytes: Uint8Array, start: number, end: number): Value {
    const message = this.#base.decode(bytes, start, end);
    if (end - start > PATTERN_BYTES_MAX || !Array.isArray(message) || message[0] !== 0) return message;
    const { name, args } = parseCall(message[2]!);
    const text = bytes.subarray(start, end);
    if (name === "step") this.#step = this.#stepLike(text, args[1]);
    else if (name === "get_data" && isObject(args[0])) this.#ask = askLike(text, args[0] as OutputRequest);
    return message;
  }

  #stepLike(text: Uint8Array, inputs: Value | undefined): StepPattern | undefined {
    if (!isObject(inputs)) return undefined;
    const cells: CellList = { columns: [], column: [], row: [], first: [] };
    for (const eid in inputs) {
      const attrs = inputs[eid];
      if (isReordered(eid) || !isObject(attrs)) return undefined;
      for (const attr in attrs) {
        const values = attrs[attr];
        if (isReordered(attr) || !isObject(values)) return undefined;
        const cell = this.#simulator.inputCell(eid, attr);
        if (cell === undefined) return undefined;
        let isFirst = true;
        for (const source in values) {
          if (isReordered(source) || typeof values[source] !== "number") return undefined;
          addCell(cells, cell, isFirst);
          isFirst = false;
        }
      }
    }
    const pattern = new JsonPattern(text, DEFAULT_LIMITS.integerDigitsMax);
    return pattern.count === STEP_NUMBERS + cells.row.length + 1 ? { pattern, cells: packed(cells) } : undefined;
  }

  #answerTo(asked: OutputRequest): AskPattern["answer"] {
    const cells: CellList = { columns: [], column: [], row: [], first: [] };
    const data: Record<string, Record<string, number>> = {};
    for (const eid in asked) {
      data[eid] = {};
      for (const attr of asked[eid]!) {
        if (isReordered(eid) || isReordered(attr) || Object.hasOwn(data[eid], attr)) return undefined;
        const cell = this.#simulator.outputCell(eid, attr);
        if (cell === undefined) return undefined;
        addCell(cells, cell, true);
        data[eid][attr] = 0;
      }
    }
    const pattern = new JsonPattern(this.#base.encode([1, 0, data]), DEFAULT_LIMITS.integerDigitsMax);
    return { pattern, cells: packed(cells) };
  }
}

function askLike(text: Uint8Array, asked: OutputRequest): AskPattern | undefined {
  const pattern = new JsonPattern(text, DEFAULT_LIMITS.integerDigitsMax);
  // Type and id alone: the names that are asked for are no numbers.
  if (pattern.count !== ANSWER_NUMBERS) return undefined;
  return { pattern, asked, numbers: new Float64Array(ANSWER_NUMBERS), answer: undefined };
}

interface CellList {
  readonly columns: Float64Array[];
  readonly column: number[];
  readonly row: number[];
  readonly first: number[];
}

function addCell(cells: CellList, [column, row]: Cell, isFirst: boolean): void {
  let index = cells.columns.indexOf(column);
  if (index < 0) index = cells.columns.push(column) - 1;
  cells.column.push(index);
  cells.row.push(row);
  cells.first.push(isFirst ? 1 : 0);
}

function packed({ columns, column, row, first }: CellList): Cells {
  return { columns, column: Int32Array.from(column), row: Int32Array.from(row), first: Uint8Array.from(first) };
}
