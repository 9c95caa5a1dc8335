import { expect, it, vi } from "vitest";
import { Container, observe, type TraceEvent } from "../../../src/index.ts";
import { Household, Power, types } from "../../support/recorded-agents.ts";

/** A run of some steps that `watch` observes. */
async function run(watch: (container: Container) => void): Promise<string> {
  const container = await Container.create({ seed: 5, types });
  watch(container);
  for (const id of ["ann", "bea", "cy"]) container.spawn(Household, { id, args: [new Power(2)] });
  for (let step = 0; step < 5; step++) {
    container.input("ann", "onLoad", [{ p_kw: step }, ["bea", "cy"]]);
    container.call("cy", "move", [`dan-${step}`]).catch(() => {});
    await container.advance(60 * step);
  }
  await container.close();
  return container.traceHash();
}

const blind = await run(() => {});
const sleep = () => new Promise<void>((resolve) => setTimeout(resolve, 5));

it.each<[string, (container: Container) => void]>([
  ["sleeps", (container) => void container.events$.subscribe(async () => sleep())],
  ["sleeps, as a sink", (container) => void container.attach((() => sleep()) as () => void)],
  ["is never read", (container) => void container.events$.subscribe()],
  [
    "leaves in the middle",
    (container) => {
      let count = 0;
      const subscription = container.events$.subscribe(() => {
        if (++count === 20) subscription.unsubscribe();
      });
    },
  ],
  [
    "comes and goes",
    (container) => {
      for (let i = 0; i < 10; i++) container.attach(() => {})();
    },
  ],
  [
    "changes what it gets",
    (container) => {
      observe(container, { redact: (event) => ({ ...event, agent: "nobody" }) as TraceEvent }).subscribe();
    },
  ],
])("an observer that %s changes nothing", async (_what, watch) => {
  expect(await run(watch)).toBe(blind);
});

it("an observer that throws is unsubscribed and named, and changes nothing", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  let seen = 0;
  const hash = await run((container) => {
    container.events$.subscribe(() => {
      seen++;
      throw new Error("no more");
    });
    container.events$.subscribe({
      next: () => {
        throw new Error("nor this");
      },
    });
    container.attach(() => {
      throw new Error("nor that");
    });
  });
  expect(hash).toBe(blind);
  expect(seen).toBe(1);
  expect(warn.mock.calls.map(([text]) => text)).toEqual([
    "an observer threw and was unsubscribed: Error: no more",
    "an observer threw and was unsubscribed: Error: nor this",
    "an observer threw and was detached: Error: nor that",
  ]);
  warn.mockRestore();
});

it("sees what it asks for: agents, kinds, times, what something led to, without content, redacted", async () => {
  const all: TraceEvent[] = [];
  const some: Record<string, TraceEvent[]> = { bea: [], late: [], led: [], bare: [], secret: [] };
  const hash = await run((container) => {
    const into = (name: string) => (event: TraceEvent) => void some[name]!.push(event);
    container.events$.subscribe((event) => void all.push(event));
    observe(container, { filter: { agents: ["bea"], kinds: ["request"] } }).subscribe(into("bea"));
    observe(container, { filter: { from: 120, to: 180 } }).subscribe(into("late"));
    observe(container, { filter: { causedBy: "@#0" } }).subscribe(into("led"));
    observe(container, { level: "envelope", filter: { methods: ["onLoad", "offer"] } }).subscribe(into("bare"));
    const redact = (event: TraceEvent) => (event.kind === "log" ? undefined : event);
    observe(container, { redact }).subscribe(into("secret"));
  });
  expect(hash).toBe(blind);
  expect(some["bea"]!.length).toBeGreaterThan(3);
  expect(new Set(some["bea"]!.map((event) => (event as { agent: string }).agent))).toEqual(new Set(["bea"]));
  const ticksOf = (event: TraceEvent) => (event as { ticks: number }).ticks;
  expect(some["late"]).toEqual(all.filter((event) => ticksOf(event) >= 120e6 && ticksOf(event) <= 180e6));
  expect(some["led"]![0]).toMatchObject({ kind: "input", agent: "ann", method: "onLoad" });
  expect(some["led"]!.length).toBeGreaterThan(4);
  expect(some["led"]!.length).toBeLessThan(all.length / 2);
  for (const event of some["bare"]!) {
    if ("args" in event) expect(event.args).toEqual([]);
    else expect((event as { content: unknown }).content).toBeNull();
  }
  expect(some["secret"]).toEqual(all.filter(({ kind }) => kind !== "log"));
});
