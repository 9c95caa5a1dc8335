import { writeFileSync } from "node:fs";
import { checkOptions, checkTopology, number, object, type Topology, text } from "../../../src/cosim/index.ts";
import { RecordingError } from "../../../src/index.ts";
import { lineOf } from "../model/event-line.ts";
import type { EventLine } from "../model/protocol.ts";
import type { ReportData } from "../model/report.ts";
import { agentLine, OUTSIDE_ID } from "../model/run-state.ts";
import { RecordedRun } from "./recorded-run.ts";
import { asset } from "./static-files.ts";

/** Events that a report holds, by default. */
const EVENTS_MAX = 20_000;
/** Characters of all its events. */
const EVENT_CHARS_MAX = 8_000_000;
const AGENTS_MAX = 2000;
const PAIRS_MAX = 2000;
const SERIES_MAX = 500;
/** Columns that each series is thinned to. */
const COLUMNS_MAX = 600;

/** What a report holds of a recording. */
export interface ReportOptions {
  /** Events from the start on; default 20,000. */
  readonly eventsMax?: number;
  /** The scenario's grid. */
  readonly topology?: Topology;
  /** Where the built page is. @internal */
  readonly assets?: string;
}

/**
 * Write a recording, or a bounded part of it, as one file that a browser shows without anything else: the page with its
 * data. It says what it leaves out.
 *
 * @param to - The file; 1 is standard output.
 * @returns Events that are in it.
 * @throws As `view` for its options; RecordingError if the recording cannot be read, or `ERR_RECORDING_DISK` if the file cannot be written.
 */
export async function exportReport(path: string, to: string | 1, options: ReportOptions = {}): Promise<number> {
  checkOptions("exportReport", options, {
    eventsMax: number({ integer: true, min: 0 }),
    topology: object,
    assets: text,
  });
  const { topology, assets } = options;
  if (topology !== undefined) checkTopology("exportReport", topology);
  const run = await RecordedRun.open(path, { topology });
  try {
    await run.ready;
    const data = await reportOf(run, options.eventsMax ?? EVENTS_MAX);
    const html = document(run.info().title, data, assets);
    try {
      writeFileSync(to, html);
    } catch (cause) {
      const text = `${to} cannot be written: ${(cause as Error).message}`;
      throw new RecordingError("ERR_RECORDING_DISK", text, { cause });
    }
    return data.events.length;
  } finally {
    await run.close();
  }
}

async function reportOf(run: RecordedRun, eventsMax: number): Promise<ReportData> {
  const { state } = run.view;
  const events: EventLine[] = [];
  let chars = 0;
  await run.view.each((event, ticks) => {
    if (event.kind === "tick") return true;
    if (events.length >= eventsMax || chars > EVENT_CHARS_MAX) return false;
    const line = lineOf(event, ticks);
    chars += line.text.length + 120;
    events.push(line);
    return true;
  });
  const all = [...state.agents.values()].filter(({ id }) => id !== OUTSIDE_ID);
  const pairs = state.pairs();
  const series = run.view.allSeries(SERIES_MAX, COLUMNS_MAX);
  const most = state.events - (state.kinds["tick"] ?? 0);
  const left = [
    most > events.length && `${most - events.length} of ${most} events, the last ones`,
    all.length > AGENTS_MAX && `${all.length - AGENTS_MAX} of ${all.length} agents`,
    pairs.length > PAIRS_MAX && `${pairs.length - PAIRS_MAX} of ${pairs.length} pairs of agents`,
    series.total > SERIES_MAX && `${series.total - SERIES_MAX} of ${series.total} series`,
  ].filter((text) => text !== false);
  const info = run.info();
  const missing = [info.missing, left.length > 0 && `Left out of this report: ${left.join("; ")}.`];
  return {
    info: { ...info, source: "report", missing: missing.filter((text) => text !== "" && text !== false).join(" ") },
    frame: { what: "frame", ...run.frame(), skipped: 0, pages: 1, revision: 0 },
    kinds: state.kinds,
    agents: all.slice(0, AGENTS_MAX).map(agentLine),
    pairs: pairs.slice(0, PAIRS_MAX),
    series: series.lines,
    events,
    whole: most === events.length && all.length <= AGENTS_MAX,
  };
}

/** The page with its style, its program and its data in one file; it may load nothing. */
function document(title: string, data: ReportData, assets: string | undefined): string {
  const [css, js] = ["page.css", "page.js"].map((name) => asset(name, assets).toString());
  const icon = asset("favicon.svg", assets).toString("base64");
  const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:";
  const escaped = title.replace(/[<&]/g, (char) => (char === "<" ? "&lt;" : "&amp;"));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped}</title>
<link rel="icon" href="data:image/svg+xml;base64,${icon}">
<style>${css!.replaceAll("</style", "<\\/style")}</style>
</head>
<body>
<div id="page"></div>
<script type="application/json" id="report">${JSON.stringify(data).replaceAll("<", "\\u003c")}</script>
<script type="module">${js!.replaceAll("</script", "<\\/script")}</script>
</body>
</html>
`;
}
