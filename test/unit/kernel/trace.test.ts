import { describe, expect, it } from "vitest";
import { Agent, Container } from "../../../src/agent/index.ts";
import type { TraceEvent } from "../../../src/trace.ts";

class Trader extends Agent {
  static override readonly exposed = ["offer", "deal"] as const;
  async offer(kw: number): Promise<number> {
    await this.clock.sleep(0.2);
    return kw * this.random();
  }
  async deal(peer: string, kw: number): Promise<number> {
    const remote = await this.connect<typeof Trader>(peer);
    const [a, b] = await Promise.all([remote.offer(kw), remote.offer(2 * kw)]);
    this.log("dealt", { a });
    return a + b;
  }
}

async function run(options: { seed?: number; order?: string[]; kw?: number; watch?: TraceEvent[] } = {}) {
  const { seed = 1, order = ["a", "b", "c"], kw = 3, watch } = options;
  const container = await Container.create({ seed });
  for (const id of order) container.spawn(Trader, { id });
  const subscription = watch && container.events$.subscribe((event) => watch.push(event));
  const calls = [container.call("a", "deal", ["b", kw]), container.call("c", "deal", ["b", kw])];
  await container.advance(1);
  subscription?.unsubscribe();
  return { hash: container.traceHash(), results: await Promise.all(calls) };
}

describe("trace", () => {
  it("has one hash for equal runs, whatever the order of spawning and whoever observes", async () => {
    const first = await run();
    expect(await run()).toEqual(first);
    expect(await run({ order: ["c", "b", "a"] })).toEqual(first);
    expect(await run({ watch: [] })).toEqual(first);
    expect(first.hash).toMatch(/^[0-9a-f]{16}$/);
  });

  it("has another hash for another seed, value or agent", async () => {
    const hashes = await Promise.all([
      run(),
      run({ seed: 2 }),
      run({ kw: 3.0000001 }),
      run({ order: ["a", "b", "c", "d"] }),
    ]);
    expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(4);
  });

  it("names the cause of every event, across agents and awaits", async () => {
    const events: TraceEvent[] = [];
    await run({ watch: events });
    const byId = new Map(events.flatMap((event) => ("id" in event ? [[event.id, event] as const] : [])));
    const chain = (id: string): string[] => {
      const event = byId.get(id);
      if (event === undefined || !("cause" in event)) return [];
      return [`${event.agent} ${event.kind}`, ...(event.cause === undefined ? [] : chain(event.cause))];
    };
    const log = events.find((event) => event.kind === "log" && event.agent === "a");
    expect(chain((log as { id: string }).id)).toEqual(["a log", "a reply", "b timer", "b request", "a request"]);
    expect(events.filter((event) => event.kind === "tick").map((event) => event.ticks)).toEqual([
      0, 200_000, 1_000_000,
    ]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("bad observer");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("bad observer");
      },
    ],
  ])("detaches an observer that %s, and goes on", async (_how, sink) => {
    const container = await Container.create();
    container.spawn(Trader, { id: "a" });
    const warnings: string[] = [];
    const warn = process.emitWarning;
    process.emitWarning = (text) => void warnings.push(String(text));
    try {
      container.attach(sink);
      await container.advance(1);
      await container.advance(2);
    } finally {
      process.emitWarning = warn;
    }
    expect(warnings.length).toBeGreaterThan(0);
    expect(new Set(warnings)).toEqual(new Set(["an observer threw and was detached: Error: bad observer"]));
  });

  it("refuses a log that cannot be kept, observed or not", async () => {
    class Logger extends Agent {
      go(): void {
        this.log("bad", { f: () => {} });
      }
    }
    for (const observed of [false, true]) {
      const container = await Container.create();
      if (observed) container.attach(() => {});
      container.spawn(Logger, { id: "l" });
      container.input("l", "go");
      await expect(container.advance(0)).rejects.toMatchObject({ code: "ERR_AGENT_FAILED", agent: "l" });
    }
  });

  it("is off on demand", async () => {
    const off = await Container.create({ trace: "off" });
    off.spawn(Trader, { id: "a" });
    const before = off.traceHash();
    await off.advance(1);
    expect(off.traceHash()).toBe(before);
  });
});
