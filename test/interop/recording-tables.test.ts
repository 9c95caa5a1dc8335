import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Container, exportRun, Recording, replay } from "cosimas";
import { afterAll, describe, expect, it } from "vitest";
import { pythonEnvironment } from "../support/python.ts";
import { Household, Power, types } from "../support/recorded-agents.ts";

/** An exported recording in pandas, polars and DuckDB; a run under real mosaik, replayed without it. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const tables = await pythonEnvironment("tables");
const mosaik = await pythonEnvironment("mosaik");
const folder = mkdtempSync(join(tmpdir(), "cosimas-tables-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROGRAM = `
import json, sys
import duckdb, pandas, polars
parquet, csv = sys.argv[1:]
frames = [pandas.read_parquet(parquet), pandas.read_csv(csv, parse_dates=["time"])]
found = [(len(f), f.time_s.max(), str(f.time.iloc[-1]), f.kind.value_counts().sort_index().to_dict()) for f in frames]
for frame in [polars.read_parquet(parquet), polars.read_csv(csv, try_parse_dates=True)]:
    kinds = dict(sorted(frame["kind"].value_counts().rows()))
    found.append((len(frame), frame["time_s"].max(), str(frame["time"][-1]), kinds))
for source in (parquet, csv):
    rows = duckdb.sql(f"select kind, count(*), max(time_s) from '{source}' group by kind order by kind").fetchall()
    found.append((sum(n for _, n, _ in rows), max(t for _, _, t in rows), "", {kind: n for kind, n, _ in rows}))
said = duckdb.sql(f"select content->>'$.message' from '{parquet}' where kind = 'log' order by ticks limit 1").fetchall()[0]
texts = [[frame[name].fillna("").tolist() for name in ("kind", "agent", "peer", "method", "id", "cause")] for frame in frames]
assert texts[0] == texts[1], "the texts of Parquet are not those of CSV"
assert len(set(texts[0][4])) > 100 and any(cause in texts[0][4] for cause in texts[0][5] if cause), "ids are not there"
print(json.dumps([found, said, int(frames[0].ticks.iloc[-1]), str(frames[0].ticks.dtype)]))
`;

describe.skipIf(tables.reason !== undefined)(`a table of events${tables.reason ? ` (${tables.reason})` : ""}`, () => {
  it("is the same to pandas, polars and DuckDB, from Parquet and CSV", { timeout: 120_000 }, async () => {
    const path = join(folder, "run.mcap");
    const record = new Recording(path, { durable: "write" });
    const container = await Container.create({ seed: 1, types, record });
    for (const id of ["ann", 'bea,"the-second"', "cy"]) container.spawn(Household, { id });
    for (let step = 0; step < 50; step++) {
      container.input("ann", "onLoad", [{ p_kw: step }, ['bea,"the-second"', "cy"]]);
      container.call("cy", "price", ["north"]).catch(() => {});
      container.call("ann", "offer", [new Power(1)]).catch(() => {});
      await container.advance(900 * step);
    }
    await container.close();
    const files = ["parquet", "csv"].map((format) => join(folder, `run.${format}`));
    const counts = await Promise.all(
      (["parquet", "csv"] as const).map((format, i) => exportRun(path, files[i]!, { format })),
    );
    expect(counts[0]).toBe(counts[1]);
    const { stdout } = await promisify(execFile)(tables.python!, ["-c", PROGRAM, ...files], { timeout: 100_000 });
    const [found, said, ticks, type] = JSON.parse(stdout) as [
      [number, number, string, object][],
      string[],
      number,
      string,
    ];
    expect(found).toHaveLength(6);
    for (const [rows, lastS, last, kinds] of found) {
      expect(rows).toBe(counts[0]);
      expect(lastS).toBe(49 * 900);
      if (last !== "") expect(last).toMatch(/^2000-01-01 12:15:00/);
      expect(kinds).toEqual(found[0]![3]);
    }
    expect(said).toEqual(["priced"]);
    expect([ticks, type]).toEqual([49 * 900e6, "int64"]);
  });
});

describe.skipIf(mosaik.reason !== undefined)(`a run under mosaik${mosaik.reason ? ` (${mosaik.reason})` : ""}`, () => {
  it("is recorded by `cosimas sim --record`, and replayed without mosaik", { timeout: 120_000 }, async () => {
    const path = join(folder, "wind-park.mcap");
    const command = ["dist/src/cli/main.js"];
    const cosimas = "node --conditions=cosimas:source --import tsx test/interop/fixtures/recording-cosimas.ts";
    const args = ["scenarios/wind-park/scenario.py", "--cosimas", cosimas];
    const env = { ...process.env, RECORD_FILE: path };
    await promisify(execFile)(mosaik.python!, args, { cwd: root, env, timeout: 100_000 });
    const { PlantAgent, ParkAgent } = await import("../../scenarios/wind-park/simulator.ts");
    const result = await replay(path, { classes: { PlantAgent, ParkAgent } });
    expect(result).toMatchObject({ difference: undefined, advances: 96 });
    expect(result.traceHash).toBe(result.recordedHash);
    const replayed = await promisify(execFile)(process.execPath, [...command, "replay", path], { cwd: root });
    expect(replayed.stdout).toMatch(/^the same: \d+ events of 96 advances/m);
  });
});
