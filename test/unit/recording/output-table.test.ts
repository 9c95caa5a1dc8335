import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Agent, Container, exportRun, Recording } from "../../../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "cosimas-outputs-"));
const path = join(folder, "run.mcap");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

class Feeder extends Agent {
  static override readonly exposed = ["load", "relay"] as const;
  static override readonly outputs = ["p_kw", "open", "note", "phases", "agent"] as const;
  p_kw = 0;
  open = false;
  note: string | null = null;
  phases = [0, 0];
  agent = 1;
  async load(kw: number): Promise<void> {
    this.p_kw = kw;
    await (await this.connect<typeof Feeder>(this.id)).relay(kw);
  }
  relay(kw: number): void {
    this.phases = [kw / 2, kw / 2];
  }
}

class Meter extends Agent {
  static override readonly exposed = ["read"] as const;
  static override readonly outputs = ["p_kw", "note"] as const;
  p_kw = 1.5;
  note: unknown = 'a "b", c';
  read(value: unknown): void {
    this.note = value;
  }
}

beforeAll(async () => {
  const container = await Container.create({ seed: 1, record: new Recording(path, { durable: "write" }) });
  container.spawn(Meter, { id: "meter" });
  container.spawn(Feeder, { id: "feeder" });
  await container.advance(0);
  container.input("feeder", "load", [4]);
  await container.advance(1.000001);
  container.input("meter", "read", [null]);
  await container.advance(2);
  await container.close();
});

it("outputs are a table of times and agents, a column each, whole rows", async () => {
  const csv = join(folder, "run.csv");
  expect(await exportRun(path, csv, { format: "csv", outputs: true })).toBe(4);
  expect(readFileSync(csv, "utf8").split("\r\n")).toEqual([
    "time,time_s,agent,p_kw,open,note,phases,output.agent",
    '2000-01-01T00:00:00.000Z,0,feeder,0,false,,"[0,0]",1',
    '2000-01-01T00:00:00.000Z,0,meter,1.5,,"a ""b"", c",,',
    '2000-01-01T00:00:01.000001Z,1.000001,feeder,4,false,,"[2,2]",1',
    "2000-01-01T00:00:02.000Z,2,meter,1.5,,,,",
    "",
  ]);
});

it("as Parquet has times, numbers and truth values", async () => {
  const parquet = join(folder, "run.parquet");
  await exportRun(path, parquet, { format: "parquet", outputs: true, filter: { agents: ["feeder"] } });
  const bytes = readFileSync(parquet);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  expect(parquetMetadata(file).schema.map(({ name, type }) => `${name} ${type}`)).toEqual([
    "root undefined",
    "time INT64",
    "time_s DOUBLE",
    "agent BYTE_ARRAY",
    "p_kw DOUBLE",
    "open BOOLEAN",
    "note BYTE_ARRAY",
    "phases BYTE_ARRAY",
    "output.agent DOUBLE",
  ]);
  const rows = await parquetReadObjects({ file });
  expect(rows.at(-1)).toMatchObject({ time_s: 1.000001, agent: "feeder", p_kw: 4, open: false, phases: "[2,2]" });
});

it("refuses what has no outputs, and formats that are no tables", async () => {
  const to = join(folder, "none.csv");
  const at = { from: 5, to: 6 };
  await expect(exportRun(path, to, { format: "csv", outputs: true, filter: at })).rejects.toMatchObject({
    code: "ERR_RECORDING_FILTER",
    message: expect.stringMatching(/has no outputs of these agents and times/),
  });
  await expect(exportRun(path, to, { format: "jsonl", outputs: true })).rejects.toThrow(
    "outputs are exported as parquet or csv, not as jsonl",
  );
});

it("tells how far it is", async () => {
  const told: number[] = [];
  const onProgress = (fraction: number) => void told.push(fraction);
  await exportRun(path, join(folder, "p.csv"), { format: "csv", outputs: true, onProgress });
  expect(told.at(-1)).toBe(1);
  expect([...told].sort((a, b) => a - b)).toEqual(told);
});
