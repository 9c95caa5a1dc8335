import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsOf, exportRun, type RunFilter, RunWriter } from "../../../src/index.ts";
import { secondsOf } from "../../../src/observe/moment.ts";
import { HEADER, messages } from "../../support/run-entries.ts";

const folder = mkdtempSync(join(tmpdir(), "cosimas-selection-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "run.mcap");

beforeAll(async () => {
  const start = "2026-06-01T06:00:00Z";
  const writer = await RunWriter.open(path, { ...HEADER, start }, { durable: "write" });
  for (let i = 0; i < 60; i++) {
    const [event] = messages(0, 1, 5);
    writer.append([{ ...event!, ticks: i * 900_000_000 + (i === 1 ? 7 : 0) } as typeof event & object]);
  }
  await writer.close();
});

async function times(filter: RunFilter): Promise<number[]> {
  const found: number[] = [];
  for await (const { event } of eventsOf(path, filter)) if ("ticks" in event) found.push(event.ticks / 1e6);
  return found;
}

describe("a moment", () => {
  it.each([
    [900, 900],
    ["900", 900],
    ["18:00", 43_200],
    ["06:00", 0],
    ["05:30", 84_600],
    ["6:00:30", 30],
    ["2026-06-01T18:00", 43_200],
    ["2026-06-01 18:00", 43_200],
    ["2026-06-01T20:00+02:00", 43_200],
    ["2026-06-02", 64_800],
    ["25:00", undefined],
    ["18:60", undefined],
    ["noon", undefined],
    ["", undefined],
  ])("%j is %j s after 06:00", (moment, seconds) => {
    expect(secondsOf(moment, "2026-06-01T06:00:00Z")).toBe(seconds);
  });
});

describe("events of a recording", () => {
  it("are chosen by times of its calendar", async () => {
    expect(await times({ from: "18:00", to: "2026-06-01T18:15" })).toEqual([43_200, 44_100]);
    await expect(times({ from: "noon" })).rejects.toMatchObject({ code: "ERR_RECORDING_FILTER" });
  });

  it.each<[RunFilter, string]>([
    [{ agents: ["agent-9"] }, 'no agent "agent-9"; it has agent-'],
    [{ kinds: ["reqest"] }, 'no kind "reqest"; it has request, '],
    [{ methods: ["setlimits"] }, 'no method "setlimits"; it has setLimit'],
    [{ causedBy: "nobody#1" }, 'no event "nobody#1"; it has agent-'],
  ])("refuses %j, and says what there is", async (filter, text) => {
    const error = { code: "ERR_RECORDING_FILTER", message: expect.stringContaining(text) };
    await expect(times(filter)).rejects.toMatchObject(error);
    const to = join(folder, "refused.csv");
    await expect(exportRun(path, to, { format: "csv", filter })).rejects.toMatchObject(error);
    expect(() => readFileSync(to)).toThrow("ENOENT");
  });

  it("have their times to the microsecond in a table", async () => {
    const to = join(folder, "run.csv");
    expect(await exportRun(path, to, { format: "csv" })).toBe(60);
    const rows = readFileSync(to, "utf8").split("\r\n");
    expect(rows[1]).toMatch(/^2026-06-01T06:00:00\.000Z,0,0,0,request,/);
    expect(rows[2]).toMatch(/^2026-06-01T06:15:00\.000007Z,900\.000007,900000007,0,request,/);
    const parquet = join(folder, "run.parquet");
    expect(await exportRun(path, parquet, { format: "parquet" })).toBe(60);
    const { parquetReadObjects } = await import("hyparquet");
    const bytes = readFileSync(parquet);
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const parsers = { timestampFromMicroseconds: (us: bigint) => us };
    const table = await parquetReadObjects({ file, parsers } as unknown as Parameters<typeof parquetReadObjects>[0]);
    expect(table.map(({ time }) => time).slice(0, 2)).toEqual([1780293600000000n, 1780294500000007n]);
  });
});
