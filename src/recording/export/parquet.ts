import { ByteWriter, ParquetWriter, parquetWriteBuffer, type SchemaElement } from "hyparquet-writer";
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
  const names = columns.map(({ name }) => name);
  let data = names.map((): unknown[] => []);
  const flush = async (): Promise<void> => {
    const columnData = names.map((name, i) => ({ name, data: data[i]! }));
    await file.write({ columnData, rowGroupSize: GROUP_ROWS });
    data = names.map(() => []);
  };
  for await (const rows of batches) {
    for (const row of rows) for (let i = 0; i < names.length; i++) data[i]!.push(row[names[i]!]);
    if ((data[0]?.length ?? 0) >= GROUP_ROWS) await flush();
  }
  if ((data[0]?.length ?? 0) > 0) await flush();
  await file.finish();
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
