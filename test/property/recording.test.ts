import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openRun, type RunEntry, RunIndex, RunWriter, recoverRun } from "../../src/index.ts";
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

  it("is read row by row as it grows, each row being its entry, and each chunk by itself", async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.constantFrom(0, 3, 1_000_000), async (list, recordingNamesMax) => {
        const limits = { recordingNamesMax };
        const writer = await RunWriter.open(path("e"), HEADER, { durable: "write", replace: true, limits });
        const index = await RunIndex.open(path("e"));
        const rows: RunEntry[] = [];
        const look: Parameters<RunIndex["read"]>[0] = (cursor) => {
          const entry = cursor.entry();
          rows.push(entry);
          const names = entry as Partial<Record<"agent" | "peer" | "method" | "sim", string>>;
          const name = (cell: number) => (cell < 0 ? undefined : cursor.name(cell));
          expect(cursor.kind).toBe(entry.kind);
          expect(name(cursor.agent)).toBe(names.agent ?? names.sim);
          expect([name(cursor.peer), name(cursor.method)]).toEqual([names.peer, names.method]);
          for (const cell of [cursor.agent, cursor.peer]) if (cell >= 0) expect(index.cellOf(name(cell)!)).toBe(cell);
          if ("args" in entry) expect(cursor.content()).toEqual(entry.args);
        };
        for (const [i, entries] of list.entries()) {
          writer.append(entries);
          await writer.settle();
          if (i % 2 === 0) await index.read(look);
        }
        expect(index.recorder()).toContain(`process ${process.pid}`);
        await index.read(look);
        expect(rows).toEqual(list.flat());
        await writer.close();
        await index.read(look);
        expect(index.recorder()).toBe(undefined);
        expect(rows).toEqual(list.flat());
        const again: RunEntry[] = [];
        for (let chunk = 0; chunk < index.chunks; chunk++) again.push(...(await index.chunk(chunk)).flat());
        expect(again).toEqual(list.flat());
        await index.close();
      }),
      { numRuns: count("recordings that grow", 100, 1000) },
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
