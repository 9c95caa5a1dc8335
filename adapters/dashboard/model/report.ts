import type { AgentLine, EventLine, Frame, PairLine, RunInfo, SeriesLine } from "./protocol.ts";

/** What a report holds of a recording. */
export interface ReportData {
  readonly info: RunInfo;
  readonly frame: Frame;
  readonly kinds: Readonly<Record<string, number>>;
  readonly agents: readonly AgentLine[];
  readonly pairs: readonly PairLine[];
  readonly series: readonly SeriesLine[];
  readonly events: readonly EventLine[];
  /** All events of the recording are in it. */
  readonly whole: boolean;
}
