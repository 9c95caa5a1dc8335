import { describe, expect, it } from "vitest";
import { Container, Platform, type TraceEvent } from "../../../src/index.ts";
import { Speaker } from "../../support/outside-view-agents.ts";

const module = new URL("../../support/outside-view-agents.ts", import.meta.url);

/** In neither the order of ids nor that of containers. */
const IDS = ["m", "b", "z", "a", "q", "c", "y"];

/** What a program outside has seen of a run. */
interface View {
  readonly events: readonly string[];
  readonly settled: readonly string[];
  readonly outputs: readonly (readonly [string, unknown])[];
  readonly failure: string;
  readonly hash: string;
}

/** A driver that acts on what it sees: whoever answers first is named to all. 0 containers: a container of its own. */
async function viewOf(containers: number): Promise<View> {
  const run = containers === 0 ? await Container.create() : await Platform.create({ module, containers });
  const events: string[] = [];
  run.events$.subscribe((event: TraceEvent) => {
    const { ticks, round } = event as { ticks: number; round: number };
    const agent = "agent" in event ? event.agent : "";
    events.push(`${ticks}/${round} ${event.kind} ${agent} ${event.kind === "log" ? event.message : ""}`);
  });
  for (const id of IDS) {
    if (run instanceof Container) run.spawn(Speaker, { id, args: ["Speaker"] });
    else await run.spawn("Speaker", { id, args: ["Speaker"] });
  }
  await run.advance(0);
  const settled: string[] = [];
  const calls: Promise<unknown>[] = [];
  for (const method of ["soon", "fails", "asks", "now"]) {
    for (const [i, id] of IDS.entries()) {
      const args = method === "asks" ? [IDS[(i + 3) % IDS.length]!] : [];
      const call = run.call(id, method, args);
      calls.push(
        call.then(
          () => settled.push(`${method} ${id}`),
          () => settled.push(`${method} ${id}`),
        ),
      );
    }
  }
  await run.advance(2);
  await Promise.all(calls);
  for (const id of IDS) run.input(id, "pays", [settled[0]!]);
  await run.advance(3);
  const outputs = [...run.takeOutputEvents()].map(([agent, values]) => [agent, values] as const);
  const hash = run.traceHash();
  for (const id of IDS) run.input(id, "breaks");
  await run.advance(4);
  const failure = await run.advance(9).catch((error: Error) => error.message);
  await run.close();
  return { events, settled, outputs, failure: String(failure), hash };
}

describe("what a program outside sees", () => {
  it("is ordered by tag, then by agent", async () => {
    const { settled, failure, events } = await viewOf(0);
    const sorted = [...IDS].sort();
    expect(settled).toEqual([
      ...sorted.flatMap((id) => [`fails ${id}`, `now ${id}`]),
      ...sorted.map((id) => `asks ${id}`),
      ...sorted.map((id) => `soon ${id}`),
    ]);
    expect(failure).toMatch(/^agent "a" failed in timer at 5 s: Error: a broke \(and 6 more: agent "b" failed/);
    const first = events.slice(0, IDS.length).map((line) => line.split(" ")[2]);
    expect(first, "constructors run as they are spawned").toEqual(IDS);
    const rounds = new Map<string, string[]>();
    for (const [tag, kind, agent] of events.slice(IDS.length).map((line) => line.split(" ")))
      if (kind !== "tick") rounds.set(tag!, [...(rounds.get(tag!) ?? []), agent!]);
    for (const agents of rounds.values()) expect(agents).toEqual([...agents].sort());
    expect(rounds.size).toBeGreaterThan(5);
  });

  it.each([1, 2, 3, 4, 8])("is the same for a platform of %i containers as for a container", async (containers) => {
    expect(await viewOf(containers)).toEqual(await viewOf(0));
  });
});
