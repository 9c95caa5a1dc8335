import { ByteWriter, ParquetWriter, parquetWriteBuffer, type SchemaElement } from "hyparquet-writer";
import { EVENT_COLUMNS, type EventRow } from "../observe/exports.ts";

/** Rows that are held at a time. */
const GROUP_ROWS = 50_000;

/** Parquet's physical type and meaning of each column. */
const SCHEMA: SchemaElement[] = [
  { name: "root", num_children: EVENT_COLUMNS.length },
  ...EVENT_COLUMNS.map(({ name, type }): SchemaElement => {
    const base = { name, repetition_type: "OPTIONAL" } as const;
    if (type === "TIMESTAMP") {
      const logical = { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" } as const;
      return { ...base, type: "INT64", converted_type: "TIMESTAMP_MICROS", logical_type: logical };
    }
    return type === "STRING" ? { ...base, type: "BYTE_ARRAY", converted_type: "UTF8" } : { ...base, type };
  }),
];

/** Write rows as a Parquet file, a group at a time; `write` takes its bytes in order. */
export async function writeParquet(rows: AsyncIterable<EventRow>, write: (bytes: Uint8Array) => void): Promise<void> {
  const file = new ParquetWriter({ writer: new Streaming(write), schema: SCHEMA, createdBy: "cosimas" });
  let columns = EVENT_COLUMNS.map((): unknown[] => []);
  const flush = async (): Promise<void> => {
    const columnData = EVENT_COLUMNS.map(({ name }, i) => ({ name, data: columns[i]! }));
    await file.write({ columnData, rowGroupSize: GROUP_ROWS });
    columns = EVENT_COLUMNS.map(() => []);
  };
  for await (const row of rows) {
    for (let i = 0; i < EVENT_COLUMNS.length; i++) columns[i]!.push(row[EVENT_COLUMNS[i]!.name]);
    if (columns[0]!.length === GROUP_ROWS) await flush();
  }
  if (columns[0]!.length > 0) await flush();
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
