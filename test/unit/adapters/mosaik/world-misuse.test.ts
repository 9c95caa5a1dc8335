import { beforeEach, describe, expect, it } from "vitest";
import {
  connectManyToOne,
  connectZip,
  type Entity,
  type SimulatorHandle,
  World,
} from "../../../../adapters/mosaik/index.ts";
import { Probe } from "./simulators.ts";

/** What is easily written wrong: each error says what to write instead. */

let world: World;
// biome-ignore lint/suspicious/noExplicitAny: what tsc refuses is written here
let sim: SimulatorHandle & any;
let a: Entity;
let b: Entity;

beforeEach(async () => {
  world = new World({ P: { simulator: () => new Probe() } });
  sim = await world.start("P");
  [a, b] = await sim.M.create(2);
});

describe("an entry of the configuration", () => {
  it.each([
    ["the class", { simulator: Probe }, /write \{ simulator: \(\) => new Probe\(\) \}; simulator is the class itself/],
    [
      "an instance",
      { simulator: new Probe() },
      /write \{ simulator: \(\) => new Probe\(\) \}.*got an instance of Probe/,
    ],
    [
      "a function that makes a class",
      { simulator: () => Probe },
      /must return a Simulator, it returned the function Probe/,
    ],
    [
      "mosaik's python",
      { python: "my_sim:Sim" },
      /write \{ cmd: \["%\(python\)s", "-c", "import mosaik_api_v3, my_sim; mosaik_api_v3\.start_simulation\(my_sim\.Sim\(\)\)", "%\(addr\)s"\] \}/,
    ],
    ["command", { command: "x %(addr)s" }, /there is no "command"; did you mean "cmd"\?/],
    ["nothing", {}, /write \{ simulator: \(\) => new MySimulator\(\) \}.*got undefined/],
    ["a text", "x %(addr)s", /must be an object, as \{ simulator: .*got "x %\(addr\)s"/],
  ])("that is %s", async (_what, entry, message) => {
    await expect(new World({ S: entry as never }).start("S")).rejects.toThrow(message);
  });
});

describe("a world", () => {
  it.each([
    ["null", null, /World: options must be an object, got null/],
    [
      "time_resolution",
      { time_resolution: 60 },
      /there is no option "time_resolution"; did you mean "timeResolution"\?/,
    ],
    ["a text", { timeResolution: "60" }, /timeResolution must be a finite number > 0 seconds, got "60"/],
    ["NaN", { stepTimeoutMs: Number.NaN }, /stepTimeoutMs must be a finite number > 0 milliseconds, got NaN/],
  ])("with options that are %s", (_what, options, message) => {
    expect(() => new World({}, options as never)).toThrow(message);
  });

  it.each([
    ["nothing", undefined, /write|by name, as run\(\{ until: 10 \}\), got undefined/],
    ["a number", 10, /by name, as run\(\{ until: 10 \}\), got 10/],
    ["a text as its end", { until: "5" }, /until must be an integer >= 1 and <= \d+, got "5"/],
    ["rt_factor", { until: 5, rt_factor: 1 }, /there is no option "rt_factor"; did you mean "rtFactor"\?/],
    ["progress that is no function", { until: 5, progress: false }, /progress must be a function, got false/],
    ["a signal that is none", { until: 5, signal: true }, /signal must be an AbortSignal, got true/],
  ])("that is run with %s", async (_what, options, message) => {
    await expect(world.run(options as never)).rejects.toThrow(message);
    await world.run({ until: 1 });
  });

  it.each([
    ["sim_id", { sim_id: "x" }, /there is no sim_id; write simId, as start\("Grid", \{ simId: "grid" \}\)/],
    ["time_resolution", { time_resolution: 60 }, /new World\(config, \{ timeResolution: 60 \}\)/],
    ["a number", 5, /parameters have names, as start\("P", \{ a: 1 \}\), got 5/],
  ])("that starts a simulator with %s", async (_what, params, message) => {
    await expect(world.start("P", params as never)).rejects.toThrow(message);
  });

  it.each([
    ["one entity", () => a, /as getData\(\[entity\], "p_kw"\), got one Entity/],
    ["a promise", () => sim.M(), /entities is a promise; write `await` where it is made/],
    ["promises", () => [sim.M()], /entities\[0\] is a promise; write `await`/],
    ["a text", () => "P-0.E0", /must be an array of them.*got "P-0\.E0"/],
    ["nothing", () => undefined, /must be an array of them.*got undefined/],
  ])("asked for data of %s", async (_what, entities, message) => {
    await expect(world.getData(entities() as never, "out")).rejects.toThrow(message);
  });

  it("asked for data of attributes that are not there", async () => {
    await expect(world.getData([a])).rejects.toThrow(/no attribute is named/);
    await expect(world.getData([a], "p")).rejects.toThrow(
      /unknown attribute "p" of P-0\.E0; model M has: in, in2, out/,
    );
  });
});

describe("a handle", () => {
  it("is its id as a text", () => {
    expect(String(sim)).toBe("P-0");
    expect(`${sim}`).toBe("P-0");
    expect("hasOwnProperty" in sim).toBe(true);
    expect(() => world.setInitialEvent("P-9")).toThrow(/no simulator "P-9" was started; there are: P-0/);
  });

  it.each([
    [
      "M(5)",
      () => sim.M(5),
      /M: parameters have names, as M\(\{ a: 1 \}\), got 5; 5 entities are M\.create\(5, \{ … \}\)/,
    ],
    ["M(null)", () => sim.M(null), /got null/],
    [
      "M.create()",
      () => sim.M.create(),
      /num must be an integer from 0 to 1000000, got undefined; write M\.create\(3, \{ … \}\)/,
    ],
    ["M.create({})", () => sim.M.create({}), /got an object; write M\.create\(3, \{ … \}\)/],
    ["M.create('3')", () => sim.M.create("3"), /got "3"/],
    ["M.create(1e9)", () => sim.M.create(1e9), /num must be an integer from 0 to 1000000, got 1000000000/],
  ])("asked for %s", async (_what, make, message) => {
    await expect(make()).rejects.toThrow(message);
  });
});

describe("a connection", () => {
  it.each([
    [
      "from a promise",
      () => world.connect(sim.M(), b, "out"),
      /connect: src is a promise; write `await` where it is made/,
    ],
    ["to a promise", () => world.connect(a, sim.M(), "out"), /connect: dest is a promise; write `await`/],
    [
      "from several",
      () => world.connect([a] as never, b, "out"),
      /src must be an Entity, got an array of 1; connect one by one, or by connectManyToOne/,
    ],
    ["from an id", () => world.connect("P-0.E0" as never, b, "out"), /got "P-0\.E0"; a model makes them/],
    [
      "with time_shifted",
      () => world.connect(a, b, "out", { time_shifted: true } as never),
      /did you mean "timeShifted"\?/,
    ],
    [
      "with weak as a text",
      () => world.connect(a, b, "out", { weak: "yes" } as never),
      /weak must be true or false, got "yes"/,
    ],
    [
      "of a promise of many",
      () => connectManyToOne(world, sim.M.create(2), b, "out"),
      /sources is a promise; write `await`/,
    ],
    [
      "of one instead of many",
      () => connectManyToOne(world, a as never, b, "out"),
      /sources must be an array of entities, got an instance of Entity/,
    ],
    ["by zip of a promise", () => connectZip(world, [a], sim.M.create(1), "out"), /dests is a promise; write `await`/],
  ])("%s", (_what, connect, message) => {
    expect(connect).toThrow(message);
  });
});
