import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openRun, type RunEntry, type RunHeader, RunWriter, type RunWriterOptions } from "../../../src/index.ts";
import { HEADER, messages } from "../../support/run-entries.ts";

const folder = mkdtempSync(join(tmpdir(), "cosimas-writer-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

async function begin(options: RunWriterOptions = {}): Promise<{ path: string; writer: RunWriter }> {
  const path = join(folder, `${files++}.mcap`);
  return { path, writer: await RunWriter.open(path, HEADER, options) };
}

async function batchesOf(path: string): Promise<(readonly RunEntry[])[]> {
  const run = await openRun(path);
  const list: (readonly RunEntry[])[] = [];
  for await (const batch of run.batches()) list.push(batch);
  await run.close();
  return list;
}

describe("RunWriter", () => {
  it("writes header, batches and summary, and leaves no .wal", async () => {
    const { path, writer } = await begin();
    writer.append(messages(1, 3));
    await writer.settle();
    expect(existsSync(`${path}.wal`)).toBe(true);
    await writer.close({ traceHash: "ff" });
    await writer.close();
    const run = await openRun(path);
    expect(run).toMatchObject({ header: HEADER, torn: false, missing: undefined });
    expect(run.summary).toEqual({ traceHash: "ff", entries: 3, ticks: 1_000_000 });
    await run.close();
    expect(existsSync(`${path}.wal`)).toBe(false);
  });

  it("writes a whole file for a run without entries", async () => {
    const { path, writer } = await begin();
    await writer.close();
    expect(await batchesOf(path)).toEqual([]);
  });

  it("splits batches that are too long or of several ticks", async () => {
    const { path, writer } = await begin({ limits: { recordingBatchEntriesMax: 4 } });
    writer.append([...messages(1, 6), ...messages(2, 2)]);
    await writer.close();
    const lengths = (await batchesOf(path)).map(({ length }) => length);
    expect(lengths).toEqual([4, 2, 2]);
    expect((await batchesOf(path)).flat()).toEqual([...messages(1, 6), ...messages(2, 2)]);
  });

  it("writes names out when the dictionary is full", async () => {
    const { path, writer } = await begin({ limits: { recordingNamesMax: 2 } });
    writer.append(messages(1, 20));
    await writer.close();
    expect((await batchesOf(path)).flat()).toEqual(messages(1, 20));
  });

  it("tells an entry that cannot be written by the next settle, and keeps what came before", async () => {
    const { path, writer } = await begin();
    writer.append(messages(1, 2));
    writer.append([{ kind: "feed", op: "call", ticks: 2, round: 0, content: [() => {}] }]);
    expect(writer.failure).toMatchObject({ code: "ERR_RECORDING_ENTRY", cause: { code: "ERR_VALUE_TYPE" } });
    await expect(writer.settle()).rejects.toBe(writer.failure);
    await expect(writer.close()).rejects.toBe(writer.failure);
    const run = await openRun(path);
    expect(run.torn).toBe(true);
    await run.close();
  });

  it("refuses entries after close", async () => {
    const { writer } = await begin();
    await writer.close();
    expect(() => writer.append(messages(1, 1))).toThrow(expect.objectContaining({ code: "ERR_RECORDING_CLOSED" }));
  });
});

describe("openRun", () => {
  it("refuses what is no run file", async () => {
    const path = join(folder, "text");
    await expect(openRun(path)).rejects.toMatchObject({ code: "ERR_RECORDING_OPEN" });
    for (const text of ["", "text", "a longer text than the magic bytes"]) {
      writeFileSync(path, text);
      await expect(openRun(path)).rejects.toMatchObject({ code: "ERR_RECORDING_DAMAGED" });
    }
  });

  it("refuses a later format by its number", async () => {
    const path = join(folder, "later");
    const writer = await RunWriter.open(path, { ...HEADER, format: 2 } as unknown as RunHeader);
    await writer.close();
    await expect(openRun(path)).rejects.toMatchObject({
      code: "ERR_RECORDING_FORMAT",
      message: expect.stringContaining("format 2"),
    });
    expect(readFileSync(path).length).toBeGreaterThan(0);
  });
});
