import { describe, expect, it } from "vitest";
import { ColumnSimulator, type Columns } from "../../../../adapters/mosaik/columns/index.ts";
import { type Time, World } from "../../../../adapters/mosaik/index.ts";
import { mosaikPeer } from "./mosaik-peer.ts";
import { Probe } from "./simulators.ts";

/** Adds up what it gets, from where its parameters say. */
class Stores extends ColumnSimulator {
  readonly made: unknown[] = [];
  constructor() {
    super({ Store: { params: ["start"], inputs: ["p"], outputs: ["e"] }, Meter: { inputs: ["p"] } });
  }
  override created(model: string, { outputs }: Columns, from: number, params: Readonly<Record<string, unknown>>): void {
    this.made.push([model, from, params]);
    if (model === "Store") outputs["e"]!.fill(Number(params["start"] ?? 0), from);
  }
  stepColumns(time: Time, { Store }: Readonly<Record<string, Columns>>): Time {
    const p = Store!.inputs["p"]!;
    const e = Store!.outputs["e"]!;
    for (let i = 0; i < Store!.length; i++) e[i]! += p[i]!;
    return time + 1;
  }
}

const INIT = '[0, 0, ["init", ["S"], {"time_resolution": 1.0}]]';
const CREATE = '[0, 1, ["create", [2, "Store"], {"start": 10}]]';
const step = (inputs: string) => `[0, 2, ["step", [0, ${inputs}, 9], {}]]`;

describe("a simulator in columns", () => {
  it("says what it has, and makes rows with their parameters", async () => {
    const stores = new Stores();
    const peer = mosaikPeer(stores);
    expect(await peer.ask(INIT)).toEqual([
      '[1,0,{"api_version":"3.0","type":"time-based","models":{"Store":{"public":true,"params":["start"],"attrs":["p","e"]},"Meter":{"public":true,"params":[],"attrs":["p"]}}}]',
    ]);
    await peer.ask(CREATE, '[0, 2, ["create", [1, "Store"], {"start": 3}]]', '[0, 3, ["create", [1, "Meter"], {}]]');
    expect(stores.made).toEqual([
      ["Store", 0, { start: 10 }],
      ["Store", 2, { start: 3 }],
      ["Meter", 0, {}],
    ]);
    expect(await peer.ask('[0, 4, ["get_data", [{"Store-2": ["e"], "Store-0": ["e"]}], {}]]')).toEqual([
      '[1,4,{"Store-2":{"e":3},"Store-0":{"e":10}}]',
    ]);
  });

  it.each([
    [
      "an input that is no number",
      '{"Store-0": {"p": {"A.a": null}}}',
      'input \\"p\\" of Store-0 takes numbers, A.a gives null',
    ],
    ["an unknown entity", '{"Store-7": {"p": {"A.a": 1.0}}}', 'there is no entity \\"Store-7\\"'],
    [
      "an unknown input",
      '{"Store-0": {"q": {"A.a": 1.0}}}',
      '\\"q\\" is none of the inputs of entity \\"Store-0\\"; it has: p',
    ],
  ])("refuses %s by name", async (_what, inputs, text) => {
    const peer = mosaikPeer(new Stores());
    const answers = await peer.ask(INIT, CREATE, step(inputs));
    expect(answers[2]).toContain("[2,2,");
    expect(answers[2]).toContain(text);
  });

  it("takes entities that are made between two steps", async () => {
    const peer = mosaikPeer(new Stores());
    const ask = '[0, 3, ["get_data", [{"Store-0": ["e"]}], {}]]';
    const first = step('{"Store-0": {"p": {"A.a": 1.5}}}');
    const second = '[0, 2, ["step", [1, {"Store-0": {"p": {"A.a": 2.5}}}, 9], {}]]';
    await peer.ask(INIT, CREATE);
    await peer.ask(first);
    expect(await peer.ask(ask)).toEqual(['[1,3,{"Store-0":{"e":11.5}}]']);
    await peer.ask('[0, 4, ["create", [1000, "Store"], {"start": 10}]]');
    await peer.ask(second);
    expect(await peer.ask(ask)).toEqual(['[1,3,{"Store-0":{"e":14}}]']);
  });

  it("is a simulator as any other in a World", async () => {
    const stores = new Stores();
    const world = new World({
      Source: { simulator: () => new Probe({ getData: () => ({ E0: { out: 2 }, E1: { out: 0.5 } }) }) },
      Stores: { simulator: () => stores },
    });
    const sources = await (await world.start("Source")).M!.create(2);
    const [store] = await (await world.start("Stores")).Store!.create(1, { start: 1 });
    for (const source of sources) world.connect(source, store!, ["out", "p"]);
    await world.run({ until: 3 });
    expect(stores.getData({ "Store-0": ["e"] })).toEqual({ "Store-0": { e: 8.5 } });
    await world.shutdown();
  });
});
