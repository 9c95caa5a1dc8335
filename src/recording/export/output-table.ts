import { RecordingError } from "../../errors.ts";
import { type ColumnType, type RowColumn, type TableRow, traceJson } from "../../observe/exports.ts";
import type { OutputEvent, TraceEvent } from "../../trace.ts";
import type { RunHeader } from "../entry.ts";

/** Columns that are in every table of outputs, first. */
const KEYS = [
  { name: "time", type: "TIMESTAMP" },
  { name: "time_s", type: "DOUBLE" },
  { name: "agent", type: "STRING" },
] as const satisfies readonly RowColumn[];

/** Outputs that a table may have: a column each. */
const OUTPUTS_MAX = 1000;

/** A column of an output. */
interface OutputColumn extends RowColumn {
  readonly output: string;
}

type Batches = AsyncIterable<readonly TraceEvent[]>;

/**
 * The columns that the outputs of these events need: time, agent, then the outputs in the order in which they first
 * occur. Numbers are doubles, truth values are truth values; what is anything else, or not always the same, is text, values
 * that are no text as JSON. An output that has the name of a column gets `output.` before it.
 *
 * @throws RecordingError `ERR_RECORDING_FILTER` if there is none, or if they are more than 1000.
 */
export async function outputColumns(batches: Batches): Promise<readonly (RowColumn | OutputColumn)[]> {
  const types = new Map<string, ColumnType | undefined>();
  for await (const events of batches) {
    for (const event of events) {
      if (event.kind !== "output") continue;
      for (const [name, value] of Object.entries(event.values)) types.set(name, merged(types.get(name), value));
    }
    if (types.size > OUTPUTS_MAX) {
      const text = `agents show ${types.size} different outputs; a table has at most ${OUTPUTS_MAX}: choose agents by the filter`;
      throw new RecordingError("ERR_RECORDING_FILTER", text);
    }
  }
  if (types.size === 0) {
    const text =
      "the recording has no outputs of these agents and times: agents show what their classes list in `outputs`";
    throw new RecordingError("ERR_RECORDING_FILTER", text);
  }
  const taken = new Set<string>(KEYS.map(({ name }) => name));
  const outputs = [...types].map(([output, type = "STRING"]) => {
    const name = taken.has(output) ? `output.${output}` : output;
    return { name, type, output };
  });
  return [...KEYS, ...outputs];
}

/** Type of a column with one value more; undefined while it has none but null. */
function merged(known: ColumnType | undefined, value: unknown): ColumnType | undefined {
  if (value === null || value === undefined) return known;
  const own = typeof value === "number" ? "DOUBLE" : typeof value === "boolean" ? "BOOLEAN" : "STRING";
  return known === undefined || known === own ? own : "STRING";
}

/**
 * What agents show, as rows: one for each time and agent of which something changed, with all that the agent shows then,
 * also what has not changed. Of several rounds of one time the last one counts. Rows of one time are in the order of the
 * agents' ids.
 */
export async function* outputRows(
  batches: Batches,
  columns: readonly (RowColumn | OutputColumn)[],
  { start, ticksPerSecond }: RunHeader,
): AsyncGenerator<readonly TableRow[], void, undefined> {
  const startUs = Date.parse(start) * 1000;
  const outputs = columns.filter((column): column is OutputColumn => "output" in column);
  const shown = new Map<string, Record<string, unknown>>();
  let changed = new Set<string>();
  let ticks = 0;
  const take = (): TableRow[] => {
    const timeS = ticks / ticksPerSecond;
    const keys = { time: BigInt(startUs + Math.round(timeS * 1e6)), time_s: timeS };
    const rows = [...changed].sort().map((agent) => ({ ...keys, agent, ...cellsOf(shown.get(agent)!, outputs) }));
    changed = new Set();
    return rows;
  };
  for await (const events of batches) {
    const rows: TableRow[] = [];
    for (const event of events as readonly OutputEvent[]) {
      if (event.ticks !== ticks) rows.push(...take());
      ticks = event.ticks;
      changed.add(event.agent);
      const known = shown.get(event.agent);
      if (known === undefined) shown.set(event.agent, { ...event.values });
      else Object.assign(known, event.values);
    }
    if (rows.length > 0) yield rows;
  }
  const rows = take();
  if (rows.length > 0) yield rows;
}

function cellsOf(values: Readonly<Record<string, unknown>>, outputs: readonly OutputColumn[]): TableRow {
  const cells: Record<string, unknown> = {};
  for (const { name, type, output } of outputs) {
    const value = values[output];
    if (value === undefined || value === null) continue;
    cells[name] = type === "STRING" && typeof value !== "string" ? traceJson(value) : value;
  }
  return cells;
}
