import { defineSimulator } from "cosimas/mosaik";
import { population } from "./population.ts";

/** The agents for a mosaik in Python: `cosimas sim scenarios/lv-congestion %(addr)s`; see mosaik_pandapower.py. */
export default defineSimulator(({ seed, day }) => population(seed, day), {
  seed: { type: "integer", default: 1, min: 0, help: "seed of all random numbers" },
  day: { type: "integer", default: 140, min: 0, max: 365, help: "first day of the profiles' year, from 0" },
});
