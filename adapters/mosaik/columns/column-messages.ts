import type { JsonPattern } from "../../../src/codec/index.ts";
import type { Attr, EntityId, OutputRequest } from "../../../src/cosim/index.ts";
import { CheckedArguments, PreparedAnswer } from "../remote/messages.ts";

/** A column and a row in it. */
export type Cell = readonly [column: Float64Array, row: number];

/** Where inputs and outputs are kept; undefined if there is none. */
export interface CellLookup {
  inputCell(eid: EntityId, attr: Attr): Cell | undefined;
  outputCell(eid: EntityId, attr: Attr): Cell | undefined;
}

/** Answers questions for outputs without an object for each entity. */
export interface ColumnWire {
  /** What answers `asked`, if it is a question that came before. */
  answer(asked: OutputRequest): SentOutputs | undefined;
  /** Forget what is known of messages: the columns are others. */
  forget(): void;
}

/** Places of numbers: a column and a row in it each. */
export interface Cells {
  readonly columns: readonly Float64Array[];
  /** Of each number, its column's index in `columns`. */
  readonly column: Int32Array;
  readonly row: Int32Array;
  /** 1 for the first number of a cell; others are added to it. */
  readonly first: Uint8Array;
}

/** Inputs of a step whose message was read as numbers alone; looks empty to whoever takes it for inputs by entity. */
export class ReceivedInputs {
  readonly #cells: Cells;
  readonly #numbers: Float64Array;
  /** Of the numbers, the first that is an input. */
  readonly #first: number;

  constructor(cells: Cells, numbers: Float64Array, first: number) {
    this.#cells = cells;
    this.#numbers = numbers;
    this.#first = first;
  }

  /** Put the inputs into their columns. */
  apply(): void {
    const { columns, column, row, first } = this.#cells;
    const numbers = this.#numbers;
    for (let i = 0; i < row.length; i++) {
      const target = columns[column[i]!]!;
      const at = row[i]!;
      const value = numbers[this.#first + i]!;
      target[at] = first[i] === 1 ? value : target[at]! + value;
    }
  }
}

/** The answer to a `get_data` that is written as numbers alone. */
export class SentOutputs extends PreparedAnswer {
  readonly #pattern: JsonPattern;
  readonly #numbers: Float64Array;

  /** @param numbers - Of the whole message `[1, id, data]`; belongs to this object. */
  constructor(pattern: JsonPattern, numbers: Float64Array) {
    super();
    this.#pattern = pattern;
    this.#numbers = numbers;
  }

  /** The message, as a codec would write it. */
  write(id: number, headroomBytes: number): Uint8Array {
    this.#numbers[1] = id;
    return this.#pattern.write(this.#numbers, headroomBytes);
  }
}

/** Arguments of a call that is like an earlier one, which was checked, but for its numbers. */
export class RepeatedArguments extends CheckedArguments {}
