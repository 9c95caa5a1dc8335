/** The grid's elements as `data/grid.json` holds them; names, units and signs of the columns are pandapower's. */

import { readFileSync } from "node:fs";
import { ScenarioError } from "cosimas";

/** What every element has: a stable id (`PV-3`) and SimBench's name. */
export interface ElementData {
  readonly id: string;
  readonly name: string;
}

/** A bus with its rated voltage. */
export interface BusData extends ElementData {
  readonly vn_kv: number;
}

/** The medium-voltage grid: a bus of fixed voltage. */
export interface ExternalGridData extends ElementData {
  readonly bus: string;
  readonly vm_pu: number;
  readonly va_degree: number;
}

/** A line as pi equivalent; `max_i_ka * df * parallel` is its rating. */
export interface LineData extends ElementData {
  readonly from_bus: string;
  readonly to_bus: string;
  readonly length_km: number;
  readonly r_ohm_per_km: number;
  readonly x_ohm_per_km: number;
  readonly c_nf_per_km: number;
  readonly g_us_per_km: number;
  readonly max_i_ka: number;
  readonly df: number;
  readonly parallel: number;
}

/** A transformer at its nominal ratio; `shift_degree` is a multiple of 30 (vector group). */
export interface TrafoData extends ElementData {
  readonly hv_bus: string;
  readonly lv_bus: string;
  readonly sn_mva: number;
  readonly vn_hv_kv: number;
  readonly vn_lv_kv: number;
  readonly vk_percent: number;
  readonly vkr_percent: number;
  readonly pfe_kw: number;
  readonly i0_percent: number;
  readonly shift_degree: number;
  readonly df: number;
  readonly parallel: number;
}

/** A load that consumes `p_mw` times its profile, whatever the voltage. */
export interface LoadData extends ElementData {
  readonly bus: string;
  readonly p_mw: number;
  readonly q_mvar: number;
  readonly p_profile: string;
  readonly q_profile: string;
}

/** A PV plant that has `p_mw` times its profile available; positive is generation. */
export interface PvData extends ElementData {
  readonly bus: string;
  readonly p_mw: number;
  readonly sn_mva: number;
  readonly profile: string;
}

/** A storage; power at most `sn_mva` each way, positive is charging; `efficiency` is a factor for each way. */
export interface StorageData extends ElementData {
  readonly bus: string;
  readonly sn_mva: number;
  readonly max_e_mwh: number;
  readonly efficiency: number;
}

/** The whole grid. The order of each list is the order of the arrays in set-points and results. */
export interface GridData {
  readonly source: string;
  readonly f_hz: number;
  readonly s_base_mva: number;
  readonly external_grid: ExternalGridData;
  readonly buses: readonly BusData[];
  readonly lines: readonly LineData[];
  readonly trafos: readonly TrafoData[];
  readonly loads: readonly LoadData[];
  readonly pvs: readonly PvData[];
  readonly storages: readonly StorageData[];
}

type Fields = Record<string, "text" | "any" | "positive" | "not negative" | "bus">;

const BRANCH: Fields = { df: "positive", parallel: "positive" };
const FIELDS: Record<"buses" | "lines" | "trafos" | "loads" | "pvs" | "storages", Fields> = {
  buses: { vn_kv: "positive" },
  lines: {
    ...{
      from_bus: "bus",
      to_bus: "bus",
      length_km: "positive",
      r_ohm_per_km: "positive",
      x_ohm_per_km: "not negative",
    },
    ...{ c_nf_per_km: "not negative", g_us_per_km: "not negative", max_i_ka: "positive", ...BRANCH },
  },
  trafos: {
    ...{ hv_bus: "bus", lv_bus: "bus", sn_mva: "positive", vn_hv_kv: "positive", vn_lv_kv: "positive" },
    ...{ vk_percent: "positive", vkr_percent: "not negative", pfe_kw: "not negative", i0_percent: "not negative" },
    ...{ shift_degree: "any", ...BRANCH },
  },
  loads: { bus: "bus", p_mw: "any", q_mvar: "any", p_profile: "text", q_profile: "text" },
  pvs: { bus: "bus", p_mw: "not negative", sn_mva: "positive", profile: "text" },
  storages: { bus: "bus", sn_mva: "positive", max_e_mwh: "positive", efficiency: "positive" },
};
const EXTERNAL_GRID: Fields = { bus: "bus", vm_pu: "positive", va_degree: "any" };

function wrong(what: string): ScenarioError {
  return new ScenarioError("ERR_SCENARIO_GRID", `grid data: ${what}`);
}

function checkElement(value: unknown, where: string, fields: Fields, buses: ReadonlySet<string>): string {
  if (typeof value !== "object" || value === null) throw wrong(`${where} is not an object`);
  const element = value as Record<string, unknown>;
  if (typeof element["id"] !== "string") throw wrong(`${where} has no id`);
  const id = element["id"];
  for (const [field, kind] of Object.entries<Fields[string]>({ name: "text", ...fields })) {
    const x = element[field];
    if (kind === "text" || kind === "bus") {
      if (typeof x !== "string") throw wrong(`${field} of ${id} is ${String(x)}, not a text`);
      if (kind === "bus" && !buses.has(x)) throw wrong(`${field} of ${id} names the unknown bus ${x}`);
    } else if (typeof x !== "number" || !Number.isFinite(x)) {
      throw wrong(`${field} of ${id} is ${String(x)}, not a finite number`);
    } else if ((kind === "positive" && x <= 0) || (kind === "not negative" && x < 0)) {
      throw wrong(`${field} of ${id} is ${x}, must be ${kind}`);
    }
  }
  return id;
}

/**
 * Check the content of a `grid.json`.
 *
 * @throws {@link ScenarioError} `ERR_SCENARIO_GRID` naming the element and field that is missing, not finite, out of range or
 * refers to an unknown bus.
 */
export function parseGrid(json: string): GridData {
  let grid: Record<string, unknown>;
  try {
    grid = JSON.parse(json);
  } catch (cause) {
    throw new ScenarioError("ERR_SCENARIO_GRID", `grid data: not JSON: ${(cause as Error).message}`, { cause });
  }
  for (const field of ["f_hz", "s_base_mva"]) {
    if (!(Number.isFinite(grid[field]) && (grid[field] as number) > 0))
      throw wrong(`${field} is ${String(grid[field])}`);
  }
  const ids = new Set<string>();
  for (const [list, fields] of Object.entries(FIELDS)) {
    const elements = grid[list];
    if (!Array.isArray(elements)) throw wrong(`the list ${list} is missing`);
    for (const [i, element] of elements.entries()) {
      const id = checkElement(element, `${list}[${i}]`, fields, ids);
      if (ids.has(id)) throw wrong(`the id ${id} is used twice`);
      ids.add(id);
    }
  }
  checkElement(grid["external_grid"], "external_grid", EXTERNAL_GRID, ids);
  return grid as unknown as GridData;
}

/**
 * Read and check a `grid.json`.
 *
 * @throws {@link ScenarioError} `ERR_SCENARIO_GRID` if it cannot be read or is wrong.
 */
export function loadGrid(file: URL | string): GridData {
  let json: string;
  try {
    json = readFileSync(file, "utf8");
  } catch (cause) {
    throw new ScenarioError("ERR_SCENARIO_GRID", `grid data: cannot read ${String(file)}`, { cause });
  }
  return parseGrid(json);
}
