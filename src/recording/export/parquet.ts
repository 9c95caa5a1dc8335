import { ByteWriter, type ColumnSource, ParquetWriter, parquetWriteBuffer, type SchemaElement } from "hyparquet-writer";
import type { RowColumn, TableRow } from "../../observe/exports.ts";

/** Rows of a group, and about as many that are held at a time. */
const GROUP_ROWS = 50_000;

/** Parquet's physical type and meaning of each column. */
function schemaOf(columns: readonly RowColumn[]): SchemaElement[] {
  const elements = columns.map(({ name, type }): SchemaElement => {
    const base = { name, repetition_type: "OPTIONAL" } as const;
    if (type === "TIMESTAMP") {
      const logical = { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" } as const;
      return { ...base, type: "INT64", converted_type: "TIMESTAMP_MICROS", logical_type: logical };
    }
    return type === "STRING" ? { ...base, type: "BYTE_ARRAY", converted_type: "UTF8" } : { ...base, type };
  });
  return [{ name: "root", num_children: columns.length }, ...elements];
}

/** Write rows as a Parquet file, a group at a time; `write` takes its bytes in order. */
export async function writeParquet(
  columns: readonly RowColumn[],
  batches: AsyncIterable<readonly TableRow[]>,
  write: (bytes: Uint8Array) => void,
): Promise<void> {
  const schema = schemaOf(columns);
  const file = new ParquetWriter({ writer: new Streaming(write), schema, createdBy: "cosimas" });
  let cells = columns.map((column) => new Cells(column));
  const flush = async (): Promise<void> => {
    await file.write({ columnData: cells.map((each) => each.source), rowGroupSize: GROUP_ROWS });
    cells = columns.map((column) => new Cells(column));
  };
  for await (const rows of batches) {
    for (const each of cells) each.add(rows);
    if ((cells[0]?.data.length ?? 0) >= GROUP_ROWS) await flush();
  }
  if ((cells[0]?.data.length ?? 0) > 0) await flush();
  await file.finish();
}

/** A column's cells of one group. */
class Cells {
  readonly data: unknown[] = [];
  readonly #name: string;
  readonly #distinct: boolean;

  constructor({ name, distinct = false }: RowColumn) {
    this.#name = name;
    this.#distinct = distinct;
  }

  add(rows: readonly TableRow[]): void {
    const { data } = this;
    const name = this.#name;
    if (!this.#distinct) for (const row of rows) data.push(row[name]);
    else for (const row of rows) data.push(bytesOf(row[name] as string | undefined));
  }

  get source(): ColumnSource {
    const { data } = this;
    return this.#distinct
      ? { name: this.#name, data, encoding: "PLAIN", statistics: false }
      : { name: this.#name, data };
  }
}

/** Of Node's pool: the library would give each text memory of its own, which was a sixth of an export's time. */
function bytesOf(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : Buffer.from(text);
}

/** A column of a small table. */
export interface TableColumn {
  readonly name: string;
  readonly type: "DOUBLE" | "INT32" | "STRING";
  readonly data: (number | string | null)[];
}

/** A small table as a Parquet file. */
export function writeTable(columns: readonly TableColumn[]): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData: [...columns] }));
}

/** Hands on what was written after each group. */
class Streaming extends ByteWriter {
  readonly #write: (bytes: Uint8Array) => void;

  constructor(write: (bytes: Uint8Array) => void) {
    super();
    this.#write = write;
  }

  flush(): void {
    this.#write(this.getBytes());
    this.index = 0;
  }

  override finish(): void {
    this.flush();
  }
}
