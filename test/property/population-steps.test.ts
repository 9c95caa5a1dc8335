import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InputData, OutputData, OutputRequest, Time } from "../../adapters/mosaik/index.ts";
import { bigintText } from "../../adapters/mosaik/remote/messages.ts";
import { AgentSimulator, agentModel, PlacedInputs } from "../../src/cosim/index.ts";
import { Agent, channel } from "../../src/index.ts";
import { mosaikPeer } from "../unit/adapters/mosaik/mosaik-peer.ts";

/** A population on the wire, against the same one whose messages are read and written as any others: both get the same frames. */

class Meter extends Agent {
  static override readonly outputs = ["sum", "steps", "seen"] as const;
  sum = 0;
  steps = 0;
  /** Text of the last inputs, and what has become of those before. */
  seen: unknown = null;
  #kept: { one?: number; all?: Record<string, unknown> } = {};

  take(inputs: { one?: number; all?: Record<string, unknown> }): void {
    const { one = 0.5, all = {} } = inputs;
    this.steps++;
    this.sum = Object.values(all).reduce<number>((sum, value) => sum + Number(value), this.sum + Number(one));
    this.seen =
      this.steps % 3 === 0 ? this.steps : JSON.stringify([this.#kept, inputs, Object.is(one, -0)], bigintText);
    // They are its own, to keep and to change.
    inputs.one = this.steps;
    if (inputs.all !== undefined) inputs.all["own"] = -0;
    this.#kept = inputs;
  }
}

const models = { Meter: agentModel(Meter, { method: "take", inputs: { all: "all", one: "one" } }) };

/** Steps whose inputs were read as numbers, and answers that were written so. */
let placed = 0;
let flat = 0;

class Population extends AgentSimulator {
  constructor() {
    super({ models });
  }
  override stepPlaced(time: Time, inputs: PlacedInputs): Promise<Time | null> {
    placed++;
    return super.stepPlaced(time, inputs);
  }
  override getValues(asked: OutputRequest): unknown[] | undefined {
    const values = super.getValues(asked);
    if (values !== undefined) flat++;
    return values;
  }
}

/** Its messages are read and written as any others. */
class General extends Population {
  wireCodec(): channel.Codec {
    return channel.createCodec("mosaik-json");
  }
}

/** It looks at what it gets and gives. */
class Seeing extends Population {
  readonly seen: string[] = [];
  override step(time: Time, inputs: InputData): Promise<Time | null> {
    expect(inputs).not.toBeInstanceOf(PlacedInputs);
    this.seen.push(JSON.stringify(inputs, bigintText));
    return super.step(time, inputs);
  }
  override async getData(asked: OutputRequest): Promise<OutputData> {
    const data = await super.getData(asked);
    this.seen.push(JSON.stringify(data, bigintText));
    return data;
  }
}

class SeeingGeneral extends Seeing {
  wireCodec(): channel.Codec {
    return channel.createCodec("mosaik-json");
  }
}

const LONG = "x".repeat(150);
const often = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 40, arbitrary: usual }, { weight: 1, arbitrary: other });
const eid = often(fc.constantFrom("Meter-0", "Meter-1", "Meter-2", "Meter-3"), fc.constantFrom("7", "nobody"));
const attr = often(fc.constantFrom("one", "all", "all"), fc.constant("sum"));
const source = often(fc.constantFrom(`S.b${LONG}`, `S.a${LONG}`, 'q".d'), fc.constantFrom("7", "7.c"));
const number = fc.oneof(
  { weight: 6, arbitrary: fc.double().map((value) => python(value)) },
  { weight: 2, arbitrary: fc.integer().map(String) },
  { weight: 1, arbitrary: fc.constantFrom("-0.0", "-0", "1e-7", "1E+22", "-Infinity", "12345678901234567", "0.1e0") },
);
const value = fc.oneof(
  { weight: 100, arbitrary: number },
  { weight: 1, arbitrary: fc.constantFrom("null", '"1"', "[1]", "{}", "9007199254740993") },
);
const time = (step: number) => often(fc.constant(String(step)), fc.constantFrom(`${step}.0`, "-1", "1.5"));
/** Inputs as `[entity, attribute, source]`; an attribute without one has no source, or the entity no attribute. */
const form = fc.array(fc.tuple(eid, attr, source), { minLength: 1, maxLength: 8 });
const asked = fc.dictionary(
  fc.constantFrom("Meter-0", "Meter-1", "Meter-2"),
  fc.array(often(fc.constantFrom("sum", "steps", "seen"), fc.constant("none")), { maxLength: 3 }),
  { noNullPrototype: true },
);

/** A number as Python writes it. */
function python(item: number): string {
  return Number.isNaN(item) ? "NaN" : String(item).replace(/^(-?\d+)$/, "$1.0");
}

function textOf(places: readonly (readonly [string, string, string])[], values: () => string, empty: boolean): string {
  const entities = new Map<string, Map<string, string[]>>();
  for (const [id, name, from] of places) {
    const attrs = entities.get(id) ?? new Map<string, string[]>();
    entities.set(id, attrs);
    attrs.set(name, [...(attrs.get(name) ?? []), `${JSON.stringify(from)}: ${values()}`]);
  }
  const texts = [...entities].map(([id, attrs]) => {
    const inner = [...attrs].map(([name, all]) => `"${name}": {${all.join(", ")}}`);
    return `"${id}": {${inner.join(", ")}}`;
  });
  if (empty) texts.push('"Meter-3": {"all": {}}');
  return `{${texts.join(", ")}}`;
}

async function answers(simulator: AgentSimulator, frames: readonly string[]): Promise<string[]> {
  const peer = mosaikPeer(simulator);
  for (const [i, frame] of frames.entries()) {
    await peer.send([frame]);
    while (peer.sent.length <= i) await new Promise((resolve) => setImmediate(resolve));
  }
  const hash = simulator.population.traceHash();
  await peer.send(['[0, 99, ["stop", [], {}]]']);
  return [...peer.sent.map(withoutStack), hash];
}

/** An exception names the class of the simulator in its stack. */
function withoutStack(text: string): string {
  return text.startsWith("[2,") ? text.replace(/,"at .*/s, "") : text;
}

describe("a population that mosaik steps", () => {
  it("comes to the same as one whose messages are read and written as any others, whatever mosaik sends", async () => {
    const step = fc.record({ form: fc.nat(12), asked: fc.nat(12), empty: fc.nat(40).map((n) => n === 0) });
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(form, form),
        fc.tuple(asked, asked),
        fc.array(step, { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(value),
        fc.infiniteStream(fc.nat(1000)),
        async (forms, questions, steps, values, chosen) => {
          const frames = [
            '[0, 0, ["init", ["S"], {"time_resolution": 1.0}]]',
            '[0, 1, ["create", [4, "Meter"], {}]]',
            '[0, 2, ["setup_done", [], {}]]',
          ];
          for (const [i, { form, asked, empty }] of steps.entries()) {
            const inputs = textOf(forms[form < 11 ? 0 : 1]!, () => values.next().value, empty);
            const [at] = fc.sample(time(i), { numRuns: 1, seed: chosen.next().value });
            const question = JSON.stringify(questions[asked < 11 ? 0 : 1]);
            frames.push(`[0, ${3 + 2 * i}, ["step", [${at}, ${inputs}, 9${i}], {}]]`);
            frames.push(`[0, ${4 + 2 * i}, ["get_data", [${question}], {}]]`);
          }
          const general = await answers(new General(), frames);
          expect(await answers(new Population(), frames)).toEqual(general);
          const [seeing, seeingGeneral] = [new Seeing(), new SeeingGeneral()];
          expect(await answers(seeing, frames)).toEqual(general);
          expect(await answers(seeingGeneral, frames)).toEqual(general);
          expect(seeing.seen).toEqual(seeingGeneral.seen);
        },
      ),
      { numRuns: 150 },
    );
    expect(placed).toBeGreaterThan(30);
    expect(flat).toBeGreaterThan(30);
  });
});
