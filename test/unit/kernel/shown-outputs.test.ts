import { expect, it, vi } from "vitest";
import { Agent, Container } from "../../../src/agent/index.ts";
import { observe } from "../../../src/observe/index.ts";
import type { OutputEvent, TraceEvent } from "../../../src/trace.ts";

class Battery extends Agent {
  static override readonly exposed = ["charge", "idle", "trip", "draw"] as const;
  static override readonly outputs = ["kwh", "cells", "full", "tripped"] as const;
  kwh = 1;
  cells: { readonly kwh: number }[] = [{ kwh: 0.5 }, { kwh: 0.5 }];
  get full(): boolean {
    return this.kwh >= 3;
  }
  async charge(kwh: number): Promise<void> {
    this.kwh += kwh;
    await this.clock.sleep(1);
    this.cells = this.cells.map(() => ({ kwh: this.kwh / 2 }));
  }
  /** Touches what it shows, and shows the same. */
  idle(): void {
    this.cells = structuredClone(this.cells);
  }
  trip(): void {
    this.emit("tripped", "overload");
  }
  draw(): number {
    return this.random();
  }
}

async function run(watch?: (container: Container) => void) {
  const container = await Container.create({ seed: 1 });
  watch?.(container);
  container.spawn(Battery, { id: "b" });
  container.spawn(Battery, { id: "a" });
  await container.advance(0);
  for (const [method, args] of [
    ["charge", [2]],
    ["idle", []],
    ["trip", []],
    ["trip", []],
  ] as const) {
    container.input("b", method, args);
    await container.advance((container.clock.time() as number) + 10);
  }
  await container.close();
  return container.traceHash();
}

const outputs = (events: readonly TraceEvent[]) =>
  events.filter((event): event is OutputEvent => event.kind === "output");

it("tells what outputs show after the tags at which they changed, and what was emitted, with its cause", async () => {
  const events: TraceEvent[] = [];
  const hash = await run((container) => container.attach((batch) => void events.push(...batch)));
  expect(hash).toBe(await run());
  const first = { kwh: 1, cells: [{ kwh: 0.5 }, { kwh: 0.5 }], full: false };
  const at = { kind: "output", ticks: 0, round: 0 };
  const cells = [{ kwh: 1.5 }, { kwh: 1.5 }];
  expect(outputs(events)).toEqual([
    { ...at, agent: "a", id: "a#output-0", cause: "a#created", values: first },
    { ...at, agent: "b", id: "b#output-0", cause: "b#created", values: first },
    { ...at, ticks: 10_000_000, agent: "b", id: "b#output-1", cause: "@#0", values: { kwh: 3, full: true } },
    { ...at, ticks: 11_000_000, agent: "b", id: "b#output-2", cause: "b#0", values: { cells } },
    { ...at, ticks: 30_000_000, agent: "b", id: "b#output-3", cause: "@#2", values: { tripped: "overload" } },
    { ...at, ticks: 40_000_000, agent: "b", id: "b#output-4", cause: "@#3", values: { tripped: "overload" } },
  ]);
  // After all else that happened to the agent at the tag.
  const ofB = events.filter((event) => "agent" in event && event.agent === "b");
  expect(ofB.slice(0, 3).map(({ kind }) => kind)).toEqual(["created", "output", "input"]);
});

it("is not told at level envelope, and costs nobody who comes later a change of the run", async () => {
  const seen: TraceEvent[] = [];
  const hash = await run((container) => observe(container, { level: "envelope" }).subscribe((e) => seen.push(e)));
  expect(hash).toBe(await run());
  expect(new Set(outputs(seen).map(({ values }) => JSON.stringify(values)))).toEqual(new Set(["{}"]));
});

it("an output that acts, throws or cannot cross is left out and named once; the run stays as it is", async () => {
  class Odd extends Agent {
    static override readonly exposed = ["go"] as const;
    static override readonly outputs = ["drawn", "asked", "broken", "when", "seen"] as const;
    seen = 0;
    get drawn(): number {
      return this.random();
    }
    get asked(): Promise<unknown> {
      return this.clock.sleep(1);
    }
    get broken(): number {
      throw new Error("no such phase");
    }
    get when(): Date {
      return new Date(0);
    }
    go(): number {
      this.seen++;
      return this.random();
    }
  }
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const events: TraceEvent[] = [];
  const results: unknown[] = [];
  for (const watched of [false, true]) {
    const container = await Container.create({ seed: 1 });
    if (watched) container.attach((batch) => void events.push(...batch));
    for (const id of ["x", "y"]) container.spawn(Odd, { id });
    for (let i = 1; i < 4; i++) {
      const drawn = container.call("x", "go");
      await container.advance(i);
      results.push(await drawn);
    }
    await container.close();
    results.push(container.traceHash());
  }
  expect(results.slice(4)).toEqual(results.slice(0, 4));
  expect(outputs(events).map(({ agent, values }) => [agent, values])).toEqual([
    ["x", { seen: 0 }],
    ["y", { seen: 0 }],
    ["x", { seen: 1 }],
    ["x", { seen: 2 }],
    ["x", { seen: 3 }],
  ]);
  const texts = warn.mock.calls.map(([text]) => String(text));
  warn.mockRestore();
  const shown = (name: string, why: string) =>
    `output "${name}" of agent "x" (Odd) cannot be shown to observers: ${why}`;
  expect(texts).toEqual([
    shown("drawn", 'an output of agent "x" used random: an output shows, it must not act'),
    shown("asked", "x.asked: an instance of Promise cannot be sent"),
    shown("broken", "no such phase"),
    expect.stringContaining('output "when" of agent "x" (Odd) cannot be shown to observers: x.when'),
  ]);
});
