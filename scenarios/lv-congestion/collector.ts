import { type CreateResult, type InputData, type OutputData, Simulator } from "cosimas/mosaik";

/** One quarter hour of a run, as the table and the picture need it. Power in MW, import positive. */
export interface QuarterHour {
  readonly loadingPercent: number;
  readonly vmMinPu: number;
  readonly vmMaxPu: number;
  /** Flow into the grid at the transformer's high-voltage side. */
  readonly flowMw: number;
  readonly flowMvar: number;
  readonly curtailedMw: number;
  /** Feed-in of each plant. */
  readonly pvMw: Readonly<Record<string, number>>;
  readonly pvMvar: Readonly<Record<string, number>>;
  /** Power of each storage, charging positive. */
  readonly storageMw: Readonly<Record<string, number>>;
  /** Charge of each storage at the end of the quarter hour. */
  readonly storageMwh: Readonly<Record<string, number>>;
  readonly lossesMw: number;
  readonly loadsMw: number;
  /** What the transformer's agent set; undefined without agents. */
  readonly price: number | undefined;
  readonly marginMw: number | undefined;
}

type BySource = Readonly<Record<string, unknown>>;

/** Keeps what a run did, quarter hour by quarter hour, in `quarterHours`. */
export class Collector extends Simulator {
  override readonly meta = {
    api_version: "3.0",
    type: "time-based",
    models: { Monitor: { public: true, any_inputs: true, params: [], attrs: [] } },
  } as const;
  readonly quarterHours: QuarterHour[] = [];

  override create(num: number): CreateResult[] {
    return Array.from({ length: num }, (_, i) => ({ eid: `Monitor-${i}`, type: "Monitor" }));
  }

  override step(time: number, inputs: InputData): number {
    const monitor = inputs["Monitor-0"] ?? {};
    const named = (attr: string) => byEntity(monitor[attr]);
    const values = (attr: string) => Object.values(named(attr));
    const total = (attr: string) => values(attr).reduce((sum, value) => sum + value, 0);
    const voltages = values("vm_pu");
    this.quarterHours.push({
      loadingPercent: Math.max(...values("loading_percent")),
      vmMinPu: Math.min(...voltages),
      vmMaxPu: Math.max(...voltages),
      flowMw: total("p_hv_mw"),
      flowMvar: total("q_hv_mvar"),
      curtailedMw: total("curtailed_mw"),
      pvMw: named("pv_mw"),
      pvMvar: named("pv_mvar"),
      storageMw: named("storage_mw"),
      storageMwh: named("storage_mwh"),
      lossesMw: total("losses_mw"),
      loadsMw: total("load_mw"),
      price: values("price")[0],
      marginMw: values("margin_mw")[0],
    });
    return time + 1;
  }

  override getData(): OutputData {
    return {};
  }
}

/** Values by the source's id in its simulator, without the simulator's. */
function byEntity(bySource: BySource | undefined): Record<string, number> {
  const entries = Object.entries(bySource ?? {}) as [string, number][];
  return Object.fromEntries(entries.map(([source, value]) => [source.slice(source.indexOf(".") + 1), value]));
}
