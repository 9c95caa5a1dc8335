import { type GridData, PowerFlow, type SetPoints } from "./grid/index.ts";
import type { Connection } from "./voltage.ts";

/** Voltages that the operator allows, p.u. */
export const VM_MIN_PU = 0.95;
export const VM_MAX_PU = 1.05;

/** Power by which the connection study moves a plant. */
const PROBE_MW = 0.001;

/**
 * What each plant's connection agreement says: how far its own power moves the voltage of its own bus. As the operator
 * studies a connection: power flows of the empty grid, with one plant moved by a kilowatt.
 *
 * @returns Connections in the order of `grid.pvs`.
 */
export function connectionsOf(grid: GridData): Connection[] {
  const flow = new PowerFlow(grid);
  const { loads, pvs, storages } = grid;
  const voltages = (setPoints: Partial<SetPoints>) => {
    const idle = {
      loadPMw: new Float64Array(loads.length),
      loadQMvar: new Float64Array(loads.length),
      pvPMw: new Float64Array(pvs.length),
      storagePMw: new Float64Array(storages.length),
    };
    return new Map(flow.solve({ ...idle, ...setPoints }, 0).buses.map(({ id, vm_pu }) => [id, vm_pu]));
  };
  const idle = voltages({});
  return pvs.map(({ bus, sn_mva }, i) => {
    const probe = new Float64Array(pvs.length);
    probe[i] = PROBE_MW;
    const rise = (moved: Partial<SetPoints>) => (voltages(moved).get(bus)! - idle.get(bus)!) / PROBE_MW;
    return { sn_mva, rise_p: rise({ pvPMw: probe }), rise_q: rise({ pvQMvar: probe }), vm_max_pu: VM_MAX_PU };
  });
}
