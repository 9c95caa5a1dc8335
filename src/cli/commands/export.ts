import { type Command, Option } from "commander";
import { EXPORT_FORMATS, type ExportFormat, exportRun } from "../../observing.ts";
import { checkTarget } from "../../recording/target.ts";
import type { SeriesPlot } from "../../series.ts";
import { wallMs } from "../../wall.ts";
import { dashboard } from "../../watching.ts";
import { UsageError } from "../errors.ts";
import { loadModule, SCENARIO } from "../load.ts";
import { addFilterOptions, type FilterOptions, filterOf, parseCount } from "../options.ts";
import { ProgressLine } from "../progress.ts";
import { topologyOf } from "../watching.ts";

/** Wall time in milliseconds that an export may take without a word. */
const SILENT_MS = 1000;

/** What a file can be: a format of `exportRun`, or the page with its data. */
type FileFormat = ExportFormat | "html";

interface ExportOptions extends FilterOptions {
  readonly format: FileFormat;
  readonly scenario?: string;
  readonly output?: string;
  readonly max?: number;
  readonly force?: boolean;
  readonly outputs?: boolean;
}

/** Endings of files, by the format. */
const ENDINGS: Record<FileFormat, string> = {
  html: "html",
  parquet: "parquet",
  csv: "csv",
  jsonl: "jsonl",
  mermaid: "mmd",
  plantuml: "puml",
  perfetto: "json",
  svg: "svg",
};

/** Add `cosimas export` to the program. */
export function addExportCommand(program: Command): void {
  const command = program
    .command("export")
    .description(
      "write the events of a recording for other programs: pandas, polars, DuckDB, diagrams, Perfetto; its outputs as a picture",
    )
    .argument("<recording>", "a recording")
    .addOption(
      new Option("-f, --format <format>", "of the file").choices([...EXPORT_FORMATS, "html"]).default("parquet"),
    )
    .option(
      "-o, --output <file>",
      "file to write, - for standard output; default: the recording's name with another ending",
    )
    .option("--outputs", "what agents show, instead of events: a row for each time and agent, a column for each output")
    .option("--force", "replace a file of that name")
    .option(
      "--max <number>",
      "events in a sequence diagram, default 500, or in a page, default 20000",
      parseCount("max"),
    )
    .option("--scenario <scenario>", "with html: scenario whose grid the page draws; with svg: whose series")
    .option("--debug", "print the stacks of errors");
  addFilterOptions(command).action(async (path: string, options: ExportOptions) => {
    const { force = false, format, outputs = false, max, scenario } = options;
    const name = `${path.replace(/\.mcap$/, "")}${outputs ? ".outputs" : ""}.${ENDINGS[format]}`;
    const { output = name } = options;
    if (outputs && format !== "parquet" && format !== "csv") {
      throw new UsageError("ERR_CLI_VALUE", `--outputs makes a table: --format parquet or csv, not ${format}`);
    }
    const to = output === "-" ? 1 : output;
    if (format === "html") {
      const events = await exportPage(path, to, options);
      if (to !== 1) process.stdout.write(`${output}: ${events} events\n`);
      return;
    }
    const limit = max === undefined ? {} : { diagramEventsMax: max };
    const progress = new ProgressLine(process.stderr, wallMs, false);
    const startMs = wallMs();
    const onProgress = (fraction: number) => {
      // What takes no time needs no progress.
      if (wallMs() - startMs >= SILENT_MS) progress.update(fraction);
    };
    const series = format === "svg" ? await seriesOf(scenario) : undefined;
    const chosen = { format, outputs, filter: filterOf(options), replace: force, onProgress, ...limit };
    const rows = await exportRun(path, to, { ...chosen, ...(series && { series }) }).finally(() => progress.clear());
    if (to !== 1) process.stdout.write(`${output}: ${rows} ${outputs ? "rows" : "events"}\n`);
  });
}

/** What the scenario of this name plots. @throws ScenarioError `ERR_SCENARIO_NO_SERIES` if it does not say. */
async function seriesOf(given: string | undefined): Promise<readonly SeriesPlot[] | undefined> {
  if (given === undefined) return undefined;
  const { series } = await loadModule(given, SCENARIO);
  if (series !== undefined) return series;
  const text = `${given} declares no series; leave --scenario out to draw all outputs of agents`;
  throw new UsageError("ERR_SCENARIO_NO_SERIES", text);
}

/** Write the recording as one file for a browser. */
async function exportPage(path: string, to: string | 1, options: ExportOptions): Promise<number> {
  const { max, scenario, force = false } = options;
  if (Object.keys(filterOf(options)).length > 0) {
    throw new UsageError(
      "ERR_CLI_USAGE",
      "a page holds a recording from its start: its filters are on the page itself",
    );
  }
  if (to !== 1) checkTarget(to, { replace: force });
  const { exportReport } = await dashboard();
  const topology = await topologyOf(scenario);
  return exportReport(path, to, { ...(max !== undefined && { eventsMax: max }), ...(topology && { topology }) });
}
