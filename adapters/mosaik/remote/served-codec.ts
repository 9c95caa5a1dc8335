import { JsonPattern } from "../../../src/codec/index.ts";
import type { OutputData, OutputRequest } from "../../../src/cosim/index.ts";
import { channel, DEFAULT_LIMITS, type Value } from "../../../src/index.ts";
import { CheckedArguments, callOf, isObject, PreparedAnswer } from "./messages.ts";
import { RepeatedSteps } from "./repeated-step.ts";

/** Numbers of a question, or of an answer in front of its outputs: message type, id. */
const ENVELOPE_NUMBERS = 2;

/** Bytes of the longest message that is kept. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;

/**
 * mosaik's JSON for a simulator that is served. mosaik asks for the same outputs after every step: such a question is known
 * by its bytes, and an answer that holds nothing but numbers is written as numbers alone. For a
 * simulator that takes places, a step is known that has inputs in the same places as one before, and read as numbers alone;
 * to fill objects from them, for any other, took as long as to read it. Everything else is read and written as ever.
 */
export class ServedCodec implements channel.Codec {
  readonly name = "mosaik-json";
  readonly types: channel.TypeRegistry;
  readonly #base = channel.createCodec("mosaik-json");
  readonly #numbers = new Float64Array(ENVELOPE_NUMBERS);
  readonly #steps = new RepeatedSteps();
  readonly #takesPlaces: () => boolean;
  #question: { readonly pattern: JsonPattern; readonly args: RepeatedQuestion } | undefined;

  /** @param takesPlaces - Whether the simulator does. */
  constructor(takesPlaces: () => boolean = () => false) {
    this.types = this.#base.types;
    this.#takesPlaces = takesPlaces;
  }

  decode(bytes: Uint8Array, start = 0, end = bytes.length): Value {
    const numbers = this.#numbers;
    const question = this.#question;
    if (question?.pattern.read(bytes, start, end, numbers)) {
      return [numbers[0]!, numbers[1]!, ["get_data", question.args as unknown[] as Value[], {}]];
    }
    const step = this.#takesPlaces() ? this.#steps.read(bytes, start, end) : undefined;
    if (step !== undefined) return step;
    const message = this.#base.decode(bytes, start, end);
    if (end - start <= KEPT_BYTES_MAX && Array.isArray(message) && message[0] === 0) {
      this.#keep(message[2]!, bytes.subarray(start, end));
    }
    return message;
  }

  encode(value: unknown, headroomBytes = 0): Uint8Array {
    const [type, id, content] = value as readonly [number, number, unknown];
    if (!(content instanceof NumbersAnswer)) return this.#base.encode(value, headroomBytes);
    return content.write(id, headroomBytes) ?? this.#base.encode([type, id, content.toData()], headroomBytes);
  }

  #keep(content: Value, text: Uint8Array): void {
    if (this.#takesPlaces()) this.#steps.keep(content, text);
    const asked = questionOf(content);
    if (asked === undefined) return;
    const pattern = new JsonPattern(text, DEFAULT_LIMITS.integerDigitsMax);
    // Type and id alone: the names that are asked for are no numbers.
    if (pattern.count !== ENVELOPE_NUMBERS) return;
    this.#question = { pattern, args: RepeatedQuestion.about(asked, this.#base) };
  }
}

/** What a `get_data` asks for; undefined for any other content, be it a call or not: who serves it says what is wrong. */
function questionOf(content: Value): OutputRequest | undefined {
  const call = callOf(content);
  if (call?.name !== "get_data" || call.args.length !== 1 || Object.keys(call.kwargs).length > 0) return undefined;
  const [asked] = call.args;
  return isRequest(asked) ? asked : undefined;
}

function isRequest(asked: unknown): asked is OutputRequest {
  if (!isObject(asked)) return false;
  return Object.values(asked).every((attrs) => Array.isArray(attrs) && attrs.every((attr) => typeof attr === "string"));
}

/** Arguments of a `get_data` that asks for the same as the one before; the object is the same each time, and frozen. */
export class RepeatedQuestion extends CheckedArguments {
  #eids: readonly string[] = [];
  #attrs: readonly (readonly string[])[] = [];
  #count = 0;
  #codec!: channel.Codec;
  #pattern: JsonPattern | undefined;

  /** @param codec - Writes the text that all answers have. */
  static about(asked: OutputRequest, codec: channel.Codec): RepeatedQuestion {
    const question = new RepeatedQuestion();
    for (const attrs of Object.values(asked)) Object.freeze(attrs);
    question.push(Object.freeze(asked));
    question.#eids = Object.keys(asked);
    question.#attrs = Object.values(asked);
    question.#count = question.#attrs.reduce((count, attrs) => count + attrs.length, 0);
    question.#codec = codec;
    return question;
  }

  /**
   * The answer that holds `data`, if that is what was asked for, all of it and in its order; what else there may be is to be
   * checked, and written, value by value.
   */
  answer(data: OutputData): PreparedAnswer | undefined {
    if (!isPlain(data)) return undefined;
    const eids = Object.keys(data);
    if (eids.length !== this.#eids.length) return undefined;
    const values = new Array<unknown>(ENVELOPE_NUMBERS + this.#count);
    values[0] = 1;
    values[1] = 0;
    let at = ENVELOPE_NUMBERS;
    for (let i = 0; i < eids.length; i++) {
      const eid = eids[i]!;
      const given: unknown = data[eid];
      if (eid !== this.#eids[i] || !isPlain(given)) return undefined;
      const attrs = this.#attrs[i]!;
      let k = 0;
      for (const attr in given) {
        const value = given[attr];
        if (attr !== attrs[k++] || value === undefined) return undefined;
        values[at++] = value;
      }
      if (k !== attrs.length) return undefined;
    }
    this.#pattern ??= this.#patternOf();
    return new NumbersAnswer(this.#pattern, values, () => data);
  }

  /** The answer that holds these values, one for each attribute that was asked for. */
  answerOf(values: readonly unknown[]): PreparedAnswer {
    this.#pattern ??= this.#patternOf();
    return new NumbersAnswer(this.#pattern, [1, 0, ...values], () => this.#dataOf(values));
  }

  /** What all answers look like. */
  #patternOf(): JsonPattern {
    const zeros = new Array<number>(this.#count).fill(0);
    const text = this.#codec.encode([1, 0, this.#dataOf(zeros)]);
    return new JsonPattern(text, DEFAULT_LIMITS.integerDigitsMax);
  }

  #dataOf(values: readonly unknown[]): OutputData {
    let at = 0;
    const entities = this.#eids.map((eid, i) => {
      const attrs = this.#attrs[i]!.map((attr) => [attr, values[at++]] as const);
      return [eid, Object.fromEntries(attrs)] as const;
    });
    return Object.fromEntries(entities);
  }
}

/** Is it an object of a kind that any codec writes? */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** An answer that is written as numbers alone, if its values are that. */
class NumbersAnswer extends PreparedAnswer {
  /** The same as an object, for other values. */
  readonly toData: () => OutputData;
  readonly #pattern: JsonPattern;
  readonly #values: unknown[];

  /** @param values - Of the whole message `[1, id, data]`, one for each number; belongs to this object. */
  constructor(pattern: JsonPattern, values: unknown[], toData: () => OutputData) {
    super();
    this.toData = toData;
    this.#pattern = pattern;
    this.#values = values;
  }

  /** The message, as a codec would write it; undefined if other values than numbers are in it. */
  write(id: number, headroomBytes: number): Uint8Array | undefined {
    this.#values[1] = id;
    return this.#pattern.writeValues(this.#values, headroomBytes);
  }
}
