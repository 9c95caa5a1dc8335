import { type FloatKeeping, JsonPattern, type Output } from "../../../src/codec/index.ts";
import type { InputLayout, OutputRequest, PlacedInputs, Time } from "../../../src/cosim/index.ts";
import { type channel, DEFAULT_LIMITS } from "../../../src/index.ts";
import { RepeatedAnswers } from "./repeated-answers.ts";

/** Content of a request that knows its own text; its codec asks it for the whole message. */
export abstract class WrittenRequest {
  /**
   * Write the message `[0, id, content]`, if it is short, as the codec would write it.
   *
   * @returns False, with nothing written, if it is long or the codec has to write {@link content}.
   */
  abstract append(id: number, output: Output): boolean;

  /**
   * The message `[0, id, content]` behind `headroomBytes` free bytes, if it is long, as the codec would write it.
   *
   * @returns Undefined if it is short or the codec has to write {@link content}.
   */
  abstract write(id: number, headroomBytes: number): Uint8Array | undefined;

  /** What it stands for. */
  abstract get content(): unknown;
}

/** Shortest text that is long: its numbers are worth one call of the engine's own writer, and a buffer of its own. */
const LONG_BYTES = 512;

/** Numbers of a `step` in front of its inputs: message type, id, time. Behind them comes `max_advance`. */
export const STEP_NUMBERS = 3;

/** The steps of one simulator whose inputs have the same places in every step: a text in which numbers alone change. */
export class StepMessages {
  readonly layout: InputLayout;
  /** Undefined if there is none: then each message is written on its own, or refused. */
  readonly #pattern: MessagePattern | undefined;
  readonly #numbers: unknown[];

  /** @param codec - Writes the text that all of them have. */
  constructor(layout: InputLayout, codec: channel.Codec) {
    this.layout = layout;
    const inputs = layout.fill(new Array<number>(layout.slots.length).fill(0));
    const count = STEP_NUMBERS + layout.slots.length + 1;
    this.#pattern = patternOf(["step", [0, inputs, 0], {}], count, codec);
    this.#numbers = new Array<unknown>(count).fill(0);
  }

  append(id: number, time: Time, values: ArrayLike<unknown>, maxAdvance: Time, output: Output): boolean {
    if (this.#pattern === undefined || this.#pattern.isLong) return false;
    return this.#pattern.json.append(this.#fill(id, time, values, maxAdvance), output);
  }

  write(id: number, time: Time, values: ArrayLike<unknown>, maxAdvance: Time, headroomBytes: number) {
    if (this.#pattern?.isLong !== true) return undefined;
    return this.#pattern.json.writeValues(this.#fill(id, time, values, maxAdvance), headroomBytes);
  }

  #fill(id: number, time: Time, values: ArrayLike<unknown>, maxAdvance: Time): readonly unknown[] {
    const numbers = this.#numbers;
    numbers[1] = id;
    numbers[2] = time;
    for (let i = 0; i < values.length; i++) numbers[STEP_NUMBERS + i] = values[i];
    numbers[STEP_NUMBERS + values.length] = maxAdvance;
    return numbers;
  }
}

/** One `step`. */
export class StepRequest extends WrittenRequest {
  readonly #messages: StepMessages;
  readonly #time: Time;
  readonly #inputs: PlacedInputs;
  readonly #maxAdvance: Time;

  constructor(messages: StepMessages, time: Time, inputs: PlacedInputs, maxAdvance: Time) {
    super();
    this.#messages = messages;
    this.#time = time;
    this.#inputs = inputs;
    this.#maxAdvance = maxAdvance;
  }

  append(id: number, output: Output): boolean {
    return this.#messages.append(id, this.#time, this.#inputs.values, this.#maxAdvance, output);
  }

  write(id: number, headroomBytes: number): Uint8Array | undefined {
    return this.#messages.write(id, this.#time, this.#inputs.values, this.#maxAdvance, headroomBytes);
  }

  get content(): unknown {
    return ["step", [this.#time, this.#inputs.toData(), this.#maxAdvance], {}];
  }
}

/** A `get_data` for the same outputs after every step: what it asks for is written once. */
export class DataRequest extends WrittenRequest {
  readonly outputs: OutputRequest;
  readonly answers: RepeatedAnswers;
  readonly #pattern: MessagePattern | undefined;
  readonly #numbers = [0, -1];

  /**
   * @param outputs - Frozen.
   * @param codec - Writes the text that all of them have.
   * @param floats - Whether their answers tell `1.0` from `1`.
   */
  constructor(outputs: OutputRequest, codec: channel.Codec, floats: FloatKeeping = { keep: false, seen: false }) {
    super();
    this.outputs = outputs;
    this.answers = new RepeatedAnswers(floats);
    this.#pattern = patternOf(this.content, this.#numbers.length, codec);
  }

  /** Id of the message that was written last. */
  get id(): number {
    return this.#numbers[1]!;
  }

  append(id: number, output: Output): boolean {
    this.#numbers[1] = id;
    return this.#pattern?.isLong === false && this.#pattern.json.append(this.#numbers, output);
  }

  write(id: number, headroomBytes: number): Uint8Array | undefined {
    this.#numbers[1] = id;
    return this.#pattern?.isLong === true ? this.#pattern.json.writeValues(this.#numbers, headroomBytes) : undefined;
  }

  get content(): unknown {
    return ["get_data", [this.outputs], {}];
  }
}

/** The text of a message, and how it is best written. */
interface MessagePattern {
  readonly json: JsonPattern;
  readonly isLong: boolean;
}

/** The message of `content`, as a pattern with so many numbers; undefined if it has others, or cannot be written. */
function patternOf(content: unknown, count: number, codec: channel.Codec): MessagePattern | undefined {
  let text: Uint8Array;
  try {
    text = codec.encode([0, 0, content]);
  } catch {
    return undefined;
  }
  const json = new JsonPattern(text, DEFAULT_LIMITS.integerDigitsMax);
  return json.count === count ? { json, isLong: text.length >= LONG_BYTES } : undefined;
}
