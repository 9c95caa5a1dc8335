import { ByteWriter, parquetWriteBuffer, parquetWriteRows } from "hyparquet-writer";
import { EVENT_COLUMNS, type EventRow } from "../observe/exports.ts";

/** Rows that are held at a time. */
const GROUP_ROWS = 50_000;

/** Write rows as a Parquet file, a group at a time; `write` takes its bytes in order. */
export async function writeParquet(rows: AsyncIterable<EventRow>, write: (bytes: Uint8Array) => void): Promise<void> {
  await parquetWriteRows({
    writer: new Streaming(write),
    rows: rows as AsyncIterable<Record<string, unknown>>,
    columns: EVENT_COLUMNS.map(({ name, type }) => ({ name, type })),
    rowGroupSize: GROUP_ROWS,
    createdBy: "cosimas",
  });
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
