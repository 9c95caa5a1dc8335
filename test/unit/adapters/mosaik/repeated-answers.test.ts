import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FloatCodec } from "../../../../adapters/mosaik/remote/float-codec.ts";
import { DataRequest } from "../../../../adapters/mosaik/remote/step-messages.ts";
import { Ports } from "../../../../adapters/mosaik/scheduler/outputs.ts";
import { Output, WholeFloat } from "../../../../src/codec/index.ts";
import { type OutputData, PlacedOutputs } from "../../../../src/cosim/index.ts";
import { channel } from "../../../../src/index.ts";

const base = channel.createCodec("mosaik-json");

/** Ports in an order that is neither that of the answers nor that of JavaScript's keys. */
const ports = new Ports();
for (const [eid, attr] of [
  ["b", "y"],
  ["10", "x"],
  ["b", "x"],
  ["2", "x"],
] as const)
  ports.add(eid, attr);

/** An answer as Python writes it, of texts of values. */
const answer = (id: number, [bx, by, ten, two]: readonly string[]) =>
  Buffer.from(`[1, ${id}, {"b": {"x": ${bx}, "y": ${by}}, "10": {"x": ${ten}}, "2": {"x": ${two}}}]`);

const number = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => `${value}`),
  fc.integer({ min: -9, max: 9 }).map((value) => `${value}.0`),
  fc.constantFrom("-0", "-0.0", "1e300", "-1e-7", "NaN", "-Infinity", "9007199254740993", "1E5"),
);
const value = fc.oneof(
  { weight: 20, arbitrary: number },
  { weight: 1, arbitrary: fc.constantFrom("null", '"text"', "[1, 2]", '{"a": 1}', "true") },
);
const four = fc.array(value, { minLength: 4, maxLength: 4 });

/** A codec that has asked for the ports, and how it reads an answer: what the run makes of it, and whether it was known. */
function asking() {
  const codec = new FloatCodec();
  codec.keep();
  const request = new DataRequest(ports.request(), base, codec.floats);
  let id = 7;
  const read = (texts: readonly string[]) => {
    expect(codec.writeMessage(0, ++id, request, new Output(1024))).toBe(true);
    const [type, answered, content] = codec.decode(answer(id, texts)) as unknown as [number, number, object];
    expect([type, answered]).toEqual([1, id]);
    if (content instanceof PlacedOutputs) return { ...content, isKnown: true };
    const data = content as OutputData;
    const exact = codec.exact(data);
    request.answers.learn(ports.picking);
    return { values: ports.pick(data), exact: exact && ports.pick(exact), isKnown: false };
  };
  return { codec, request, read };
}

/** The same by one that has never read another answer. */
const alone = (texts: readonly string[]) => asking().read(texts);

describe("answers to get_data that come again", () => {
  it("are, but for what reads them, what they are when they are read alone", () => {
    fc.assert(
      fc.property(fc.array(four, { minLength: 2, maxLength: 6 }), (all) => {
        const { read } = asking();
        for (const texts of all) {
          const { values, exact } = read(texts);
          const expected = alone(texts);
          expect(values).toEqual(expected.values);
          // Floats beside numbers: where nothing differs it need not be told.
          expect(exact ?? values).toEqual(expected.exact ?? expected.values);
        }
      }),
    );
  });

  it("are read as numbers from the second one on, each value in its place", () => {
    const { read } = asking();
    expect(read(["1", "2", "3", "4"]).isKnown).toBe(false);
    expect(read(["5", "6.5", "7", "8"])).toEqual({ values: [6.5, 7, 5, 8], exact: undefined, isKnown: true });
    const exact = [new WholeFloat(6), 7, 5, 8];
    expect(read(["5", "6.0", "7", "8"])).toEqual({ values: [6, 7, 5, 8], exact, isKnown: true });
  });

  it("are known for the request alone that they answer", () => {
    const { codec, request, read } = asking();
    read(["1", "2", "3", "4"]);
    const other = codec.decode(answer(3, ["1", "2", "3", "4"])) as unknown as unknown[];
    expect(other[2]).not.toBeInstanceOf(PlacedOutputs);
    // A request that was not sent leaves its id to the next one.
    codec.writeMessage(0, request.id, ["other", [], {}], new Output(64));
    const same = codec.decode(answer(request.id, ["1", "2", "3", "4"])) as unknown as unknown[];
    expect(same[2]).not.toBeInstanceOf(PlacedOutputs);
  });

  it("are learnt anew a few times, then the last form stays", () => {
    const { read } = asking();
    const blanks = (n: number) => ["1", "2", "3", `${" ".repeat(n)}4`];
    for (let n = 0; n < 20; n++) expect(read(blanks(n)).isKnown).toBe(false);
    expect(read(blanks(7)).isKnown).toBe(true);
    expect(read(blanks(19)).isKnown).toBe(false);
  });
});

describe("answers to step", () => {
  it("are what the codec reads, whatever they are", () => {
    const codec = new FloatCodec();
    const part = fc.oneof(
      fc.nat().map(String),
      fc.maxSafeInteger().map(String),
      fc.constantFrom("01", "", "1.0", "null", "-1"),
    );
    const layout = fc.constantFrom(", ", ",", " , ", ",  ", "");
    fc.assert(
      fc.property(
        fc.constantFrom("1", "2", "0", "1.0"),
        part,
        part,
        layout,
        fc.constantFrom("]", "", "] ", "]]"),
        (...parts) => {
          const [type, id, content, comma, end] = parts;
          const bytes = Buffer.from(`before[${type}${comma}${id}${comma}${content}${end}`);
          const read = (by: channel.Codec) => {
            try {
              return by.decode(bytes, 6, bytes.length);
            } catch (error) {
              return (error as { code: string }).code;
            }
          };
          expect(read(codec)).toEqual(read(base));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
