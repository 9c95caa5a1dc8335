import { describe, expect, it, vi } from "vitest";
import { AgentSimulator, type SimulatorType } from "../../../../adapters/mosaik/index.ts";
import { Agent } from "../../../../src/index.ts";
import { mosaikPeer } from "./mosaik-peer.ts";
import { Probe, type ProbeBehaviour } from "./simulators.ts";

const INIT = '[0, 0, ["init", ["A"], {"time_resolution": 1.0, "step_size": 1}]]';
const CREATE = '[0, 1, ["create", [2, "M"], {"p": 5}]]';
const STOP = '[0, 99, ["stop", [], {}]]';
const step = (id: number, time: number, inputs = "{}") => `[0, ${id}, ["step", [${time}, ${inputs}, 4], {}]]`;

/** A probe at mosaik's other end, past `init` and `create`. */
async function started(behaviour: ProbeBehaviour = {}) {
  const probe = new Probe(behaviour);
  const peer = mosaikPeer(probe);
  await peer.send([INIT, CREATE]);
  return { probe, peer };
}

const typed = (type: SimulatorType, model: object = {}) => ({
  type,
  models: { M: { params: ["p"], attrs: ["out", "in"], ...model } },
});

describe("mosaik's calls", () => {
  it.each([false, true])("are answered as its transcripts show, byte by byte: %s", async (slowly) => {
    const probe = new Probe({ step: (time) => time + 1, getData: () => ({ E0: { out: 5 }, E1: { out: 0.5 } }) });
    const peer = mosaikPeer(probe);
    const frames = [
      INIT,
      '[0, 1, ["double", [21], {}]]',
      '[0, 2, ["create", [2, "M"], {"p": "\\u00fc\\u20ac"}]]',
      '[0, 3, ["get_data", [{"E0": ["out"]}], {}]]',
      '[0, 4, ["setup_done", [], {}]]',
      step(5, 2, '{"M_0": {"y": {"A.M_0": 8, "A.M_1": 8}}}'),
      '[0, 6, ["get_data", [{"E0": ["out", "out"], "E1": ["out"]}], {}]]',
      STOP,
    ];
    await peer.send(frames, slowly);
    expect(peer.sent[0]).toBe(`[1,0,${JSON.stringify(probe.meta)}]`);
    expect(peer.sent.slice(1)).toEqual([
      "[1,1,42]",
      '[1,2,[{"eid":"E0","type":"M"},{"eid":"E1","type":"M"}]]',
      '[1,3,{"E0":{"out":5},"E1":{"out":0.5}}]',
      "[1,4,null]",
      "[1,5,3]",
      '[1,6,{"E0":{"out":5},"E1":{"out":0.5}}]',
    ]);
    await peer.calls.done;
    expect(probe.sid).toBe("A");
    expect(probe.initParams).toEqual({ timeResolution: 1, step_size: 1 });
    expect(probe.steps).toEqual([{ time: 2, inputs: { M_0: { y: { "A.M_0": 8, "A.M_1": 8 } } }, maxAdvance: 4 }]);
    expect(probe.calls.at(-1)).toBe("finalize");
  });

  it("carry bare NaN and Infinity both ways", async () => {
    const { probe, peer } = await started({
      getData: () => ({ E0: { out: Number.NaN, in: Number.NEGATIVE_INFINITY } }),
    });
    await peer.send([step(2, 1, '{"M_0": {"y": {"F.F_0": NaN, "F.F_1": Infinity}}}')]);
    expect(probe.steps[0]!.inputs).toEqual({ M_0: { y: { "F.F_0": Number.NaN, "F.F_1": Number.POSITIVE_INFINITY } } });
    expect(await peer.ask('[0, 3, ["get_data", [{"E0": ["out"]}], {}]]')).toEqual([
      '[1,3,{"E0":{"out":NaN,"in":-Infinity}}]',
    ]);
  });

  it.each([
    ["event-based", {}],
    ["hybrid", { trigger: ["in"], "non-persistent": ["out"] }],
  ] as const)("of a simulator that is %s may bring no next step, no event, an output time", async (type, model) => {
    let data: object = {};
    const { peer } = await started({ meta: typed(type, model), step: () => null, getData: () => data });
    expect(await peer.ask(step(2, 3))).toEqual(["[1,2,null]"]);
    expect(await peer.ask('[0, 3, ["get_data", [{"E0": ["out"]}], {}]]')).toEqual(["[1,3,{}]"]);
    data = { E0: { out: 1 }, time: 5 };
    expect(await peer.ask('[0, 4, ["get_data", [{"E0": ["out"]}], {}]]')).toEqual(['[1,4,{"E0":{"out":1},"time":5}]']);
  });

  it("are made one at a time, in order", async () => {
    let end: (next: number) => void = () => {};
    const pending = new Promise<number>((resolve) => {
      end = resolve;
    });
    const { probe, peer } = await started({ step: () => pending });
    expect(await peer.ask(step(2, 0), '[0, 3, ["get_data", [{"E0": ["out"]}], {}]]')).toEqual([]);
    expect(probe.calls.at(-1)).toBe("step 0");
    end(1);
    expect((await peer.ask()).map((text) => text.slice(0, 5))).toEqual(["[1,2,", "[1,3,"]);
  });
});

describe("requests back", () => {
  it("are written as mosaik's own API writes them, while a step is being made", async () => {
    const answers: unknown[] = [];
    const probe = new Probe({
      step: async () => {
        const { mosaik } = probe;
        answers.push(await mosaik.getProgress());
        answers.push(await mosaik.getRelatedEntities(), await mosaik.getRelatedEntities("A.E0"));
        answers.push(await mosaik.getRelatedEntities(["A.E0"]), await mosaik.getData({ "T.M_0": ["x"] }));
        answers.push(await mosaik.setData({ "A.E0": { "T.M_0": { y: 100 } } }), await mosaik.setEvent(3));
        return 1;
      },
    });
    const peer = mosaikPeer(probe);
    await peer.send([INIT, CREATE]);
    const graph = '{"nodes": {"A.E0": {"sid": "A", "type": "M"}}, "edges": [["T.M_0", "A.E0", {}]]}';
    const exchange = [
      [step(2, 0), '[0,0,["get_progress",[],{}]]'],
      ["[1, 0, 16.666666666666668]", '[0,1,["get_related_entities",[null],{}]]'],
      [`[1, 1, ${graph}]`, '[0,2,["get_related_entities",["A.E0"],{}]]'],
      ['[1, 2, {"T.M_0": {"sid": "T", "type": "M"}}]', '[0,3,["get_related_entities",[["A.E0"]],{}]]'],
      ['[1, 3, {"A.E0": {}}]', '[0,4,["get_data",[{"T.M_0":["x"]}],{}]]'],
      ['[1, 4, {"T.M_0": {"x": NaN}}]', '[0,5,["set_data",[{"A.E0":{"T.M_0":{"y":100}}}],{}]]'],
      ["[1, 5, null]", '[0,6,["set_event",[3],{}]]'],
      ["[1, 6, null]", "[1,2,1]"],
    ] as const;
    for (const [received, answer] of exchange) expect(await peer.ask(received)).toEqual([answer]);
    expect(answers).toEqual([
      16.666666666666668,
      JSON.parse(graph),
      { "T.M_0": { sid: "T", type: "M" } },
      { "A.E0": {} },
      { "T.M_0": { x: Number.NaN } },
      undefined,
      undefined,
    ]);
  });

  it("may be made outside of a call if they are setEvent; mosaik's refusal is an error with its name", async () => {
    const { probe, peer } = await started();
    await expect(probe.mosaik.getProgress()).rejects.toMatchObject({ code: "ERR_BRIDGE_OUTSIDE_CALL" });
    await expect(probe.mosaik.setEvent(1.5)).rejects.toThrow(RangeError);
    const event = probe.mosaik.setEvent(3);
    const refused = expect(event).rejects.toMatchObject({ remoteName: "SimulationError", message: "no real time" });
    expect(await peer.ask('[2, 0, ["SimulationError", "no real time", "Traceback\\n"]]')).toEqual([
      '[0,0,["set_event",[3],{}]]',
    ]);
    await refused;
  });

  it("fail when mosaik is gone, which is then what the simulator ended by", async () => {
    const probe: Probe = new Probe({ step: () => probe.mosaik.getProgress() });
    const peer = mosaikPeer(probe);
    await peer.send([INIT, CREATE, step(2, 0)]);
    await peer.drop();
    await expect(peer.calls.done).rejects.toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
    expect(peer.log.at(-1)).toContain("step failed: simulator A, step() at time 0: the connection");
    expect(probe.calls.filter((call) => call === "finalize")).toHaveLength(1);
  });
});

describe("failures", () => {
  it("reach mosaik as name, message and trace, and fail the simulator once mosaik says stop", async () => {
    const { peer } = await started({
      step: () => {
        throw new RangeError("boom ü");
      },
    });
    const [answer = ""] = await peer.ask(step(2, 7));
    const [type, id, [name, message, ...trace]] = JSON.parse(answer) as [number, number, string[]];
    expect([type, id, name, message]).toEqual([2, 2, "RangeError", "boom ü"]);
    expect(trace[0]).toMatch(/^at .*remote\.test\.ts/);
    await peer.send([STOP]);
    await expect(peer.calls.done).rejects.toMatchObject({
      code: "ERR_BRIDGE_SIMULATOR_FAILED",
      message: "simulator A, step() at time 7: boom ü",
    });
  });

  const GET = '[0, 3, ["get_data", [{"E0": ["out"]}], {}]]';
  it.each<[string, ProbeBehaviour, readonly string[], string]>([
    ["a broken next step", { step: () => 2.5 }, [step(2, 2)], "ERR_BRIDGE_NEXT_STEP"],
    ["no next step though time-based", { step: () => null }, [step(2, 2)], "ERR_BRIDGE_NEXT_STEP"],
    ["undefined", { getData: () => ({ E0: { out: undefined } }) }, [GET], "ERR_BRIDGE_OUTPUT"],
    ["a missing extra method", { meta: { extra_methods: ["gone"] } }, [], "ERR_BRIDGE_META"],
    ["a mixed-up model", { meta: typed("hybrid", { trigger: ["in"], "non-trigger": ["in"] }) }, [], "ERR_BRIDGE_META"],
    [
      "measured inputs though event-based",
      { meta: typed("event-based", { "non-trigger": ["in"] }) },
      [],
      "ERR_BRIDGE_META",
    ],
  ])("of the contract are named: %s", async (_what, behaviour, frames, code) => {
    const { peer } = await started(behaviour);
    await peer.send(frames);
    const failures = peer.sent.filter((text) => text.startsWith("[2,"));
    expect(failures[0]).toMatch(new RegExp(`^\\[2,\\d,\\["BridgeError","${code}: simulator A, `));
    await peer.send([STOP]);
    await expect(peer.calls.done).rejects.toMatchObject({ code });
  });
});

describe("the end", () => {
  it("is a lost connection if mosaik has not said stop, and finalises once", async () => {
    const { probe, peer } = await started();
    await peer.drop();
    await expect(peer.calls.done).rejects.toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
    expect(probe.calls.filter((call) => call === "finalize")).toHaveLength(1);
  });

  it.each([
    ["no message", '{"a": 1}', "ERR_CHANNEL_MESSAGE"],
    ["a failure that is none", "[2, 0, []]", "ERR_CHANNEL_MESSAGE"],
  ])("is a protocol error if %s comes", async (_what, text, code) => {
    const { probe, peer } = await started();
    await peer.send([text]);
    await expect(peer.calls.done).rejects.toMatchObject({ name: "ProtocolError", code });
    expect(probe.calls.at(-1)).toBe("finalize");
  });

  it("has no answer, and calls after it are not made", async () => {
    const { probe, peer } = await started();
    expect(await peer.ask(STOP, STOP, step(3, 0))).toEqual([]);
    await peer.calls.done;
    expect(probe.calls.slice(-2)).toEqual(["create 2 M", "finalize"]);
  });

  it.each([
    ["finalize", []],
    ["step", [step(2, 4)]],
  ] as const)("comes though %s never ends", async (method, frames) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { probe, peer } = await started();
      probe[method] = () => new Promise<never>(() => {});
      const { done } = peer.calls;
      await peer.send([...frames, STOP]);
      // FAULTS.md F04: no process is left after 5 s.
      await vi.advanceTimersByTimeAsync(5000);
      await expect(done).rejects.toMatchObject({ code: "ERR_BRIDGE_STUCK", method });
    } finally {
      vi.useRealTimers();
    }
  });
});

class Doubler extends Agent {
  static override readonly outputs = ["doubled"] as const;
  doubled = 0;
  take({ value }: { value: number }): void {
    this.doubled = 2 * value;
  }
}

describe("a population of agents", () => {
  it("is served as any other simulator", async () => {
    const model = { agent: Doubler, method: "take", inputs: { value: "one" } } as const;
    const peer = mosaikPeer(new AgentSimulator({ stepSize: 2, models: { Doubler: model } }));
    await peer.send(['[0, 0, ["init", ["A"], {"time_resolution": 60.0}]]', '[0, 1, ["create", [1, "Doubler"], {}]]']);
    await peer.send([step(2, 0, '{"Doubler-0": {"value": {"S.s": 21.5}}}')]);
    await vi.waitFor(() => expect(peer.sent.at(-1)).toBe("[1,2,2]"));
    expect(await peer.ask('[0, 3, ["get_data", [{"Doubler-0": ["doubled"]}], {}]]')).toEqual([
      '[1,3,{"Doubler-0":{"doubled":43}}]',
    ]);
    await peer.send([STOP]);
    await peer.calls.done;
  });
});
