import { type Command, Option } from "commander";
import { EXPORT_FORMATS, type ExportFormat, exportRun } from "../../observing.ts";
import { checkTarget } from "../../recording/target.ts";
import { dashboard } from "../../watching.ts";
import { UsageError } from "../errors.ts";
import { addFilterOptions, type FilterOptions, filterOf, parseCount } from "../options.ts";
import { topologyOf } from "../watching.ts";

/** What a file can be: a format of `exportRun`, or the page with its data. */
type FileFormat = ExportFormat | "html";

interface ExportOptions extends FilterOptions {
  readonly format: FileFormat;
  readonly scenario?: string;
  readonly output?: string;
  readonly max?: number;
  readonly force?: boolean;
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
};

/** Add `cosimas export` to the program. */
export function addExportCommand(program: Command): void {
  const command = program
    .command("export")
    .description("write the events of a recording for other programs: pandas, polars, DuckDB, diagrams, Perfetto")
    .argument("<recording>", "a recording")
    .addOption(
      new Option("-f, --format <format>", "of the file").choices([...EXPORT_FORMATS, "html"]).default("parquet"),
    )
    .option(
      "-o, --output <file>",
      "file to write, - for standard output; default: the recording's name with another ending",
    )
    .option("--force", "replace a file of that name")
    .option(
      "--max <number>",
      "events in a sequence diagram, default 500, or in a page, default 20000",
      parseCount("max"),
    )
    .option("--scenario <scenario>", "with html: scenario whose grid the page draws")
    .option("--debug", "print the stacks of errors");
  addFilterOptions(command).action(async (path: string, options: ExportOptions) => {
    const { force = false, format, output = `${path.replace(/\.mcap$/, "")}.${ENDINGS[format]}`, max } = options;
    const to = output === "-" ? 1 : output;
    if (format === "html") {
      const events = await exportPage(path, to, options);
      if (to !== 1) process.stdout.write(`${output}: ${events} events\n`);
      return;
    }
    const limit = max === undefined ? {} : { diagramEventsMax: max };
    const events = await exportRun(path, to, { format, filter: filterOf(options), replace: force, ...limit });
    if (to !== 1) process.stdout.write(`${output}: ${events} events\n`);
  });
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
