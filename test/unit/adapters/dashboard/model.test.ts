import { describe, expect, it } from "vitest";
import { lineOf, shortText, TEXT_MAX } from "../../../../adapters/dashboard/model/event-line.ts";
import { LiveView } from "../../../../adapters/dashboard/model/live-view.ts";
import type { ChainAnswer, EventsAnswer } from "../../../../adapters/dashboard/model/protocol.ts";
import { RunState } from "../../../../adapters/dashboard/model/run-state.ts";
import { SeriesStore } from "../../../../adapters/dashboard/model/series.ts";
import { byName } from "../../../../adapters/dashboard/model/views.ts";
import { Steering } from "../../../../adapters/dashboard/server/steering.ts";
import type { TraceEvent } from "../../../../src/index.ts";
import { Series } from "../../../../src/series.ts";

const input = (ticks: number, agent: string, n: number, args: unknown[]): TraceEvent => ({
  ...{ kind: "input", ticks, round: 0, agent, id: `@#${n}`, cause: undefined, peer: "@", method: "measure", args },
});

describe("a series", () => {
  it("keeps all points while they are few, and the later of one time", () => {
    const series = new Series();
    for (const [time, value] of [
      [0, 1],
      [5, 2],
      [5, 3],
      [9, 4],
    ] as const)
      series.add(time, value);
    expect([series.times, series.values]).toEqual([
      [0, 5, 9],
      [1, 3, 4],
    ]);
    expect([-1, 0, 4, 5, 8, 9, 100].map((time) => series.at(time))).toEqual([Number.NaN, 1, 1, 3, 3, 4, 4]);
    expect(series.range(6, 20, 100)).toEqual({ times: [5, 9], values: [3, 4], thinned: false });
  });

  it("loses no peak, whatever its length, in bounded memory", () => {
    const series = new Series();
    const peaks = [12_345, 499_999, 777_777];
    for (let t = 0; t < 1_000_000; t++) series.add(t, peaks.includes(t) ? 1000 + t : Math.sin(t / 1000));
    expect(series.times.length).toBeLessThanOrEqual(4096);
    for (const peak of peaks) expect(series.values[series.times.indexOf(peak)]).toBe(1000 + peak);
    expect(series.times).toEqual([...series.times].sort((a, b) => a - b));
    const { times, values, thinned } = series.range(0, 1_000_000, 100);
    expect(thinned).toBe(true);
    expect(times.length).toBeLessThanOrEqual(202);
    expect(Math.max(...(values as number[]))).toBe(1000 + 777_777);
    expect(times.at(-1)).toBe(999_999);
  });

  it("is found by its whole name, dots and all", () => {
    const store = new SeriesStore();
    store.add("Grid-0.Bus-1", "vm_pu", 0, 1.02);
    store.add("a.b", "c", 0, 3);
    expect([store.get("Grid-0.Bus-1.vm_pu")?.last, store.get("a.b.c")?.last, store.get("a.b"), store.get("")]).toEqual([
      1.02,
      3,
      undefined,
      undefined,
    ]);
  });
});

describe("an event as a row", () => {
  it("is short, however large the event", () => {
    const deep: unknown[] = [];
    let inner = deep;
    for (let i = 0; i < 10_000; i++) {
      const next: unknown[] = [];
      inner.push(next);
      inner = next;
    }
    for (const huge of [
      new Array(1e6).fill("x".repeat(100)),
      "y".repeat(1e7),
      deep,
      { a: new Uint8Array(1e6) },
      new Map([[1, 2n]]),
    ]) {
      expect(shortText(huge).length).toBeLessThanOrEqual(TEXT_MAX + 1);
    }
    expect(shortText([{ p_mw: -0, q: [1.5, null, "é"] }, true])).toBe('[{p_mw: 0, q: [1.5,null,"é"]},true]');
  });

  it("has what each kind carries", () => {
    const base = { ticks: 5, round: 1, agent: "a", id: "a#1", cause: "b#2" };
    const text = (event: object) => lineOf({ ...base, ...event } as TraceEvent, 0).text;
    expect(text({ kind: "reply", peer: "b", method: "m", content: { kw: 2 } })).toBe("{kw: 2}");
    expect(text({ kind: "log", message: "low", fields: { kw: 2 } })).toBe("low {kw: 2}");
    expect(text({ kind: "fault", code: "ERR_X", message: "bad" })).toBe("ERR_X: bad");
    expect(text({ kind: "output", values: { p_mw: 1 } })).toBe("{p_mw: 1}");
    expect(text({ kind: "created", type: "Battery" })).toBe("Battery");
    expect(lineOf({ ...base, kind: "timer" } as TraceEvent, 0)).toMatchObject({
      ticks: 5,
      round: 1,
      kind: "timer",
      cause: "b#2",
      peer: "",
    });
  });
});

describe("a run's state", () => {
  it("goes on apart from its copy, and knows what came between", () => {
    const state = new RunState();
    state.apply(input(0, "a", 0, [{ kw: 1 }]));
    const before = state.clone();
    state.apply(input(7, "a", 1, [{ kw: 2 }]));
    state.apply({ kind: "output", ticks: 7, round: 0, agent: "a", id: "a#0", cause: "@#1", values: { level: true } });
    expect([before.messages, state.messages, state.steps, state.ticks]).toEqual([1, 2, 2, 7]);
    expect(before.agents.get("a")!.values).toEqual({ "measure.kw": 1 });
    expect(state.agents.get("a")!.values).toEqual({ "measure.kw": 2, level: true });
    expect(state.pairs(before)).toEqual([{ from: "@", to: "a", count: 1 }]);
  });

  it("puts names in the order in which people count", () => {
    expect(["PV-10", "PV-2", "PV-1", "A"].sort(byName)).toEqual(["A", "PV-1", "PV-2", "PV-10"]);
  });
});

describe("a live view", () => {
  it("keeps the last events, says from when on, and follows causes as far as they are kept", () => {
    const view = new LiveView();
    for (let t = 0; t < 5000; t++) view.take([input(t, "a", t, [t])]);
    const { events, since } = view.answer({ ask: "events", from: 0, to: 1e9, limit: 3, last: true }) as EventsAnswer;
    expect(events.map(({ ticks }) => ticks)).toEqual([4997, 4998, 4999]);
    expect(since).toBe(5000 - 2048);
    expect((view.answer({ ask: "chain", id: "@#4999", ticks: 4999 }) as ChainAnswer).chain).toHaveLength(1);
    expect((view.answer({ ask: "chain", id: "@#1", ticks: 1 }) as ChainAnswer).note).toContain("record it");
    expect(view.missed).toBe(5000 - 2048);
  });
});

describe("steering", () => {
  it("holds after the step under way, lets one step go, and one time come", async () => {
    const steering = new Steering();
    expect(steering.gate(0)).toBeUndefined();
    steering.command({ do: "pause" }, 0);
    const held = steering.gate(1);
    expect([held, steering.held]).toEqual([expect.any(Promise), true]);
    steering.command({ do: "step" }, 1);
    await held;
    expect(steering.held).toBe(false);
    const again = steering.gate(2);
    expect(steering.command({ do: "runTo", ticks: 2 }, 2)).toContain("cannot go back");
    expect(steering.command({ do: "runTo", ticks: 5 }, 2)).toBeUndefined();
    await again;
    expect(steering.gate(4)).toBeUndefined();
    const arrived = steering.gate(6);
    expect(steering.paused).toBe(true);
    steering.close();
    await arrived;
    expect(steering.gate(7)).toBeUndefined();
  });

  it("goes no faster than its speed, until told otherwise", async () => {
    const steering = new Steering();
    steering.ticksPerSecond = 1000;
    steering.command({ do: "speed", value: 0.001 }, 0);
    expect(steering.gate(0)).toBeUndefined();
    const held = steering.gate(1000); // a thousand seconds of wall time
    expect(steering.held).toBe(true);
    steering.command({ do: "speed", value: 0 }, 1000);
    await held;
    expect(steering.gate(2000)).toBeUndefined();
  });
});
