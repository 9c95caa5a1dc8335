import { NEIGHBOURS_MAX } from "../../agent/neighbours.ts";
import { type Codec, createCodec, type ValueType } from "../../codec/index.ts";
import { hopsOfAnswer, noteOrigin } from "../../kernel/faults.ts";
import { Delivery } from "../../kernel/model.ts";
import { Kind, OUTSIDE, type Sender } from "../../kernel/order.ts";
import { fromOutside } from "../../kernel/outside.ts";
import type { Birth } from "../../kernel/round.ts";
import { Cause } from "../../kernel/trace/cause.ts";
import type { Limits } from "../../limits.ts";
import { bytesOf, doublesFromBytes, integersFromBytes } from "./columns.ts";

/** Kinds of a birth on the wire, the second of an agent that knows others; the kinds of delivery have 0 to 6. */
const BIRTH = 7;
const BIRTH_OF_NEIGHBOUR = 8;

/** Bytes in front of each item: its length. */
const LENGTH_BYTES = 4;

/** What travels from one container to another, with the tick at which it is due. */
export type Item = DeliveryItem | { readonly ticks: number; readonly birth: RemoteBirth };

interface DeliveryItem {
  readonly ticks: number;
  readonly delivery: Delivery;
  /** Number of the receiver in its container, if it is known. */
  readonly number?: number | undefined;
}

/** A birth in another container: its class by name. */
export interface RemoteBirth extends Omit<Birth, "create"> {
  readonly type: string;
  readonly args: readonly unknown[];
}

/** Nesting and values that an item has besides its content, and that a run of items has altogether. */
const ITEM_NESTING = 2;
const ITEM_NODES = 16;
const RUN_ITEMS_MAX = 256;
const RUN_ARGUMENTS_MAX = 16;
const RUN_NODES = RUN_ITEMS_MAX * (ITEM_NODES + RUN_ARGUMENTS_MAX);

/** The codec of batches: its bounds are those of the content, which were checked when it was sent. */
export function batchCodec(limits: Limits, types: readonly ValueType[]): Codec {
  const nestingMax = limits.nestingMax + ITEM_NESTING;
  const nodesMax = Math.max(limits.nodesMax + ITEM_NODES + NEIGHBOURS_MAX, RUN_NODES);
  return createCodec("msgpack", { limits: { ...limits, nestingMax, nodesMax }, types });
}

/**
 * Write items one after the other, each an array in MsgPack behind its length; or several that hold nothing but plain
 * values as one array of such arrays, which costs a third; inputs that are alike in columns, which costs least.
 */
export function writeBatch(items: readonly Item[], codec: Codec): Uint8Array {
  // One message is what most containers of a small exchange send to another in a round.
  if (items.length === 1) return writePart(runOf(fieldsOf(items[0]!)), codec);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const put = (value: unknown) => {
    const part = writePart(value, codec);
    parts.push(part);
    bytes += part.length;
  };
  let run: Fields[] = [];
  const endRun = () => {
    if (run.length > 0) put(run);
    run = [];
  };
  for (let i = 0; i < items.length; i++) {
    const alike = inputsAlike(items, i);
    if (alike >= COLUMNS_MIN) {
      endRun();
      put(columnsOf(items, i, alike));
      i += alike - 1;
      continue;
    }
    const item = items[i]!;
    const fields = fieldsOf(item);
    if (isPlain(fields)) {
      if (run.push(fields) === RUN_ITEMS_MAX) endRun();
    } else {
      endRun();
      put(fields);
    }
  }
  endRun();
  if (parts.length === 1) return parts[0]!;
  const batch = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    batch.set(part, at);
    at += part.length;
  }
  return batch;
}

/** The run of one item; an item that cannot be in one is written as it is. */
function runOf(fields: Fields): Fields | readonly Fields[] {
  return isPlain(fields) ? [fields] : fields;
}

/** A value behind its length. */
function writePart(value: unknown, codec: Codec): Uint8Array {
  const part = codec.encode(value, LENGTH_BYTES);
  const length = part.length - LENGTH_BYTES;
  part[0] = length >>> 24;
  part[1] = length >>> 16;
  part[2] = length >>> 8;
  part[3] = length;
  return part;
}

/** Batches up to this length are read from a copy. */
const COPIED_BYTES_MAX = 4096;

/** Where a batch is while it is read. Nothing of it is kept, and no batch is read while another one is decoded. */
let copied: Buffer | undefined;

/**
 * The batch as a codec reads it. The memory of a short array is in V8's heap until somebody asks for its `buffer`, as a view
 * does: then it moves, with an allocation and its release later, which takes longer than to read a message.
 */
function readable(batch: Uint8Array): Uint8Array {
  if (batch.length > COPIED_BYTES_MAX) return batch;
  copied ??= Buffer.allocUnsafeSlow(COPIED_BYTES_MAX);
  copied.set(batch);
  return copied;
}

function readLength(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x100_0000 + bytes[at + 1]! * 0x1_0000 + bytes[at + 2]! * 0x100 + bytes[at + 3]!;
}

/**
 * Read what {@link writeBatch} has written.
 *
 * @param take - Gets one item after the other: one that refers to agents before the next one is read.
 */
export function readBatch(
  batch: Uint8Array,
  codec: Codec,
  senderOf: (id: string) => Sender,
  take: (item: Item) => void,
  idOf: (number: number) => string = noneByNumber,
): void {
  const bytes = readable(batch);
  for (let at = 0; at < batch.length; ) {
    const start = at + LENGTH_BYTES;
    at = start + readLength(bytes, at);
    const value = codec.decode(bytes, start, at) as unknown as Fields | Columns | readonly Fields[];
    if (isColumns(value)) takeColumns(value, idOf, take);
    else if (isRun(value)) for (let i = 0; i < value.length; i++) take(itemOf(value[i]!, senderOf));
    else take(itemOf(value, senderOf));
  }
}

function isRun(value: Fields | readonly Fields[]): value is readonly Fields[] {
  return Array.isArray(value[0]);
}

function noneByNumber(number: number): never {
  throw new RangeError(`a batch names receiver ${number} by its number, as only a platform's coordinator does`);
}

function isColumns(value: Fields | Columns | readonly Fields[]): value is Columns {
  return value.length === COLUMNS_LENGTH && typeof value[0] === "number";
}

/** Inputs that are alike, from which on columns are written. */
const COLUMNS_MIN = 8;

/** How many items from `first` on are inputs of one method with as many arguments, all of them numbers. */
function inputsAlike(items: readonly Item[], first: number): number {
  const model = items[first]!;
  if ("birth" in model || !isColumnar(model)) return 0;
  const { method, content } = model.delivery;
  const { length } = content as readonly unknown[];
  let end = first + 1;
  for (; end < items.length; end++) {
    const item = items[end]!;
    if ("birth" in item || item.delivery.method !== method || !isColumnar(item)) break;
    if ((item.delivery.content as readonly unknown[]).length !== length || item.ticks !== model.ticks) break;
  }
  return end - first;
}

function isColumnar({ delivery, number }: DeliveryItem): boolean {
  const { kind, content } = delivery;
  if (kind !== Kind.input || number === undefined || !Array.isArray(content)) return false;
  for (let i = 0; i < content.length; i++) if (typeof content[i] !== "number") return false;
  return true;
}

/** Inputs that are alike: their number and that of their arguments, the receivers' numbers, `seq` and arguments one after the other. */
type Columns = readonly [
  ticks: number,
  method: string,
  width: number,
  receivers: Uint8Array,
  seqs: Uint8Array,
  args: Uint8Array,
];
const COLUMNS_LENGTH = 6;

function columnsOf(items: readonly Item[], first: number, count: number): Columns {
  const { ticks, delivery } = items[first] as DeliveryItem;
  const width = (delivery.content as readonly number[]).length;
  const receivers = new Int32Array(count);
  const seqs = new Float64Array(count);
  const args = new Float64Array(count * width);
  for (let i = 0, at = 0; i < count; i++) {
    const item = items[first + i] as DeliveryItem;
    receivers[i] = item.number!;
    seqs[i] = item.delivery.seq;
    for (const arg of item.delivery.content as readonly number[]) args[at++] = arg;
  }
  return [ticks, delivery.method, width, bytesOf(receivers), bytesOf(seqs), bytesOf(args)];
}

function takeColumns(columns: Columns, idOf: (number: number) => string, take: (item: Item) => void): void {
  const [ticks, method, width] = columns;
  const receivers = integersFromBytes(columns[3]);
  const seqs = doublesFromBytes(columns[4]);
  const args = doublesFromBytes(columns[5]);
  for (let i = 0, at = 0; i < receivers.length; i++) {
    const content: number[] = [];
    for (let k = 0; k < width; k++) content.push(args[at++]!);
    take({ ticks, delivery: fromOutside(Kind.input, idOf(receivers[i]!), seqs[i]!, method, content) });
  }
}

/** Whether the content has no parts, or parts that have none: nothing in it refers to an agent. */
function isPlain(fields: Fields): boolean {
  const content = fields[6];
  if (!Array.isArray(content)) return isPrimitive(content);
  if (content.length > RUN_ARGUMENTS_MAX) return false;
  for (let i = 0; i < content.length; i++) if (!isPrimitive(content[i])) return false;
  return true;
}

/** No object, and no proxy of an agent, which is a function: it is bound to its receiver right after it was read. */
function isPrimitive(value: unknown): boolean {
  return typeof value !== "function" && (typeof value !== "object" || value === null);
}

type Fields = readonly [
  ticks: number,
  kind: number,
  to: string,
  from: string,
  seq: number,
  method: string,
  content: unknown,
  callSeq: number,
  cause: string | null,
  hops?: string,
];

function fieldsOf(item: Item): Fields {
  if ("birth" in item) {
    const { id, parent, type, args, neighbours } = item.birth;
    const cause = item.birth.cause?.id ?? null;
    const from = parent?.id ?? OUTSIDE.id;
    if (neighbours === undefined) return [item.ticks, BIRTH, id, from, 0, type, args, -1, cause];
    return [item.ticks, BIRTH_OF_NEIGHBOUR, id, from, 0, type, [args, neighbours], -1, cause];
  }
  const { kind, to, from, seq, method, content, callSeq } = item.delivery;
  const cause = item.delivery.cause?.id ?? null;
  const fields = [item.ticks, kind, to, from.id, seq, method, content, callSeq, cause] as const;
  const hops = kind === Kind.failure ? hopsOfAnswer(content as object, from.id, method) : undefined;
  return hops === undefined ? fields : [...fields, hops];
}

function itemOf(fields: Fields, senderOf: (id: string) => Sender): Item {
  const [ticks, kind, to, from, seq, method, content, callSeq, causeId, hops] = fields;
  if (hops !== undefined) noteOrigin(content as object, { hops });
  const cause = causeId === null ? undefined : Cause.of(causeId);
  const sender = senderOf(from);
  if (kind === BIRTH || kind === BIRTH_OF_NEIGHBOUR) {
    const parent = sender === OUTSIDE ? undefined : sender;
    const [args, neighbours] = (kind === BIRTH ? [content] : content) as [unknown[], string[]?];
    return { ticks, birth: { id: to, parent, type: method, args, cause, neighbours } };
  }
  const delivery = new Delivery(kind as Kind, to, undefined, sender, seq, method, content, callSeq, cause);
  return { ticks, delivery };
}
