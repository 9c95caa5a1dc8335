/**
 * The grid of the scenario lv-congestion: its data and profiles, and an AC power flow that models what pandapower models for it.
 *
 * Plain data and functions of their arguments, no clock and no simulator interface: `PowerFlow.solve` takes what the devices do
 * in one quarter hour and returns voltages and loadings. It does not know agents, storages' charge or what came before.
 */

export { DeviceProfiles } from "./device-profiles.ts";
export type { PvData, StorageData, TrafoData } from "./grid-data.ts";
export { type BusData, type GridData, type LineData, type LoadData, loadGrid, parseGrid } from "./grid-data.ts";
export {
  type BusState,
  type GridState,
  type LineState,
  PowerFlow,
  type SetPoints,
  type TrafoState,
} from "./power-flow.ts";
export { dayRange, loadProfiles, Profiles, STEP_H, STEP_S, STEPS_PER_DAY } from "./profiles.ts";
