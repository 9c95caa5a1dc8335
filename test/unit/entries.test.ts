import { describe, expect, it } from "vitest";
import * as mosaik from "../../adapters/mosaik/index.ts";
import * as channel from "../../src/channel/index.ts";
import * as clock from "../../src/clock/index.ts";
import { Agent, Container, defineScenario, replay } from "../../src/index.ts";
import * as observing from "../../src/observing.ts";
import * as rpc from "../../src/rpc/index.ts";

class Meter extends Agent {
  static override readonly exposed = ["read"] as const;
  static override readonly outputs = ["kw", "kwh"] as const;
  kw = 0;
  kwh = 0;
  read(): number {
    return this.kw;
  }
  take(_inputs: { load: number }): void {}
}

/** As a program without types calls them. */
type Untyped = Record<string, (...args: unknown[]) => unknown>;
const M = mosaik as unknown as Untyped;
const O = { ...observing, replay } as unknown as Untyped;
const C = channel as unknown as Untyped;
const R = rpc as unknown as Untyped;
const make = (type: unknown, ...args: unknown[]) => Reflect.construct(type as new () => object, args);
const scenario = (more: object) => defineScenario({ name: "n", run() {}, ...more } as never);
const parameter = (declaration: object) => scenario({ parameters: { kw: declaration } });
const agents = (options: object) => make(mosaik.AgentSimulator, { models: { Meter: { agent: Meter } }, ...options });
const model = (spec: object) =>
  make(mosaik.AgentSimulator, { type: "hybrid", models: { M: { agent: Meter, ...spec } } });

async function world() {
  const made = new mosaik.World({ A: { simulator: () => agents({}) as mosaik.Simulator } });
  const handle = await made.start<Record<string, (params?: object) => Promise<mosaik.Entity>>>("A");
  return { made: made as unknown as Untyped, handle, a: await handle.Meter!(), b: await handle.Meter!() };
}

const source = { attach: () => () => {} };
const UNKNOWN = "ERR_OPTION_UNKNOWN";
const TYPE = "ERR_OPTION_TYPE";
const RANGE = "ERR_OPTION_RANGE";

describe("every entry refuses what it does not know, and says what is allowed", () => {
  it.each<readonly [string, () => unknown, string, RegExp]>([
    ["ExternalClock strat", () => make(clock.ExternalClock, { strat: "2020-01-01" }), UNKNOWN, /mean "start"/],
    ["ExternalClock init_time", () => make(clock.ExternalClock, { init_time: 3 }), UNKNOWN, /mean "initTime"/],
    ["ExternalClock initTime", () => make(clock.ExternalClock, { initTime: "3" }), TYPE, /initTime must be .* got "3"/],
    ["ExternalClock initTime", () => make(clock.ExternalClock, { initTime: -1 }), RANGE, /initTime must be .* got -1/],
    ["ExternalClock factor", () => make(clock.ExternalClock, { factor: 2 }), UNKNOWN, /no option "factor"/],
    ["ExternalClock text", () => make(clock.ExternalClock, "2020-01-01"), TYPE, /options must be an object/],
    ["RealTimeClock fctor", () => make(clock.RealTimeClock, { fctor: 2 }), UNKNOWN, /mean "factor"/],
    [
      "RealTimeClock factor",
      () => make(clock.RealTimeClock, { factor: "2" }),
      TYPE,
      /factor must be a finite number > 0/,
    ],
    ["RealTimeClock factor", () => make(clock.RealTimeClock, { factor: 0 }), RANGE, /got 0/],
    ["Recording path", () => make(observing.Recording, 3), TYPE, /path must be the path of a file/],
    ["Recording durabel", () => make(observing.Recording, "x", { durabel: "write" }), UNKNOWN, /mean "durable"/],
    ["Recording durable", () => make(observing.Recording, "x", { durable: true }), TYPE, /"sync", "write", got true/],
    [
      "Recording on_disk_error",
      () => make(observing.Recording, "x", { on_disk_error: "stop" }),
      UNKNOWN,
      /"onDiskError"/,
    ],
    [
      "Recording limits",
      () => make(observing.Recording, "x", { limits: { recordingChunkBytesMax: NaN } }),
      RANGE,
      /NaN/,
    ],
    [
      "Recording modules",
      () => make(observing.Recording, "x", { modules: "agents.ts" }),
      TYPE,
      /modules must be an array/,
    ],
    ["observe nothing", () => O.observe!({}), TYPE, /a container, platform or world/],
    ["observe levle", () => O.observe!(source, { levle: "envelope" }), UNKNOWN, /mean "level"/],
    ["observe level", () => O.observe!(source, { level: "envelop" }), TYPE, /did you mean "envelope"/],
    [
      "observe filter",
      () => O.observe!(source, { filter: { agnets: ["a"] } }),
      UNKNOWN,
      /in filter; did you mean "agents"/,
    ],
    ["observe kinds", () => O.observe!(source, { filter: { kinds: ["requets"] } }), TYPE, /did you mean "request"/],
    ["observe ticksPerSecond", () => O.observe!(source, { ticksPerSecond: NaN }), RANGE, /NaN/],
    ["openRun", () => O.openRun!("none.mcap", { limit: {} }), UNKNOWN, /mean "limits"/],
    ["openRun path", () => O.openRun!(), TYPE, /path must be the path of a file/],
    ["exportRun fromat", () => O.exportRun!("a.mcap", "b.csv", { fromat: "csv" }), UNKNOWN, /mean "format"/],
    ["exportRun format", () => O.exportRun!("a.mcap", "b.csv", { format: "CSV" }), TYPE, /did you mean "csv"/],
    [
      "exportRun filter",
      () => O.exportRun!("a.mcap", 1, { format: "csv", filter: { agent: "a" } }),
      UNKNOWN,
      /"agents"/,
    ],
    ["recoverRun", () => O.recoverRun!("a.mcap", "b.mcap", { force: true }), UNKNOWN, /no option "force"/],
    ["replay utnil", () => O.replay!("a.mcap", { classes: { Meter }, utnil: 3 }), UNKNOWN, /mean "until"/],
    ["replay until", () => O.replay!("a.mcap", { classes: { Meter }, until: NaN }), RANGE, /until must be .* NaN/],
    ["replay classes", () => O.replay!("a.mcap", {}), TYPE, /classes must be classes by their names/],
    [
      "replay progress",
      () => O.replay!("a.mcap", { classes: [Meter], progress: false }),
      TYPE,
      /progress must be a function/,
    ],
    ["agentModel ouputs", () => M.agentModel!(Meter, { ouputs: ["kw"] }), UNKNOWN, /mean "outputs"/],
    [
      "agentModel kind",
      () => M.agentModel!(Meter, { outputs: { kw: "evnt" } }),
      TYPE,
      /outputs\.kw must be .* "event"/,
    ],
    ["agentModel no class", () => M.agentModel!({}, {}), TYPE, /agent must be a class of agents/],
    ["AgentSimulator model", () => model({ ouputs: ["kw"] }), UNKNOWN, /model "M": .* mean "outputs"/],
    [
      "AgentSimulator sources",
      () => model({ method: "take", inputs: { load: "many" } }),
      TYPE,
      /inputs\.load must be one of/,
    ],
    [
      "AgentSimulator triger",
      () => model({ method: "take", inputs: { load: { sources: "one", triger: true } } }),
      UNKNOWN,
      /"trigger"/,
    ],
    ["AgentSimulator step_size", () => agents({ step_size: 5 }), UNKNOWN, /mean "stepSize"/],
    ["AgentSimulator record", () => agents({ record: "x.mcap" }), TYPE, /record must be a Recording/],
    ["defineScenario paramters", () => scenario({ paramters: {} }), UNKNOWN, /mean "parameters"/],
    ["defineScenario description", () => scenario({ description: 3 }), TYPE, /description must be a string/],
    [
      "defineScenario minimum",
      () => parameter({ type: "number", default: 3, minimum: 5 }),
      UNKNOWN,
      /there are .*min, max/,
    ],
    ["defineScenario min", () => parameter({ type: "number", default: 3, min: NaN }), RANGE, /min must be/],
    [
      "defineScenario choices",
      () => parameter({ type: "string", default: "x", choices: "xyz" }),
      TYPE,
      /choices must be/,
    ],
    ["defineScenario nothing", () => defineScenario(undefined as never), TYPE, /name must be a text/],
    [
      "defineSimulator parameter",
      () => M.defineSimulator!(() => 1, { kw: { type: "number", default: 3, maxx: 5 } }),
      UNKNOWN,
      /mean "max"/,
    ],
    ["defineSimulator parameters", () => M.defineSimulator!(() => 1, null), TYPE, /parameters must be an object/],
    ["World rt_factor", () => make(mosaik.World, {}, { rt_factor: 1 }), UNKNOWN, /no option "rt_factor"/],
    ["World time_resolution", () => make(mosaik.World, {}, { time_resolution: 60 }), UNKNOWN, /mean "timeResolution"/],
    ["World timeResolution", () => make(mosaik.World, {}, { timeResolution: "60" }), TYPE, /got "60"/],
    ["World stepTimeoutMs", () => make(mosaik.World, {}, { stepTimeoutMs: NaN }), RANGE, /NaN/],
    [
      "run progress",
      async () => (await world()).made.run!({ until: 3, progress: false }),
      TYPE,
      /progress must be a function/,
    ],
    [
      "run signal",
      async () => (await world()).made.run!({ until: 3, signal: true }),
      TYPE,
      /signal must be an AbortSignal/,
    ],
    ["run rt_factor", async () => (await world()).made.run!({ until: 3, rt_factor: 1 }), UNKNOWN, /mean "rtFactor"/],
    ["run until", async () => (await world()).made.run!({ until: "3" }), TYPE, /until must be/],
    ["advance", async () => (await world()).made.advance!(1, { lazy_steping: true }), UNKNOWN, /mean "lazyStepping"/],
    [
      "world.connect",
      async () => {
        const { made, a, b } = await world();
        made.connect!(a, b, ["kw", "kwh"], { time_shifted: 1 });
      },
      UNKNOWN,
      /mean "timeShifted"/,
    ],
    ["world.attach", async () => (await world()).made.attach!("sink"), TYPE, /sink must be a function/],
    [
      "container.attach",
      async () => (await Container.create()).attach("sink" as never),
      TYPE,
      /sink must be a function/,
    ],
    ["channel.open codek", () => C.open!("tcp://127.0.0.1:9", { codek: "json" }), UNKNOWN, /mean "codec"/],
    ["channel.open codec", () => C.open!("tcp://127.0.0.1:9", { codec: "MsgPack" }), TYPE, /mean "msgpack"/],
    [
      "channel.listen codec",
      () => C.listen!("tcp://127.0.0.1:0", () => {}, { codec: "MsgPack" }),
      TYPE,
      /mean "msgpack"/,
    ],
    [
      "channel.listen limits",
      () => C.listen!("tcp://127.0.0.1:0", () => {}, { limits: { frameBytesMax: NaN } }),
      RANGE,
      /NaN/,
    ],
    ["rpc.serve codec", () => R.serve!({}, "tcp://127.0.0.1:0", { codec: "MsgPack" }), TYPE, /mean "msgpack"/],
    ["rpc.serve token", () => R.serve!({}, "tcp://127.0.0.1:0", { hello: { token: "" } }), TYPE, /a token/],
    ["rpc.connect reconect", () => R.connect!("tcp://127.0.0.1:9", { reconect: true }), UNKNOWN, /mean "reconnect"/],
  ])("%s", async (_name, use, code, message) => {
    const refused = (async () => use())();
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("a time is a number of seconds: a text that looks like one is none", async () => {
    const container = await Container.create();
    await expect(container.advance("5" as never)).rejects.toThrow(
      new TypeError('a time is a number of seconds, got "5"'),
    );
    await container.close();
  });

  it("an option that is undefined is left out, everywhere", async () => {
    make(clock.ExternalClock, { start: undefined, initTime: undefined });
    make(clock.RealTimeClock, { factor: undefined });
    make(observing.Recording, "x", { durable: undefined, limits: { recordingNamesMax: undefined } });
    make(mosaik.World, {}, { timeResolution: undefined });
    model({ outputs: undefined, params: undefined });
    scenario({ parameters: undefined, description: undefined });
    const codec = channel.createCodec("json", { limits: { nodesMax: undefined, nestingMax: undefined } as never });
    let nested: unknown = 1;
    for (let i = 0; i < 100; i++) nested = [nested];
    expect(() => codec.encode(nested as never)).toThrow(/nestingMax = 64/);
  });
});

describe("the stream of a world", () => {
  it.each(["shutdown", "failed run"])("completes with the %s, for late subscribers, too", async (end) => {
    const { made } = await world();
    const seen: string[] = [];
    const stream = (made as unknown as mosaik.World).events$;
    const listen = (who: string) =>
      stream.subscribe({ complete: () => seen.push(who), next: ({ kind }) => kind === "step" && seen.push(kind) });
    listen("early");
    if (end === "shutdown") {
      await made.run!({ until: 2 });
      await made.shutdown!();
    } else {
      const run = made.run!({ until: 2, signal: AbortSignal.abort() });
      await expect(run).rejects.toMatchObject({ code: "ERR_RUN_ABORTED" });
    }
    listen("late");
    expect(seen).toEqual([...(end === "shutdown" ? ["step", "step"] : []), "early", "late"]);
  });
});
