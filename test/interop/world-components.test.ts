import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { connectManyToOne, connectZip, type Entity, type ModelFactory, World } from "cosimas/mosaik";
import { afterAll, describe, expect, it } from "vitest";
import { pythonEnvironment } from "../support/python.ts";

/** mosaik's own components as processes under World, against the same scenario under mosaik: one HDF5 file each. */
const { python, reason } = await pythonEnvironment("mosaik-components");
const program = fileURLToPath(new URL("../support/real_components.py", import.meta.url));

const START = "2026-06-01 00:00:00";
const STEP_S = 900;
const STEPS = 24;
const HOUSES = 4;
const PVS = 3;

/** Time of the profiles' row `i`. */
const dateOf = (i: number) => new Date(Date.UTC(2026, 5, 1, 0, 15 * i)).toISOString().slice(0, 19).replace("T", " ");
const rows = Array.from({ length: STEPS + 4 }, (_, i) => i);

/** A PV series in MW as mosaik-csv reads it. Its first value is whole: HDF5 takes the type of a series from that. */
const pv = [
  "PV",
  "Date,P",
  ...rows.map((i) => `${dateOf(i)},${i === 0 ? "0.0" : (0.0103 + 0.001 * Math.sin(i)).toFixed(6)}`),
];

/** Household profiles in W as mosaik-householdsim reads them. */
const houses = [
  "# meta",
  JSON.stringify({ start_date: START.slice(0, 16), resolution: 15, unit: "W", num_profiles: 3 }),
  "# id_list",
  JSON.stringify({ test_grid: Array.from({ length: HOUSES }, (_, i) => `node-${i}`) }),
  "# attrs",
  "num_hh,1,2,1",
  "num_residents,2,3,1",
  "# profiles",
  ...rows.map((i) => [dateOf(i).slice(0, 16), ...[0, 1, 2].map((k) => 300.5 + 100 * Math.sin(0.3 * i + k))].join(",")),
];

interface Models {
  PV: ModelFactory;
  ResidentialLoads: ModelFactory;
  Grid: ModelFactory;
  Database: ModelFactory;
}

describe.skipIf(reason !== undefined)(`mosaik's components${reason === undefined ? "" : ` (${reason})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-components-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const call = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(python!, [program, ...args], { timeout: 120_000, maxBuffer: 2 ** 26 });
    return stdout;
  };

  it("write the same file under World and under mosaik", { timeout: 300_000 }, async () => {
    writeFileSync(join(folder, "pv.csv"), `${pv.join("\n")}\n`);
    writeFileSync(join(folder, "houses.data"), `${houses.join("\n")}\n`);
    await call("mosaik", folder);

    const entry = (name: string) => ({ cmd: [python!, program, name, "%(addr)s"] });
    const world = new World(
      { CSV: entry("CSV"), Households: entry("Households"), Grid: entry("Grid"), Database: entry("Database") },
      { startTimeoutMs: 60_000, onOutput: () => {} },
    );
    try {
      const csv = await world.start<Models>("CSV", { sim_start: START, datafile: join(folder, "pv.csv") });
      const pvs = await csv.PV.create(PVS);
      const households = await world.start<Models>("Households");
      const profiles = { sim_start: START, profile_file: join(folder, "houses.data"), grid_name: "test_grid" };
      const homes = (await households.ResidentialLoads(profiles)).children;
      const simulator = await world.start<Models>("Grid", { step_size: STEP_S });
      const grid = await simulator.Grid({ network_function: "create_cigre_network_lv" });
      const buses: Entity[] = grid.children.filter(({ type }) => type === "Bus");
      const database = await world.start<Models>("Database", { step_size: STEP_S, duration: STEPS * STEP_S });
      const db = await database.Database({ filename: join(folder, "world.hdf5") });
      connectZip(world, pvs, buses.slice(3, 6), ["P", "P_gen[MW]"]);
      for (const [i, home] of homes.entries()) {
        const transform = (watts: unknown) => (watts as number) * 1e-6;
        world.connect(home, buses[2 + 2 * i]!, ["P_out", "P_load[MW]"], { transform });
      }
      connectManyToOne(world, homes, db, "P_out");
      connectManyToOne(world, pvs, db, "P");
      connectManyToOne(world, buses, db, "P[MW]", "Vm[pu]");
      await world.run({ until: STEPS * STEP_S });
    } finally {
      await world.shutdown();
    }

    const [ours, theirs] = await Promise.all(
      ["world", "mosaik"].map((name) => call("dump", join(folder, `${name}.hdf5`))),
    );
    const series = JSON.parse(ours!) as Record<string, unknown[]>;
    expect(series).toEqual(JSON.parse(theirs!));
    const values = Object.entries(series).filter(([name]) => name.startsWith("Series/"));
    expect(values).toHaveLength(HOUSES + PVS + 2 * 44);
    expect(series["Type/Series/CSV-0.PV_0/P"]).toEqual(["float64"]);
    expect(series["Series/CSV-0.PV_0/P"]!.slice(0, 2)).toEqual([0, Number((0.0103 + 0.001 * Math.sin(1)).toFixed(6))]);
    for (const [, list] of values) expect(list).toHaveLength(STEPS);
    expect(series["Series/Households-0.House_0/P_out"]!.at(-1)).toBeCloseTo(300.5 + 100 * Math.sin(0.3 * 23), 9);
  });
});
