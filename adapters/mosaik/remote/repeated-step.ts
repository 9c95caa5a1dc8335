import { JsonPattern } from "../../../src/codec/index.ts";
import { InputLayout, type InputPlace, PlacedInputs } from "../../../src/cosim/index.ts";
import { DEFAULT_LIMITS, type Value } from "../../../src/index.ts";
import { CheckedArguments, callOf, isObject } from "./messages.ts";
import { STEP_NUMBERS } from "./step-messages.ts";

/** Shortest text that is kept as a pattern: of a few values a message is read as quickly as ever. */
const PATTERN_BYTES_MIN = 512;

/**
 * The steps of one simulator, as they come: one with inputs in the same places as the last that was kept, a number in each, is
 * read as numbers alone. What any other has in it is the codec's affair.
 */
export class RepeatedSteps {
  #last: { readonly pattern: JsonPattern; readonly layout: InputLayout } | undefined;
  /** Steps that were offered since one was read, and how many of them it takes until the next one is kept. */
  #offered = 0;
  #nextKept = 1;

  /** The message from `start` to `end`, its arguments checked and its inputs `PlacedInputs`, if it is such a step. */
  read(bytes: Uint8Array, start: number, end: number): Value | undefined {
    if (this.#last === undefined) return undefined;
    const { pattern, layout } = this.#last;
    const numbers = new Float64Array(pattern.count);
    if (!pattern.read(bytes, start, end, numbers)) return undefined;
    const time = numbers[2]!;
    if (numbers[0] !== 0 || !Number.isSafeInteger(time) || time < 0) return undefined;
    this.#offered = 0;
    this.#nextKept = 1;
    const args = new CheckedArguments();
    args.push(time, new PlacedInputs(layout, numbers.subarray(STEP_NUMBERS, -1)), numbers.at(-1));
    return [0, numbers[1]!, ["step", args as Value[], {}]];
  }

  /**
   * Keep a step, if it is one and has nothing but numbers for inputs, for the next one to be compared with. Of steps that are
   * never alike fewer and fewer are kept: the 1st, 2nd, 4th, 8th, …
   *
   * @param content - Of a request.
   * @param text - The whole message; copied.
   */
  keep(content: Value, text: Uint8Array): void {
    if (text.length < PATTERN_BYTES_MIN) return;
    const call = callOf(content);
    if (call?.name !== "step" || call.args.length !== 3 || Object.keys(call.kwargs).length > 0) return;
    if (++this.#offered < this.#nextKept) return;
    this.#nextKept *= 2;
    const places = placesOf(call.args[1]);
    const layout = places && InputLayout.of(places);
    if (layout === undefined) return;
    const pattern = new JsonPattern(text, DEFAULT_LIMITS.integerDigitsMax);
    const count = STEP_NUMBERS + layout.slots.length + 1;
    this.#last = pattern.count === count ? { pattern, layout } : undefined;
  }
}

/** The places of inputs in the order of their text; undefined if that is not known, or if there is no number in one. */
function placesOf(inputs: Value | undefined): InputPlace[] | undefined {
  if (!isObject(inputs)) return undefined;
  const places: InputPlace[] = [];
  for (const eid in inputs) {
    const attrs = inputs[eid];
    if (!isFull(attrs) || isReordered(eid)) return undefined;
    for (const attr in attrs) {
      const bySource = attrs[attr];
      if (!isFull(bySource) || isReordered(attr)) return undefined;
      for (const source in bySource) {
        if (typeof bySource[source] !== "number" || isReordered(source)) return undefined;
        places.push({ eid, attr, source });
      }
    }
  }
  return places;
}

/** Is it a map with something in it? Where nothing is, there is no place. */
function isFull(value: unknown): value is Record<string, Value> {
  return isObject(value) && Object.keys(value).length > 0;
}

/** Whether JavaScript may put a key before others that stood in front of it in the message. */
export function isReordered(key: string): boolean {
  return /^\d/.test(key);
}
