import { type Command, Option } from "commander";
import { EXPORT_FORMATS, type ExportFormat, exportRun } from "../../observing.ts";
import { wallMs } from "../../wall.ts";
import { UsageError } from "../errors.ts";
import { addFilterOptions, type FilterOptions, filterOf, parseCount } from "../options.ts";
import { ProgressLine } from "../progress.ts";

/** Wall time in milliseconds that an export may take without a word. */
const SILENT_MS = 1000;

interface ExportOptions extends FilterOptions {
  readonly format: ExportFormat;
  readonly output?: string;
  readonly max?: number;
  readonly force?: boolean;
  readonly outputs?: boolean;
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
    .option("--outputs", "what agents show, instead of events: a row for each time and agent, a column for each output")
    .option("--force", "replace a file of that name")
    .option("--max <number>", "events in a sequence diagram; default 500", parseCount("max"))
    .option("--debug", "print the stacks of errors");
  addFilterOptions(command).action(async (path: string, options: ExportOptions) => {
    const { force = false, format, outputs = false, max } = options;
    const name = `${path.replace(/\.mcap$/, "")}${outputs ? ".outputs" : ""}.${ENDINGS[format]}`;
    const { output = name } = options;
    if (outputs && format !== "parquet" && format !== "csv") {
      throw new UsageError("ERR_CLI_VALUE", `--outputs makes a table: --format parquet or csv, not ${format}`);
    }
    const to = output === "-" ? 1 : output;
    const limit = max === undefined ? {} : { diagramEventsMax: max };
    const progress = new ProgressLine(process.stderr, wallMs, false);
    const startMs = wallMs();
    const onProgress = (fraction: number) => {
      // What takes no time needs no progress.
      if (wallMs() - startMs >= SILENT_MS) progress.update(fraction);
    };
    const chosen = { format, outputs, filter: filterOf(options), replace: force, onProgress, ...limit };
    const rows = await exportRun(path, to, chosen).finally(() => progress.clear());
    if (to !== 1) process.stdout.write(`${output}: ${rows} ${outputs ? "rows" : "events"}\n`);
  });
}
