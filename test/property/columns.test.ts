import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReceivedInputs, SentOutputs } from "../../adapters/mosaik/columns/column-messages.ts";
import { ColumnSimulator, type Columns } from "../../adapters/mosaik/columns/index.ts";
import {
  type InputData,
  type Meta,
  type OutputData,
  type OutputRequest,
  Simulator,
  type Time,
} from "../../adapters/mosaik/index.ts";
import { mosaikPeer } from "../unit/adapters/mosaik/mosaik-peer.ts";

/** A simulator in columns, against the same one with objects, on the wire: both get the same frames. */
const MODELS = { A: { inputs: ["x", "y"], outputs: ["sum", "x"] }, B: { inputs: ["x"], outputs: ["sum"] } } as const;

/** Steps and questions that were read as numbers. */
let repeated = 0;

class InColumns extends ColumnSimulator {
  constructor() {
    super(MODELS);
  }
  override step(time: Time, inputs: InputData, maxAdvance: Time): Time | Promise<Time> {
    if (inputs instanceof ReceivedInputs) repeated++;
    return super.step(time, inputs, maxAdvance);
  }
  override getData(asked: OutputRequest): OutputData {
    const data = super.getData(asked);
    if (data instanceof SentOutputs) repeated++;
    return data;
  }
  stepColumns(time: Time, models: Readonly<Record<string, Columns>>): Time {
    for (const { length, inputs, outputs } of Object.values(models)) {
      for (let i = 0; i < length; i++) {
        outputs["sum"]![i]! += inputs["x"]![i]! + (inputs["y"]?.[i] ?? 0.5) + i;
        if (outputs["x"] !== undefined) outputs["x"][i] = inputs["x"]![i]! * 2;
      }
    }
    return time + 1;
  }
}

class InObjects extends Simulator {
  readonly meta: Meta = new InColumns().meta;
  readonly #rows = new Map<string, { model: string; row: number; sum: number; x: number }>();
  readonly #counts: Record<string, number> = { A: 0, B: 0 };
  create(num: number, model: string) {
    return Array.from({ length: num }, () => {
      const row = this.#counts[model]!++;
      const eid = `${model}-${row}`;
      this.#rows.set(eid, { model, row, sum: 0, x: 0 });
      return { eid, type: model };
    });
  }
  step(time: Time, inputs: InputData): Time {
    for (const [eid, entity] of this.#rows) {
      const total = (attr: string): number => {
        const values = Object.values(inputs[eid]?.[attr] ?? {}) as number[];
        return values.length === 0 ? Number.NaN : values.reduce((a, b) => a + b);
      };
      entity.sum += total("x") + (entity.model === "A" ? total("y") : 0.5) + entity.row;
      entity.x = total("x") * 2;
    }
    return time + 1;
  }
  getData(asked: OutputRequest): OutputData {
    return Object.fromEntries(
      Object.entries(asked).map(([eid, attrs]) => {
        const entity = this.#rows.get(eid)!;
        return [eid, Object.fromEntries(attrs.map((attr) => [attr, entity[attr as "sum" | "x"]]))];
      }),
    );
  }
}

const value = fc.oneof({ weight: 8, arbitrary: fc.double({ noDefaultInfinity: true }) }, fc.integer());
const eid = fc.constantFrom("A-0", "A-1", "B-0", "B-1", "B-2");
const attrsOf = (id: string, of: "inputs" | "outputs") => MODELS[id[0] as "A" | "B"][of] as readonly string[];
/** Which sources feed what, as `[entity, attribute, source]`. */
const links = fc
  .array(fc.tuple(eid, fc.nat(1), fc.constantFrom("S-0.a", "S-0.b", "7.c", 'q".d')), { maxLength: 8 })
  .map((all) => all.map(([id, attr, source]) => [id, attrsOf(id, "inputs")[attr] ?? "x", source] as const));
const asks = fc
  .array(fc.tuple(eid, fc.nat(1)), { maxLength: 5 })
  .map((all) => all.map(([id, attr]) => [id, attrsOf(id, "outputs")[attr] ?? "sum"] as const));

/** JSON as Python writes it. */
function python(item: unknown): string {
  if (typeof item === "number") return Number.isNaN(item) ? "NaN" : String(item).replace(/^(-?\d+)$/, "$1.0");
  if (typeof item !== "object" || item === null) return JSON.stringify(item);
  if (Array.isArray(item)) return `[${item.map(python).join(", ")}]`;
  return `{${Object.entries(item)
    .map(([key, each]) => `${JSON.stringify(key)}: ${python(each)}`)
    .join(", ")}}`;
}

describe("a simulator in columns", () => {
  it("answers what the same one with objects answers, whatever mosaik sends", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(links, { minLength: 1, maxLength: 2 }),
        fc.array(asks, { minLength: 1, maxLength: 2 }),
        fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(value),
        fc.nat(9).map((n) => n === 0),
        async (forms, questions, steps, values, together) => {
          const frames = [
            '[0, 0, ["init", ["S"], {"time_resolution": 1.0}]]',
            '[0, 1, ["create", [2, "A"], {}]]',
            '[0, 2, ["create", [3, "B"], {}]]',
            '[0, 3, ["setup_done", [], {}]]',
          ];
          for (const [time, [form, question]] of steps.entries()) {
            const inputs: InputData = {};
            // Most steps are like the one before.
            for (const [id, attr, source] of forms[form < 8 ? 0 : forms.length - 1]!) {
              inputs[id] ??= {};
              inputs[id][attr] ??= {};
              inputs[id][attr][source] = values.next().value;
            }
            const asked: Record<string, string[]> = {};
            for (const [id, attr] of questions[question < 8 ? 0 : questions.length - 1]!) {
              asked[id] ??= [];
              if (!asked[id].includes(attr)) asked[id].push(attr);
            }
            frames.push(`[0, ${4 + 2 * time}, ["step", [${time}, ${python(inputs)}, 99], {}]]`);
            frames.push(`[0, ${5 + 2 * time}, ["get_data", [${python(asked)}], {}]]`);
          }
          const columns = mosaikPeer(new InColumns());
          const objects = mosaikPeer(new InObjects());
          // mosaik waits for an answer before it asks again; one that does not gets the same answers.
          if (together) await columns.send(frames);
          else for (const frame of frames) await columns.send([frame]);
          await objects.send(frames);
          expect(columns.sent).toEqual(objects.sent);
          expect(columns.sent).toHaveLength(frames.length);
        },
      ),
      { numRuns: 200 },
    );
    expect(repeated).toBeGreaterThan(50);
  });
});
