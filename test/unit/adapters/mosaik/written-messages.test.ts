import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FloatCodec } from "../../../../adapters/mosaik/remote/float-codec.ts";
import { type CheckedArguments, PreparedAnswer } from "../../../../adapters/mosaik/remote/messages.ts";
import { RepeatedQuestion, ServedCodec } from "../../../../adapters/mosaik/remote/served-codec.ts";
import { DataRequest, StepMessages, StepRequest } from "../../../../adapters/mosaik/remote/step-messages.ts";
import { Output, WholeFloat } from "../../../../src/codec/index.ts";
import { InputLayout, type OutputData, PlacedInputs } from "../../../../src/cosim/index.ts";
import { channel } from "../../../../src/index.ts";

const base = channel.createCodec("mosaik-json");
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, 2 ** 53, -(2 ** 60), 1e21, 1e-7));
const value = fc.oneof(
  { weight: 20, arbitrary: number },
  { weight: 2, arbitrary: number.filter(Number.isSafeInteger).map((whole) => new WholeFloat(whole)) },
  { weight: 1, arbitrary: fc.constantFrom(null, true, "text", [1, "2"], { a: 1 }) },
);
const eids = Array.from({ length: 40 }, (_, i) => `entity-${i}`);

describe("messages that a master writes again and again", () => {
  const layout = InputLayout.of(eids.map((eid, i) => ({ eid, attr: "x", source: `S-${i}.e` })))!;

  it("are, byte for byte, what the codec writes of their content", () => {
    const codec = new FloatCodec();
    const messages = new StepMessages(layout, base);
    const values = fc.array(value, { minLength: eids.length, maxLength: eids.length });
    fc.assert(
      fc.property(values, fc.nat(), fc.nat(), (given, id, time) => {
        const request = new StepRequest(messages, time, new PlacedInputs(layout, given), time + 7);
        const content = ["step", [time, layout.fill(given), time + 7], {}];
        expect(text(codec.encode([0, id, request]))).toBe(text(base.encode([0, id, content])));
      }),
    );
  });

  it("are the same bytes where they are short and are written behind others", () => {
    const codec = new FloatCodec();
    const short = InputLayout.of(["é", "7"].map((eid) => ({ eid, attr: "x1", source: `S-${eid}.e` })))!;
    const messages = new StepMessages(short, base);
    const question = new DataRequest({ "7": ["x"], 'quoted "1"': ["1"] }, base);
    const values = fc.array(value, { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(values, fc.nat(), fc.nat(), (given, id, time) => {
        const output = new Output(1024);
        output.append(Buffer.from("before"));
        const step = new StepRequest(messages, time, new PlacedInputs(short, given), time + 7);
        const isNumber = given.every((one) => typeof one === "number" || one instanceof WholeFloat);
        expect(codec.writeMessage(0, id, step, output)).toBe(isNumber);
        const expected = isNumber ? text(base.encode([0, id, ["step", [time, short.fill(given), time + 7], {}]])) : "";
        expect(codec.writeMessage(0, id, question, output)).toBe(true);
        expect(text(output.take())).toBe(`before${expected}${text(base.encode([0, id, question.content]))}`);
      }),
    );
    expect(codec.writeMessage(0, 1, ["step", [0, {}, 1], {}], new Output(1024))).toBe(false);
  });

  it("leave the headroom free, and write a long question by its bytes", () => {
    const codec = new FloatCodec();
    const outputs = Object.fromEntries(eids.map((eid) => [eid, ["x", "1"]]));
    const request = new DataRequest(outputs, base);
    const bytes = codec.encode([0, 12_345, request], 4);
    expect(text(bytes.subarray(4))).toBe(JSON.stringify([0, 12_345, ["get_data", [outputs], {}]]));
  });
});

describe("the codec of a simulator that mosaik steps", () => {
  const asked = Object.fromEntries(eids.map((eid) => [eid, ["sum", "n"]]));
  const question = (id: number) => Buffer.from(JSON.stringify([0, id, ["get_data", [asked], {}]]));
  const argsOf = (message: unknown) => (message as [number, number, [string, CheckedArguments, object]])[2][1];

  /** A codec that has been asked before. */
  function questioned() {
    const codec = new ServedCodec();
    codec.decode(question(3));
    const args = argsOf(codec.decode(question(4)));
    expect(args).toBeInstanceOf(RepeatedQuestion);
    return { codec, args: args as RepeatedQuestion };
  }

  it("knows a question that comes again, which nobody can change", () => {
    const { codec, args } = questioned();
    const message = codec.decode(question(5)) as unknown[];
    expect(message.slice(0, 2)).toEqual([0, 5]);
    expect(argsOf(message)).toBe(args);
    expect([...args]).toEqual([asked]);
    expect(() => ((args[0] as Record<string, string[]>)["entity-0"]![0] = "other")).toThrow(TypeError);
    const other = JSON.stringify([0, 6, ["get_data", [{ ...asked, "entity-7": ["n"] }], {}]]);
    expect(argsOf(codec.decode(Buffer.from(other)))).not.toBeInstanceOf(RepeatedQuestion);
  });

  it("writes answers as ever, whatever is in them", () => {
    const { codec, args } = questioned();
    const pair = fc.tuple(value, value);
    fc.assert(
      fc.property(fc.array(pair, { minLength: eids.length, maxLength: eids.length }), fc.nat(), (given, id) => {
        const data = Object.fromEntries(given.map(([sum, n], i) => [eids[i]!, { sum, n }]));
        const answer = args.answer(data);
        expect(answer).toBeInstanceOf(PreparedAnswer);
        expect(text(codec.encode([1, id, answer]))).toBe(text(base.encode([1, id, data])));
      }),
    );
  });

  it("leaves to a check what is not, in its order, what was asked for", () => {
    const { args } = questioned();
    const whole = () => Object.fromEntries(eids.map((eid) => [eid, { sum: 1, n: 2 } as Record<string, unknown>]));
    const changed = (change: (data: Record<string, unknown>) => void): OutputData => {
      const data = whole();
      change(data);
      return data as OutputData;
    };
    expect(args.answer(whole())).toBeDefined();
    for (const data of [
      changed((all) => delete all["entity-39"]),
      changed((all) => (all["more"] = { sum: 1, n: 2 })),
      changed((all) => (all["entity-3"] = { n: 2, sum: 1 })),
      changed((all) => (all["entity-3"] = { sum: 1 })),
      changed((all) => (all["entity-3"] = { sum: 1, n: undefined })),
      changed((all) => (all["entity-3"] = { sum: 1, n: 2, more: 3 })),
      changed((all) => (all["entity-3"] = new Map())),
      changed((all) => (all["entity-3"] = null)),
      null as unknown as OutputData,
    ]) {
      expect(args.answer(data)).toBeUndefined();
    }
  });
});

describe("requests of mosaik", () => {
  it("are read as by the codec, whatever they hold", () => {
    const word = fc.constantFrom("get_data", "step", "E0", "x");
    const node = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        word,
        fc.integer(),
        fc.constantFrom(null, true),
        fc.array(tie("node"), { maxLength: 4 }),
        fc.dictionary(word, tie("node"), { maxKeys: 2, noNullPrototype: true }),
      ),
    })).node;
    const asked = fc.dictionary(word, fc.array(word, { maxLength: 2 }), { maxKeys: 3, noNullPrototype: true });
    const question = fc.tuple(fc.constant("get_data"), fc.tuple(fc.oneof(asked, node)), fc.constant({}));
    const codec = new ServedCodec();
    fc.assert(
      fc.property(fc.array(fc.oneof(question, node), { minLength: 1, maxLength: 4 }), fc.nat(), (contents, id) => {
        for (const content of [...contents, ...contents]) {
          const bytes = base.encode([0, id, content]);
          expect(text(base.encode(unchecked(codec.decode(bytes))))).toBe(text(bytes));
        }
      }),
    );
  });
});

/** Arguments that are known to be right are a list of a class of its own. */
function unchecked(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, unchecked);
  return value;
}
