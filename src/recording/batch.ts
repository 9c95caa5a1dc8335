import { createHash } from "node:crypto";
import { traceCodec } from "../codec/index.ts";
import type { TraceRow } from "../kernel/trace/row.ts";
import type { RunEntry } from "./entry.ts";
import type { NameDictionary } from "./rows/names.ts";
import { RowWriter } from "./rows/row-writer.ts";
import { entriesOf } from "./rows/rows.ts";

/** Bytes of a link: enough to find accidents and careless edits, few enough to stand in each batch. */
export const LINK_BYTES = 8;

/** A chain of hashes: each link covers its batch and the link before it, the first one the run's header. */
export class RunChain {
  #link: Uint8Array;

  /** @param header - The header's JSON text as it stands in the file. */
  constructor(header: string) {
    this.#link = createHash("sha256").update(header).digest().subarray(0, LINK_BYTES);
  }

  /** Add a batch. @returns The link that covers it. */
  add(batch: Uint8Array): Uint8Array {
    this.#link = this.next(batch);
    return this.#link;
  }

  /** The link that would cover `batch` if it were added. */
  next(batch: Uint8Array): Uint8Array {
    return createHash("sha256").update(this.#link).update(batch).digest().subarray(0, LINK_BYTES);
  }

  /** A chain that goes on by itself from here. */
  copy(): RunChain {
    const copy = new RunChain("");
    copy.#link = this.#link;
    return copy;
  }

  /** The last link in hexadecimal digits. */
  hex(): string {
    return Buffer.from(this.#link).toString("hex");
  }
}

/** Array of 4, then `bin` with the link, then `uint64` with the ticks; what follows is encoded by the codec. */
const TICKS_AT = 3 + LINK_BYTES;
/** Where the names of a batch stand, and its rows behind them. */
export const NAMES_AT = TICKS_AT + 9;
const NO_NAMES = 0x90;

/** Every value has been checked where it arose; bytes are bounded by the chunk. */
const LIMITS = { nestingMax: 1024, nodesMax: Number.MAX_SAFE_INTEGER };
const codec = traceCodec(LIMITS);

/** A value stands in a row, that in the rows, and these in the batch. */
const rowCodec = () => traceCodec({ ...LIMITS, nestingMax: LIMITS.nestingMax - 3 });

/** Writes one batch after the other: entries of one tick as they stand in the file, in MsgPack: `[link, ticks, names, rows]`. */
export class BatchWriter {
  readonly #names: NameDictionary;
  readonly #rows: RowWriter;
  /** Entries of the batch so far. */
  entries = 0;

  constructor(names: NameDictionary) {
    this.#names = names;
    this.#rows = new RowWriter(rowCodec(), names);
  }

  /** Add an entry. @throws ValueError if it holds what no agent may send; then the batch is of no more use. */
  add(entry: RunEntry): void {
    if (this.entries++ === 0) this.#rows.begin();
    this.#rows.entry(entry);
  }

  /** As {@link add}, of what the engine has in place of an entry. */
  addRow(row: TraceRow): void {
    if (this.entries++ === 0) this.#rows.begin();
    this.#rows.row(row);
  }

  /** End the batch. @returns Its bytes, without the link; they are the caller's. */
  end(ticks: number): Uint8Array {
    const { count, bytes: rows } = this.#rows;
    this.entries = 0;
    const fresh = codec.encode(this.#names.take());
    const head = headOf(count);
    const data = new Uint8Array(NAMES_AT + fresh.length + head.length + rows.length);
    const view = new DataView(data.buffer);
    data[0] = 0x94;
    data[1] = 0xc4;
    data[2] = LINK_BYTES;
    data[TICKS_AT] = 0xcf;
    view.setBigUint64(TICKS_AT + 1, BigInt(ticks));
    data.set(fresh, NAMES_AT);
    data.set(head, NAMES_AT + fresh.length);
    data.set(rows, NAMES_AT + fresh.length + head.length);
    return data;
  }
}

/** What stands before so many items of an array, in MsgPack's smallest form. */
function headOf(count: number): readonly number[] {
  if (count < 16) return [0x90 | count];
  const bytes = [count >>> 24, (count >>> 16) & 0xff, (count >>> 8) & 0xff, count & 0xff];
  return count <= 0xffff ? [0xdc, ...bytes.slice(2)] : [0xdd, ...bytes];
}

/** Put the link into a batch that has none. */
export function link(data: Uint8Array, chain: RunChain): void {
  data.set(chain.add(data.subarray(TICKS_AT)), 3);
}

/** @throws Error if the batch's link is not the next one of `chain`, or its front is not what {@link BatchWriter} writes. */
export function checkBatch(data: Uint8Array, chain: RunChain): { readonly ticks: number } {
  const front = data.length > NAMES_AT && data[0] === 0x94 && data[1] === 0xc4 && data[2] === LINK_BYTES;
  if (!front || data[TICKS_AT] !== 0xcf) throw new Error("is no batch");
  const expected = chain.add(data.subarray(TICKS_AT));
  if (Buffer.compare(expected, data.subarray(3, TICKS_AT)) !== 0) throw new Error("breaks the chain of hashes");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return { ticks: Number(view.getBigUint64(TICKS_AT + 1)) };
}

/** Ticks of a batch whose chunk has been checked by its checksum. */
export function ticksOfBatch(data: Uint8Array): number {
  return Number(new DataView(data.buffer, data.byteOffset, data.byteLength).getBigUint64(TICKS_AT + 1));
}

/** Whether two batches hold the same; their links may differ. */
export function isSameBody(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a.subarray(TICKS_AT), b.subarray(TICKS_AT)) === 0;
}

/** Whether a batch, whole in itself, is the next one of `chain`; it is not added. */
export function follows(data: Uint8Array, chain: RunChain): boolean {
  return Buffer.compare(chain.next(data.subarray(TICKS_AT)), data.subarray(3, TICKS_AT)) === 0;
}

/** Learn the names of a batch whose entries are not wanted. */
export function skipBatch(data: Uint8Array, names: NameDictionary): void {
  if (data[NAMES_AT] !== NO_NAMES) names.learn(bodyOf(data).names);
}

/** @throws Error if the batch is not what {@link BatchWriter} writes. */
export function decodeBatch(data: Uint8Array, ticks: number, names: NameDictionary): RunEntry[] {
  const body = bodyOf(data);
  names.learn(body.names);
  return entriesOf(body.rows, ticks, names);
}

function bodyOf(data: Uint8Array): { readonly names: string[]; readonly rows: unknown[] } {
  const value = codec.decode(data);
  if (!Array.isArray(value) || value.length !== 4) throw new Error("is no batch");
  const [, , names, rows] = value as readonly unknown[];
  if (!Array.isArray(names) || !Array.isArray(rows)) throw new Error("is no batch");
  return { names: names as string[], rows };
}

/** Nanoseconds of a tick, as MCAP wants them: the largest time that it knows stands for all later ones. */
export function nanoseconds(ticks: number, ticksPerSecond: number): bigint {
  const time = (BigInt(ticks) * 1_000_000_000n) / BigInt(ticksPerSecond);
  return time < 0xffff_ffff_ffff_ffffn ? time : 0xffff_ffff_ffff_ffffn;
}
