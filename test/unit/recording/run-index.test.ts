import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type RunEntry, RunIndex, RunWriter } from "../../../src/index.ts";
import { HEADER, messages } from "../../support/run-entries.ts";

const folder = mkdtempSync(join(tmpdir(), "cosimas-index-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Rows of one agent in a hundred times: those of the last ten are of another one. */
const entries = (tick: number): RunEntry[] =>
  messages(tick, 1500, 40).map((entry) =>
    tick > 90 ? ({ ...entry, kind: "oneway", agent: "late" } as RunEntry) : entry,
  );

describe("an index of a recording", () => {
  it("has every row once while chunks and .wal are written, and knows which chunks may have what", async () => {
    const path = join(folder, "grows.mcap");
    const writer = await RunWriter.open(path, HEADER, { durable: "write" });
    const index = await RunIndex.open(path);
    const seen = new Map<number, number>();
    const read = () => index.read(({ ticks }) => void seen.set(ticks, (seen.get(ticks) ?? 0) + 1));
    for (let tick = 1; tick <= 100; tick++) {
      writer.append(entries(tick));
      await writer.settle();
      await read();
      expect(seen.get(tick * 1_000_000)).toBe(1500);
      expect(index.lastTicks).toBe(tick * 1_000_000);
    }
    await writer.close();
    await read();
    expect([...seen.values()]).toEqual(Array.from({ length: 100 }, () => 1500));
    expect(index.chunks).toBeGreaterThan(20);

    const [late, first] = [index.cellOf("late")!, index.chunkAt(91_000_000)];
    expect(index.cellOf("nobody")).toBe(undefined);
    for (let chunk = 0; chunk < index.chunks; chunk++) {
      const may = [
        index.mayHold(chunk, { agents: new Set([late]) }),
        index.mayHold(chunk, { kinds: new Set(["oneway"]) }),
        index.mayHold(chunk, { kinds: new Set(["fault", "log"]) }),
        index.mayHold(chunk, { agents: new Set([index.cellOf("agent-3")!]), kinds: new Set(["request", "oneway"]) }),
        index.mayHold(chunk, { methods: new Set([late]) }),
      ];
      expect([chunk, ...may]).toEqual([chunk, chunk >= first, chunk >= first, false, true, chunk >= first]);
    }
    await index.close();
  });

  it("says who writes the file, and when nobody does any more", async () => {
    const path = join(folder, "lost.mcap");
    const writer = await RunWriter.open(path, HEADER, { durable: "write" });
    writer.append(messages(1, 10));
    await writer.settle();
    const index = await RunIndex.open(path);
    let rows = 0;
    await index.read(() => void rows++);
    expect([rows, index.run.torn, index.recorder()]).toEqual([10, true, expect.stringMatching(/^process \d+ on /)]);
    // As a process that was killed leaves it: no process has this number.
    const other = join(folder, "killed.mcap");
    const killed = await RunWriter.open(other, HEADER, { durable: "write" });
    killed.append(messages(1, 20));
    await killed.settle();
    const left = await RunIndex.open(other);
    writeFileSync(`${other}.lock`, JSON.stringify({ host: "another-host", process: 1, thread: 0 }));
    expect(left.recorder()).toBe("process 1 on another-host");
    rmSync(`${other}.lock`);
    rows = 0;
    await left.read(() => void rows++);
    expect([rows, left.run.torn, left.recorder()]).toEqual([20, true, undefined]);
    // Another recording of the same name is another file.
    await writer.close();
    const again = await RunWriter.open(path, HEADER, { durable: "write", replace: true });
    expect(index.recorder()).toBe(undefined);
    await expect(RunIndex.open(`${path}.wal`)).rejects.toMatchObject({
      code: "ERR_RECORDING_OPEN",
      message: expect.stringContaining(`open ${path}`),
    });
    await again.close();
    for (const one of [index, left]) await one.close();
    await killed.close();
  });
});
