import { type FloatKeeping, JsonPattern, WholeFloat } from "../../../src/codec/index.ts";
import { type OutputData, PlacedOutputs } from "../../../src/cosim/index.ts";
import { DEFAULT_LIMITS } from "../../../src/index.ts";

/** Bytes of the longest answer that is kept as a pattern. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;

/** Answers that become the pattern of those to come, one after the other: then the last one stays. */
const PATTERNS_MAX = 8;

/**
 * Answers to the same `get_data` after every step. One that is, byte for byte, like one that was read and found right but
 * for its numbers is right, too, and is read as numbers.
 */
export class RepeatedAnswers {
  readonly #floats: FloatKeeping;
  #pattern: JsonPattern | undefined;
  /** Of each number in the text the place of its value. */
  #places: Int32Array = new Int32Array(0);
  #patterns = 0;
  #text: Uint8Array | undefined;

  constructor(floats: FloatKeeping) {
    this.#floats = floats;
  }

  /** @returns Undefined if it is not like the one before, and has to be read and checked. */
  read(bytes: Uint8Array, start: number, end: number): PlacedOutputs | undefined {
    if (this.#pattern === undefined) return undefined;
    const values = new Array<unknown>(this.#places.length);
    this.#floats.seen = false;
    if (!this.#pattern.readValues(bytes, start, end, this.#places, values)) return undefined;
    return this.#floats.seen ? new PlacedOutputs(values.map(plain), values) : new PlacedOutputs(values);
  }

  /** An answer is going to be read and checked; if it is right {@link learn} follows. */
  keep(bytes: Uint8Array, start: number, end: number): void {
    const isWanted = this.#patterns < PATTERNS_MAX && end - start <= ANSWER_BYTES_MAX;
    this.#text = isWanted ? bytes.slice(start, end) : undefined;
  }

  /**
   * The answer that was kept was right.
   *
   * @param pick - Values in the data of an answer, each in its place.
   */
  learn(pick: (data: OutputData) => readonly unknown[]): void {
    if (this.#text === undefined) return;
    this.#patterns++;
    const pattern = new JsonPattern(this.#text, DEFAULT_LIMITS.integerDigitsMax, this.#floats);
    this.#text = undefined;
    const places = placesIn(pattern, pick);
    if (places === undefined) return;
    this.#pattern = pattern;
    this.#places = places;
  }
}

/** Of each number in the text its place among the values; undefined if they are not the same, one by one. */
function placesIn(pattern: JsonPattern, pick: (data: OutputData) => readonly unknown[]): Int32Array | undefined {
  const numbers = Float64Array.from({ length: pattern.count }, (_, i) => i);
  let numbered: OutputData;
  try {
    numbered = JSON.parse(Buffer.from(pattern.write(numbers, 0)).toString()) as OutputData;
  } catch {
    return undefined; // a word of Python's
  }
  const picked = pick(numbered);
  if (picked.length !== pattern.count) return undefined;
  const places = new Int32Array(pattern.count).fill(-1);
  for (const [place, number] of picked.entries()) {
    if (typeof number !== "number" || places[number] !== -1) return undefined;
    places[number] = place;
  }
  return places;
}

function plain(value: unknown): unknown {
  return value instanceof WholeFloat ? value.value : value;
}
