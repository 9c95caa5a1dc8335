import { type Command, Option } from "commander";
import { EXPORT_FORMATS, type ExportFormat, exportRun } from "../../observing.ts";
import { addFilterOptions, type FilterOptions, filterOf, parseCount } from "../options.ts";

interface ExportOptions extends FilterOptions {
  readonly format: ExportFormat;
  readonly output?: string;
  readonly max?: number;
  readonly force?: boolean;
}

/** Endings of files, by the format. */
const ENDINGS: Record<ExportFormat, string> = {
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
    .addOption(new Option("-f, --format <format>", "of the file").choices(EXPORT_FORMATS).default("parquet"))
    .option(
      "-o, --output <file>",
      "file to write, - for standard output; default: the recording's name with another ending",
    )
    .option("--force", "replace a file of that name")
    .option("--max <number>", "events in a sequence diagram; default 500", parseCount("max"))
    .option("--debug", "print the stacks of errors");
  addFilterOptions(command).action(async (path: string, options: ExportOptions) => {
    const { force = false, format, output = `${path.replace(/\.mcap$/, "")}.${ENDINGS[format]}`, max } = options;
    const to = output === "-" ? 1 : output;
    const limit = max === undefined ? {} : { diagramEventsMax: max };
    const events = await exportRun(path, to, { format, filter: filterOf(options), replace: force, ...limit });
    if (to !== 1) process.stdout.write(`${output}: ${events} events\n`);
  });
}
