import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TraceEvent } from "../../../src/index.ts";
import {
  byCodeUnits,
  compareAnswers,
  compareEvents,
  compareFailures,
  compareSenders,
  inOrder,
  nobody,
  type Ordered,
  OUTSIDE,
  RANK_NONE,
  type Sender,
  sortDeliveries,
  sortEvents,
  sortTimers,
} from "../../../src/kernel/order.ts";

const log = (ticks: number, round: number, agent: string, message: string): TraceEvent => ({
  kind: "log",
  ticks,
  round,
  agent,
  id: "",
  cause: undefined,
  message,
  fields: {},
});

describe("the total order", () => {
  it("compares ids by code units, never by locale", () => {
    expect(["ä", "b", "Z", "10", "9", "a"].sort(byCodeUnits)).toEqual(["10", "9", "Z", "a", "b", "ä"]);
  });

  it("is the same by ranks as by ids, whoever has one", () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(ids, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (names, ranked) => {
        const sorted = [...names].sort(byCodeUnits);
        const senders: Sender[] = names.map((id, i) => ({ id, rank: ranked[i] ? sorted.indexOf(id) : RANK_NONE }));
        for (const a of senders) {
          for (const b of senders) {
            expect(Math.sign(compareSenders(a, b))).toBe(byCodeUnits(a.id, b.id));
          }
        }
      }),
    );
  });

  it("has what is outside before every agent", () => {
    const agent = { id: "!", rank: RANK_NONE };
    expect([agent, OUTSIDE, nobody("!")].sort(compareSenders).map(({ id }) => id)).toEqual(["@unknown/!", "@", "!"]);
  });

  it("sorts deliveries by receiver, sender, sequence, whatever order they came in", () => {
    const agents = ["a", "b", "c"].map((id, rank) => ({ id, rank }));
    const all: Ordered[] = [...agents, undefined].flatMap((receiver) =>
      [OUTSIDE, ...agents].flatMap((from) => [0, 1, 2].map((seq) => ({ receiver, from, seq }))),
    );
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (list) => {
        sortDeliveries(list);
        expect(list).toEqual(all);
      }),
    );
  });

  it("sorts many deliveries by ranks as few by comparing, those of ranks beyond one digit too", () => {
    const agents = Array.from({ length: 40 }, (_, i) => ({ id: String.fromCharCode(0x4e00 + i), rank: i ** 3 }));
    const all: Ordered[] = agents.flatMap((receiver) =>
      [OUTSIDE, agents[3]!, agents[39]!].flatMap((from) => [0, 1].map((seq) => ({ receiver, from, seq }))),
    );
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: 64 }), (list) => {
        const kept = new Set(list);
        sortDeliveries(list);
        expect(list).toEqual(all.filter((each) => kept.has(each)));
      }),
    );
  });

  it("sorts long and short lists in turn, also of more ranks than it keeps room for", () => {
    for (const [length, factor] of [
      [64, 1],
      [5_000, 3],
      [70, 30_000_000],
      [140_000, 7],
      [65, 2],
      [3_000, 1],
    ] as const) {
      const agents = Array.from({ length }, (_, i) => ({ id: String(i), rank: i * factor }));
      const all = agents.map((receiver) => ({ receiver, from: agents[0]!, seq: receiver.rank }));
      // Every receiver once, far from in order; then as it should be.
      const list = all.map((_, i) => all[(i * 7_919) % length]!);
      expect(new Set(list).size).toBe(length);
      sortDeliveries(list);
      expect(list.every((delivery, i) => delivery === all[i])).toBe(true);
    }
  });

  it("sorts timers by agent, then by number", () => {
    const agents = ["a", "b", "c"].map((id, rank) => ({ id, rank }));
    const all = agents.flatMap((record) => [0, 1, 2].map((seq) => ({ record, seq })));
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (list) => {
        sortTimers(list);
        expect(list).toEqual(all);
      }),
    );
  });

  it("lets answers leave, and failures be told, by agent", () => {
    const answers = [
      { agent: "b", seq: 1 },
      { agent: "a", seq: 7 },
      { agent: "a", seq: 2 },
    ];
    expect([...answers].sort(compareAnswers).map(({ agent, seq }) => agent + seq)).toEqual(["a2", "a7", "b1"]);
    expect(compareFailures({ agent: "b" }, { agent: "a" })).toBe(1);
  });

  it("shows events by tag, then by agent, and keeps the order of each agent's own; a tick comes first", () => {
    const tick: TraceEvent = { kind: "tick", ticks: 2, round: 0 };
    const events = [log(2, 1, "b", "1"), log(2, 1, "a", "2"), log(2, 1, "b", "3"), log(2, 0, "z", "4"), tick];
    const kept = [tick, events[3], events[1], events[0], events[2]];
    expect(inOrder(events)).toEqual(kept);
    sortEvents(events);
    expect(events).toEqual(kept);
  });

  it("leaves a simulator's steps where they are", () => {
    const step: TraceEvent = {
      kind: "step",
      ticks: 9,
      round: 0,
      sim: "a",
      time: 9,
      next: undefined,
      inputs: {},
      outputs: {},
    };
    expect(compareEvents(step, log(0, 0, "a", ""))).toBe(0);
  });
});
