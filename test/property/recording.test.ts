import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openRun, type RunEntry, RunWriter, recoverRun } from "../../src/index.ts";
import { count } from "../support/heavy.ts";
import { batches, HEADER } from "../support/run-entries.ts";

const folder = mkdtempSync(join(tmpdir(), "cosimas-recording-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

async function record(name: string, list: readonly RunEntry[][], settleEvery: number): Promise<void> {
  const writer = await RunWriter.open(path(name), HEADER, { durable: "write", replace: true });
  for (const [index, entries] of list.entries()) {
    writer.append(entries);
    if (index % settleEvery === 0) await writer.settle();
  }
  await writer.close({ traceHash: "0123" });
}

async function read(name: string, from?: number): Promise<RunEntry[]> {
  const run = await openRun(path(name));
  const entries: RunEntry[] = [];
  for await (const batch of run.batches(from)) entries.push(...batch);
  await run.close();
  return entries;
}

describe("a run file", () => {
  it("gives back any entries, and the same bytes however often it was settled", async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (list) => {
        await record("a", list, 1);
        await record("b", list, 1000);
        expect(readFileSync(path("a")).equals(readFileSync(path("b")))).toBe(true);
        expect(await read("a")).toEqual(list.flat());
        await recoverRun(path("a"), path("c"), { replace: true });
        expect(readFileSync(path("a")).equals(readFileSync(path("c")))).toBe(true);
      }),
      { numRuns: count("recordings", 200, 2000) },
    );
  });

  it("is read from any time on", async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.nat(), async (list, choice) => {
        const timed = list.filter((entries) => entries[0]!.kind !== "step");
        if (timed.length === 0) return;
        await record("d", timed, 1000);
        const first = timed[choice % timed.length]![0] as { ticks: number };
        const from = timed.findIndex((entries) => (entries[0] as { ticks: number }).ticks >= first.ticks);
        expect(await read("d", first.ticks)).toEqual(timed.slice(from).flat());
      }),
      { numRuns: 100 },
    );
  });
});
