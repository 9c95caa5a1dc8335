import { describe, expect, it } from "vitest";
import { type Timed, TimerQueue } from "../../../src/clock/timer-queue.ts";

class Item implements Timed {
  dueTicks = -1;
  slot = -1;
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

function drainAll(queue: TimerQueue<Item>): string[] {
  const out: string[] = [];
  for (let due = queue.peek(); due !== undefined; due = queue.peek()) {
    out.push(
      `${due}:${queue
        .take(due)
        .map((item) => item.name)
        .sort()
        .join("")}`,
    );
  }
  return out;
}

describe("TimerQueue", () => {
  it("gives times in ascending order, with all that is due at one", () => {
    const queue = new TimerQueue<Item>();
    for (const [ticks, name] of [
      [5, "a"],
      [1, "b"],
      [5, "c"],
      [3, "d"],
      [0, "e"],
    ] as const)
      queue.add(ticks, new Item(name));
    expect(queue.size).toBe(5);
    expect(drainAll(queue)).toEqual(["0:e", "1:b", "3:d", "5:ac"]);
    expect(queue.size).toBe(0);
  });

  it("cancels each item once, and forgets a time with its last item", () => {
    const queue = new TimerQueue<Item>();
    const [a, b, c] = [new Item("a"), new Item("b"), new Item("c")];
    queue.add(7, a);
    queue.add(7, b);
    queue.add(9, c);
    expect(queue.cancel(a)).toBe(true);
    expect(queue.cancel(a)).toBe(false);
    expect(queue.cancel(b)).toBe(true);
    expect(queue.peek()).toBe(9);
    expect(queue.take(9)).toEqual([c]);
    expect(queue.cancel(c)).toBe(false);
    expect(queue.peek()).toBeUndefined();
  });

  it("keeps nothing of 10,000 cancelled timers", () => {
    const queue = new TimerQueue<Item>();
    const items = Array.from({ length: 10_000 }, (_, i) => new Item(String(i)));
    for (const [i, item] of items.entries()) queue.add(i + 1, item);
    queue.add(20_000, new Item("last"));
    for (const item of items) queue.cancel(item);
    expect(queue.size).toBe(1);
    expect(queue.timesKept).toBeLessThan(64);
    expect(queue.peek()).toBe(20_000);
  });

  it("cancels what matches, whatever its time", () => {
    const queue = new TimerQueue<Item>();
    for (const [ticks, name] of [
      [5, "a"],
      [1, "b"],
      [5, "b"],
      [3, "a"],
    ] as const)
      queue.add(ticks, new Item(name));
    queue.cancelWhere((item) => item.name === "a");
    expect(drainAll(queue)).toEqual(["1:b", "5:b"]);
  });
});
