import { describe, expect, expectTypeOf, it } from "vitest";
import {
  type ConnectOptions,
  type CreateResult,
  type Entity,
  type Meta,
  type OutputData,
  Simulator,
  World,
} from "../../../../adapters/mosaik/index.ts";
import { Probe, type ProbeBehaviour } from "./simulators.ts";

const GRID_META = {
  api_version: "3.0",
  type: "time-based",
  models: {
    Grid: { params: ["file"], attrs: [] },
    Bus: { public: false, attrs: ["vm_pu", "va_degree"] },
    Sink: { any_inputs: true, attrs: ["p"] },
  },
  extra_methods: ["name"],
} as const satisfies Meta;

/** A grid whose buses are children of one entity, typed by its meta. */
class GridSim extends Simulator {
  readonly meta = GRID_META;

  create(num: number, model: string): CreateResult[] {
    if (model === "Sink") return Array.from({ length: num }, (_, i) => ({ eid: `Sink_${i}`, type: model }));
    const children = [0, 1].map((i) => ({ eid: `Bus_${i}`, type: "Bus", rel: [`Bus_${1 - i}`] }));
    return [{ eid: "Grid", type: model, children, extra_info: { slack: "Bus_0" } }];
  }

  step(time: number): number {
    return time + 1;
  }

  getData(): OutputData {
    return {};
  }

  name(suffix: string): string {
    return `grid ${suffix}`;
  }
}

const config = { Grid: { simulator: () => new GridSim() }, P: { simulator: () => new Probe() } };

/** A world with one grid and two probes. */
async function scenario() {
  const world = new World(config);
  const grid = await world.start("Grid");
  const whole = await grid.Grid({ file: "x" });
  const a: Entity = await (await world.start("P", { simId: "a" })).M();
  const b: Entity = await (await world.start("P", { simId: "b" })).M();
  return { world, grid, whole, a, b };
}

describe("starting", () => {
  it("numbers simulators of one name, in the order of the calls", async () => {
    const world = new World(config);
    const started = await Promise.all([world.start("P"), world.start("Grid"), world.start("P")]);
    expect(started.map(({ sid }) => sid)).toEqual(["P-0", "Grid-0", "P-1"]);
  });

  it.each([
    ["Grd", {}, "ERR_SCENARIO_UNKNOWN_SIMULATOR", /no simulator "Grd"; it has: Deaf, Empty, Grid, Open, P/],
    ["P", { simId: "a.b" }, "ERR_SCENARIO_SIM_ID", /"a\.b" must be a name without a dot/],
    ["P", { simId: "taken" }, "ERR_SCENARIO_SIM_ID", /"taken" is taken/],
    ["Deaf", {}, "ERR_SCENARIO_COMMAND", /the command does not say where .*%\(addr\)s/],
    ["Open", {}, "ERR_SCENARIO_COMMAND", /a quote or backslash is open/],
    ["Empty", {}, "ERR_SCENARIO_COMMAND", /the command is empty/],
  ])("refuses %s with %o", async (name, params, code, message) => {
    const world = new World({ ...config, Deaf: { cmd: "x" }, Open: { cmd: "x 'y" }, Empty: { cmd: "" } });
    await world.start("P", { simId: "taken" });
    const failure = await world.start<object>(name, params).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "ScenarioError", code });
    expect((failure as Error).message).toMatch(message);
  });

  it.each<[Partial<Meta> | null, string, RegExp]>([
    [null, "ERR_BRIDGE_META", /P-0, init\(\): returned null/],
    [{ api_version: "4.0" }, "ERR_BRIDGE_META", /api_version is "4.0"; it must be a string "3.x"/],
    [{ type: "sometimes" as never }, "ERR_BRIDGE_META", /"sometimes"/],
    [{ models: { step: {} } }, "ERR_BRIDGE_META", /"step"/],
    [{ models: { M: { trigger: ["x"], attrs: ["x"] } } }, "ERR_BRIDGE_META", /trigger attributes: x/],
    [{ models: { M: { attrs: "x" as never } } }, "ERR_BRIDGE_META", /models\.M\.attrs is not an array/],
    [{ extra_methods: ["nope"] }, "ERR_BRIDGE_META", /"nope" is not a method/],
  ])("refuses meta %o", async (meta, code, message) => {
    const probe = new Probe(meta === null ? {} : { meta });
    if (meta === null) probe.init = () => null as never;
    const failure = await new World({ P: { simulator: () => probe } }).start("P").catch((error: unknown) => error);
    expect(failure).toMatchObject({ code });
    expect((failure as Error).message).toMatch(message);
  });

  it.each([
    { timeResolution: 0 },
    { maxLoopIterations: 0 },
    { maxLoopIterations: 1.5 },
    { stepTimeoutMs: Number.NaN },
    { stepWarningMs: -1 },
  ])("refuses %o", (options) => {
    expect(() => new World(config, options)).toThrow(RangeError);
  });

  it("refuses an initial event of a simulator that is not there, or at no time", async () => {
    const world = new World(config);
    await world.start("P");
    expect(() => world.setInitialEvent("P-1")).toThrow(/no simulator "P-1" was started; there are: P-0/);
    expect(() => world.setInitialEvent("P-0", -1)).toThrow(RangeError);
  });

  it("refuses what the options do not offer yet", () => {
    expect(() => new World(config, { debug: true })).toThrow(/debug: true is not supported/);
  });
});

describe("creating", () => {
  it("makes entities whose children can be used", async () => {
    const { world, grid, whole, a } = await scenario();
    expect(whole.children.map(({ fullId }) => fullId)).toEqual(["Grid-0.Bus_0", "Grid-0.Bus_1"]);
    expect(whole.child("Bus_1")).toBe(grid.entity("Bus_1"));
    expect(whole.extraInfo).toEqual({ slack: "Bus_0" });
    world.connect(whole.child("Bus_1"), a, ["vm_pu", "in"]);
    expect(await grid.name("one")).toBe("grid one");
  });

  it("types models, parameters and extra methods by the simulator's meta", async () => {
    const { grid } = await scenario();
    expectTypeOf(grid.Grid).parameter(0).toEqualTypeOf<{ readonly file?: unknown } | undefined>();
    expectTypeOf(grid.Sink.create).returns.resolves.toEqualTypeOf<Entity[]>();
    expectTypeOf(grid.name).toEqualTypeOf<(suffix: string) => Promise<string>>();
    // @ts-expect-error there is no such model
    expect(() => grid.Trafo).toThrow(/Grid-0 has no model or method "Trafo"; it has: Grid, Sink, name/);
    expect(() => grid.Bus).toThrow(/does not let a scenario create model "Bus"/);
    expect(await grid).toBe(grid);
  });

  it("names what is missing", async () => {
    const { grid, whole } = await scenario();
    const there = /"Bus_9"; it has: Bus_0, Bus_1/;
    expect(() => whole.child("Bus_9")).toThrow(there);
    expect(() => grid.entity("Bus_9")).toThrow(/simulator Grid-0 has no entity "Bus_9"; it has: Bus_0, Bus_1, Grid/);
    const wrong = { fil: 1 } as { file?: string };
    await expect(grid.Grid(wrong)).rejects.toThrow(/unknown parameter "fil" of model Grid .*; it has: file/);
    await expect(grid.Sink.create(-1)).rejects.toThrow(RangeError);
    expect(await grid.Sink.create(0)).toEqual([]);
  });

  it.each<[string, ProbeBehaviour["create"], RegExp]>([
    ["too few", () => [], /1 entities of M were requested, 0 were created/],
    ["no array", () => null, /returned null/],
    ["another type", () => [{ eid: "x", type: "N" }], /"x" is of type "N", not "M"/],
    ["a double id", () => [{ eid: "x", type: "M", children: [{ eid: "x", type: "M" }] }], /"x" is there already/],
    ["a lost relation", () => [{ eid: "x", type: "M", rel: ["y"] }], /"x" is related to "y"/],
    ["no id", () => [{ type: "M" }], /undefined is no entity id/],
  ])("refuses %s from create()", async (_what, create, message) => {
    const handle = await new World({ P: { simulator: () => new Probe({ create: create! }) } }).start("P");
    const failure = await handle.M().catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "BridgeError", code: "ERR_BRIDGE_CREATE", method: "create" });
    expect(failure.message).toMatch(/simulator P-0, create\(\)/);
    expect(failure.message).toMatch(message);
  });
});

describe("connecting", () => {
  it.each<[string, unknown[], string, RegExp]>([
    ["an unknown source attribute", [["vm", "in"]], "UNKNOWN_ATTRIBUTE", /"vm" of model Bus; it has: va_degree, vm_pu/],
    [
      "an unknown input",
      ["vm_pu"],
      "UNKNOWN_ATTRIBUTE",
      /Bus_0\.vm_pu -> a\.E0\.vm_pu: .*"vm_pu" of model M; it has: in/,
    ],
    ["nothing", [], "NOTHING_CONNECTED", /Grid-0\.Bus_0 to a\.E0/],
    ["no initial data", [["vm_pu", "in"], { timeShifted: true }], "INITIAL_DATA", /needs initialData .*"vm_pu"/],
    ["initial data unshifted", [["vm_pu", "in"], { initialData: { vm_pu: 1 } }], "INITIAL_DATA", /never used/],
    [
      "initial data of another attribute",
      [["vm_pu", "in"], { timeShifted: 1, initialData: { vm_pu: 1, vm: 1 } }],
      "INITIAL_DATA",
      /names "vm"; connected source attributes: vm_pu/,
    ],
    ["weak without initial data", [["vm_pu", "in"], { weak: true }], "INITIAL_DATA", /a weak connection needs initial/],
    [
      "weak without a group",
      [["vm_pu", "in"], { weak: true, initialData: { vm_pu: 1 } }],
      "WEAK",
      /Bus_0 to a\.E0: weak needs a group that holds both/,
    ],
    [
      "two sources for one input",
      [
        ["vm_pu", "in"],
        ["va_degree", "in"],
      ],
      "DUPLICATE_CONNECTION",
      /vm_pu of the same entity/,
    ],
  ])("refuses %s", async (_what, args, code, message) => {
    const { world, whole, a } = await scenario();
    const connect = () => world.connect(whole.child("Bus_0"), a, ...(args as string[]));
    expect(connect).toThrow(expect.objectContaining({ name: "ScenarioError", code: `ERR_SCENARIO_${code}` }));
    expect(connect).toThrow(message);
  });

  it("takes inputs of any name where the model does", async () => {
    const { world, grid, whole } = await scenario();
    const sink = await grid.Sink();
    const options = { timeShifted: 1, initialData: { vm_pu: 1 } };
    world.connect(whole.child("Bus_0"), sink, ["vm_pu", "whatever"], options);
    expect(() => world.connect(sink, sink, "whatever", options)).toThrow(/"whatever" of model Sink; it has: p/);
  });

  it("refuses arguments of the wrong kind", async () => {
    const { world, a, b } = await scenario();
    expect(() => world.connect(undefined as never, a, "in")).toThrow(/src must be an Entity, got undefined/);
    expect(() => world.connect(a, null as never, "in")).toThrow(/dest must be an Entity, got null/);
    expect(() => world.connect(a, b, ["out"] as never)).toThrow(/\["out"\]/);
    expect(() => world.connect(a, b, "in", { timeShift: 1 } as ConnectOptions)).toThrow(
      /there is no option "timeShift"; did you mean "timeShifted"/,
    );
    expect(() => world.connect(a, b, "in", { timeShifted: -1 })).toThrow(RangeError);
    const other = await scenario();
    expect(() => world.connect(a, other.b, "in")).toThrow(/b\.E0 belongs to another world/);
  });

  it("names the connections of a cycle without delay, before anything steps", async () => {
    const { world, whole, a, b } = await scenario();
    world.connect(whole.child("Bus_0"), a, ["vm_pu", "in"]);
    world.connect(a, b, ["out", "in"]);
    world.connect(b, a, ["out", "in"], ["in", "in2"]);
    const failure = await world.run({ until: 1 }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "ScenarioError", code: "ERR_SCENARIO_CYCLE" });
    const { message } = failure as Error;
    expect(message).toContain("a.E0.out -> b.E0.in");
    expect(message).toContain("b.E0.out -> a.E0.in (and 1 more)");
    expect(message).toContain("timeShifted");
    expect(message).not.toContain("Bus_0");
  });
});
