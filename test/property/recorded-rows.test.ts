import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { compareRuns, inspectRun, openRun, type RunEntry, RunWriter, type TraceEvent } from "../../src/index.ts";
import { Comparison, firstDifference } from "../../src/observe/comparison.ts";
import { count } from "../support/heavy.ts";
import { batches, HEADER } from "../support/run-entries.ts";

const folder = mkdtempSync(join(tmpdir(), "cosimas-rows-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);
const runs = { numRuns: count("recorded rows", 200, 2000) };
const namesMax = fc.constantFrom(0, 3, 1_000_000);

async function record(name: string, list: readonly RunEntry[][], recordingNamesMax: number, seed = 1): Promise<void> {
  const options = { durable: "write", replace: true, limits: { recordingNamesMax } } as const;
  const writer = await RunWriter.open(path(name), { ...HEADER, seed }, options);
  for (const entries of list) writer.append(entries);
  await writer.close();
}

async function read(name: string): Promise<(readonly RunEntry[])[]> {
  const run = await openRun(path(name));
  const all: (readonly RunEntry[])[] = [];
  for await (const entries of run.batches()) all.push(entries);
  await run.close();
  return all;
}

const isEvent = (entry: RunEntry): entry is TraceEvent => entry.kind !== "feed";

/** Counted one by one. */
function tally(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

describe("rows where they lie", () => {
  it("are counted as their events are", async () => {
    await fc.assert(
      fc.asyncProperty(batches, namesMax, async (list, max) => {
        await record("inspected", list, max);
        const found = await inspectRun(path("inspected"));
        const entries = list.flat();
        const events = entries.filter(isEvent);
        expect(found.events).toBe(events.length);
        const expected = {
          kinds: tally(events.map(({ kind }) => kind)),
          agents: tally(events.flatMap((event) => ("agent" in event ? [event.agent] : []))),
          messages: tally(
            events.flatMap((event) => ("args" in event ? [`${event.peer} -> ${event.agent}.${event.method}`] : [])),
          ),
          feeds: tally(entries.flatMap((entry) => (entry.kind === "feed" ? [entry.op] : []))),
        };
        for (const [name, counts] of Object.entries(expected)) {
          expect([...found[name as keyof typeof expected]]).toEqual([...counts]);
        }
        expect(found.faults).toEqual(events.filter(({ kind }) => kind === "fault"));
      }),
      runs,
    );
  });

  it("hold an event only if their entry is it", async () => {
    await fc.assert(
      fc.asyncProperty(batches, batches, namesMax, async (list, others, max) => {
        await record("held", list, max);
        const events = [...list, ...others].flat().filter(isEvent);
        const run = await openRun(path("held"));
        await run.eachBatch((row) => {
          while (row.next()) {
            if (row.kind === "feed") continue;
            const entry = row.entry() as TraceEvent;
            for (const event of [entry, ...events]) {
              if (row.holds(event)) expect(firstDifference(entry, event, "")).toBeUndefined();
            }
            if (entry.kind === "timer" && /^\w+(-\d)?#\d$/.test(entry.id) && entry.cause === undefined) {
              expect(row.holds(entry)).toBe(max > 3);
            }
          }
        });
        await run.close();
      }),
      runs,
    );
  });

  it("of two recordings differ first where their events do, and from the same causes", async () => {
    const change = fc.option(fc.tuple(fc.nat(), batches), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(batches, change, fc.constantFrom(1, 2), namesMax, async (list, changed, seed, max) => {
        const others = [...list];
        if (changed !== undefined) others.splice(changed[0] % (list.length + 1), 1, ...changed[1]);
        await record("one", list, max);
        await record("other", others, max, seed);
        const comparison = new Comparison();
        const [expected, actual] = [await read("one"), await read("other")];
        for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
          comparison.push((expected[i] ?? []).filter(isEvent), (actual[i] ?? []).filter(isEvent));
        }
        comparison.end();
        const found = await compareRuns(path("one"), path("other"));
        expect(found.difference).toEqual(comparison.difference);
        expect(found.compared).toBe(comparison.compared);
        expect(found.headers.length).toBe(seed - 1);
        if (changed === undefined) expect(found.feeds).toBeUndefined();
      }),
      runs,
    );
  });
});
