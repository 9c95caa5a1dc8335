import { describe, expect, it, vi } from "vitest";
import { type AgentModel, AgentSimulator, agentModel, type SimulatorType } from "../../../adapters/mosaik/index.ts";
import { Agent } from "../../../src/index.ts";

/** Switches when it is told to, after a delay, and says so. */
class Breaker extends Agent {
  static override readonly outputs = ["closed", "trips", "tripped"] as const;
  closed = true;
  trips: number | null = null;
  readonly #delayS: number;
  constructor(params: { delay_s: number; note?: string }) {
    super();
    this.#delayS = params.delay_s;
  }
  async take(inputs: { current_a?: number; limits?: Record<string, number> }): Promise<void> {
    if (inputs.current_a === undefined) return;
    await this.clock.sleep(this.#delayS);
    const trips = inputs.current_a > 10;
    this.closed = !trips;
    if (trips) this.trips = (this.trips ?? 0) + 1;
    if (trips) this.emit("tripped", { at: this.clock.time() });
  }
  show(): string {
    return this.id;
  }
}

const OUTPUTS = { closed: "state", trips: "change", tripped: "event" } as const;
const breaker = agentModel(Breaker, {
  params: ["delay_s"],
  method: "take",
  inputs: { current_a: { sources: "one", trigger: true }, limits: "all" },
  outputs: OUTPUTS,
});

async function started(type: SimulatorType, model = breaker, stepSize?: number): Promise<AgentSimulator> {
  const options = stepSize === undefined ? {} : { stepSize };
  const agents = new AgentSimulator({ type, models: { Breaker: model }, ...options });
  await agents.init("A", { timeResolution: 1 });
  return agents;
}

const current = (a: number) => ({ b: { current_a: { "Grid.L": a } } });
const ALL = { b: ["closed", "trips", "tripped"] };

describe("agentModel", () => {
  it("says which inputs trigger and which outputs are passing", () => {
    const agents = new AgentSimulator({ type: "hybrid", models: { Breaker: breaker } });
    expect(agents.meta).toEqual({
      api_version: "3.0",
      type: "hybrid",
      models: {
        Breaker: {
          public: true,
          params: ["eid", "delay_s"],
          attrs: ["current_a", "limits", "closed", "trips", "tripped"],
          trigger: ["current_a"],
          "non-persistent": ["trips", "tripped"],
        },
      },
    });
  });

  it("takes no name that the class does not have", () => {
    const inputs = { current_a: "one", limits: "all" } as const;
    // @ts-expect-error -- not a parameter of the constructor
    agentModel(Breaker, { params: ["delay_ms"] });
    // @ts-expect-error -- takes no object
    agentModel(Breaker, { method: "show" });
    // @ts-expect-error -- not an output of the class
    agentModel(Breaker, { outputs: ["opened"] });
    // @ts-expect-error -- limits is missing
    agentModel(Breaker, { method: "take", inputs: { current_a: "one" } });
    // @ts-expect-error -- a number has one source
    agentModel(Breaker, { method: "take", inputs: { ...inputs, current_a: "all" } });
    // @ts-expect-error -- no such kind
    const sometimes = () => agentModel(Breaker, { method: "take", inputs, outputs: { closed: "sometimes" } });
    expect(sometimes).toThrow(/outputs\.closed must be one of "state", "change", "event", "events", got "sometimes"/);
    expect(agentModel(Breaker, { method: "take", inputs })).toEqual({ agent: Breaker, method: "take", inputs });
  });

  it.each<[SimulatorType, Omit<AgentModel, "agent">, RegExp]>([
    ["time-based", { method: "take", inputs: { x: { sources: "one", trigger: true } } }, /"x" triggers.* "hybrid"/],
    ["event-based", { method: "take", inputs: { x: { sources: "one", trigger: false } } }, /"x" of an event-based/],
    ["hybrid", { inputs: { x: "one" } }, /need a method of Breaker that takes them, got undefined/],
    ["hybrid", { method: "taken", inputs: { x: "one" } }, /need a method of Breaker that takes them, got taken/],
    ["hybrid", { method: "take", inputs: { closed: "one" } }, /"closed" is an input and an output/],
    ["time-based", { outputs: { trips: "change" } }, /"trips" is of kind change/],
    ["event-based", { outputs: { trips: "state" } }, /"trips" of an event-based population is a change or an event/],
    ["hybrid", { outputs: ["opened"] }, /Breaker.outputs does not list "opened"/],
  ])("a %s population refuses %o", (type, spec, message) => {
    const options = { type, models: { M: { agent: Breaker, ...spec } } };
    expect(() => new AgentSimulator(options)).toThrow(expect.objectContaining({ name: "TypeError" }));
    expect(() => new AgentSimulator(options)).toThrow(message);
  });
});

describe("a hybrid population", () => {
  it("names its own next event as the next step, and puts out what has changed and what was emitted", async () => {
    const agents = await started("hybrid");
    agents.create(1, "Breaker", { eid: "b", delay_s: 2.5 });
    expect(await agents.step(0, {})).toBeNull();
    expect(await agents.getData(ALL)).toEqual({ b: { closed: true } });
    expect(await agents.step(4, current(11))).toBe(7);
    expect(await agents.getData(ALL)).toEqual({ b: { closed: true } });
    expect(await agents.step(7, {})).toBeNull();
    const tripped = { b: { closed: false, trips: 1, tripped: { at: 6.5 } } };
    expect(await agents.getData(ALL)).toEqual(tripped);
    expect(await agents.getData(ALL)).toEqual(tripped);
    expect(await agents.step(8, {})).toBeNull();
    expect(await agents.getData(ALL)).toEqual({ b: { closed: false } });
    expect(await agents.getData({ b: ["trips", "tripped"] })).toEqual({});
    await agents.finalize();
  });

  it("may be stepped again at one time, as mosaik's same-time loops do", async () => {
    const agents = await started("hybrid");
    agents.create(1, "Breaker", { eid: "b", delay_s: 0 });
    for (const trips of [1, 2, 3]) {
      expect(await agents.step(0, current(20))).toBeNull();
      expect(await agents.getData({ b: ["trips", "tripped"] })).toEqual({ b: { trips, tripped: { at: 0 } } });
    }
    await agents.finalize();
  });

  it("drops the events that nobody asked for with the next step", async () => {
    const agents = await started("hybrid", breaker, 10);
    agents.create(1, "Breaker", { eid: "b", delay_s: 0 });
    expect(await agents.step(0, current(20))).toBe(10);
    expect(await agents.step(10, {})).toBe(20);
    expect(await agents.getData({ b: ["tripped"] })).toEqual({});
    await agents.finalize();
  });
});

/** Says every change of its state at once. */
class Valve extends Agent {
  static override readonly outputs = ["state", "alarm"] as const;
  override async setup(): Promise<void> {
    for (const [afterS, state] of [
      [1.25, "open"],
      [0.25, "closed"],
      [1.5, "open"],
      [1, "closed"],
    ] as const) {
      await this.clock.sleep(afterS);
      this.emit("state", state);
      this.emit("alarm", `${state}!`);
    }
  }
}

describe("several events of one output between two steps", () => {
  const valves = async (outputs: Record<string, "event" | "events">, limits = {}) => {
    const agents = new AgentSimulator({ type: "hybrid", limits, models: { Valve: agentModel(Valve, { outputs }) } });
    await agents.init("A", { timeResolution: 1 });
    agents.create(1, "Valve", { eid: "v" });
    await agents.step(0, {});
    return agents;
  };
  const request = { v: ["state", "alarm"] };

  it("all arrive with their times, if they are declared as events; of the others the last, with one warning", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      const agents = await valves({ state: "events", alarm: "event" });
      expect(agents.meta.models.Valve!["non-persistent"]).toEqual(["state", "alarm"]);
      expect(await agents.getData(request)).toEqual({});
      await agents.step(2, {});
      const both = [
        { time: 1.25, value: "open" },
        { time: 1.5, value: "closed" },
      ];
      expect(await agents.getData(request)).toEqual({ v: { state: both, alarm: "closed!" } });
      expect(await agents.getData(request)).toEqual({ v: { state: both, alarm: "closed!" } });
      await agents.step(3, {});
      expect(await agents.getData(request)).toEqual({ v: { state: [{ time: 3, value: "open" }], alarm: "open!" } });
      await agents.finalize();
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0]).toEqual([
        expect.stringMatching(/^agent "v" emitted "alarm" 2 times before it was taken \(1\.25 s to 1\.5 s\).*"events"/),
        { type: "CosimasWarning", code: "COSIMAS_EVENTS_REPLACED" },
      ]);
    } finally {
      warn.mockRestore();
    }
  });

  it("more than the limit fail the step: a list is complete or there is none", async () => {
    const agents = await valves({ state: "events", alarm: "events" }, { outputEventsMax: 1 });
    await expect(agents.step(2, {})).rejects.toMatchObject({
      code: "ERR_BRIDGE_EVENTS",
      message: expect.stringContaining('1 events were emitted in this step beyond limits.outputEventsMax, so that "'),
    });
    await agents.finalize();
  });
});

describe("populations of the other types", () => {
  it("event-based: outputs without a kind are put out on change", async () => {
    const model = agentModel(Breaker, { method: "take", inputs: { current_a: "one", limits: "all" } });
    const agents = await started("event-based", model);
    agents.create(1, "Breaker", { eid: "b", delay_s: 0 });
    expect(await agents.step(3, current(20))).toBeNull();
    expect(await agents.getData({ b: ["closed", "trips"] })).toEqual({ b: { closed: false, trips: 1 } });
    expect(await agents.step(3, current(20))).toBeNull();
    expect(await agents.getData({ b: ["closed", "trips"] })).toEqual({ b: { trips: 2 } });
    await agents.finalize();
  });

  it("time-based: a repeated step is refused, and delays that end between steps are warned about once", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      const agents = await started("time-based", { ...breaker, inputs: { current_a: "one" }, outputs: ["closed"] }, 4);
      agents.create(1, "Breaker", { eid: "b", delay_s: 2 });
      agents.create(1, "Breaker", { eid: "c", delay_s: 2.5 });
      expect(await agents.step(0, current(20))).toBe(2);
      expect(warn).not.toHaveBeenCalled();
      await expect(agents.step(0, {})).rejects.toMatchObject({ code: "ERR_BRIDGE_REPEATED" });
      expect(await agents.step(2, { c: { current_a: { "Grid.L": 20 } } })).toBe(5);
      expect(await agents.step(5, { c: { current_a: { "Grid.L": 20 } } })).toBe(8);
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0]).toEqual([
        expect.stringMatching(/^after step 2 agents have something due at 4\.5, .* put out at step 5\. .*"hybrid"/),
        { type: "CosimasWarning", code: "COSIMAS_BETWEEN_STEPS" },
      ]);
      await agents.finalize();
    } finally {
      warn.mockRestore();
    }
  });
});
