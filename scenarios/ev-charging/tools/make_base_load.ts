/** Makes data/base_load.csv from the data of lv-congestion: `npx tsx scenarios/ev-charging/tools/make_base_load.ts`. */
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** From noon of 21 January to noon of the next day. */
const FIRST = 20 * 96 + 48;

interface Load {
  readonly p_mw: number;
  readonly q_mvar: number;
  readonly p_profile: string;
  readonly q_profile: string;
}

const data = (name: string) => readFileSync(new URL(`../../lv-congestion/data/${name}`, import.meta.url));
const [header = "", ...rows] = gunzipSync(data("profiles.csv.gz")).toString().trim().split("\n");
const columns = header.split(",");
const { loads } = JSON.parse(data("grid.json").toString()) as { loads: Load[] };
// Without SimBench's own charging stations, HLS: ours stand in their place.
const others = loads.filter(({ p_profile }) => !p_profile.startsWith("HLS"));
const lines = rows.slice(FIRST, FIRST + 96).map((row) => {
  const values = row.split(",");
  const sum = (rating: "p_mw" | "q_mvar", profile: "p_profile" | "q_profile") =>
    others.reduce((total, load) => total + load[rating] * 1000 * Number(values[columns.indexOf(load[profile])]), 0);
  return `${sum("p_mw", "p_profile").toFixed(3)},${sum("q_mvar", "q_profile").toFixed(3)}`;
});
writeFileSync(new URL("../data/base_load.csv", import.meta.url), `base_kw,base_kvar\n${lines.join("\n")}\n`);
