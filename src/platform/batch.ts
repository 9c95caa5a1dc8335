import { type Codec, createCodec, type ValueType } from "../codec/index.ts";
import { Delivery } from "../kernel/model.ts";
import { type Kind, NOBODY, nobody, OUTSIDE, RANK_NONE, type Sender } from "../kernel/order.ts";
import type { Birth } from "../kernel/round.ts";
import type { Limits } from "../limits.ts";

/** Kind of a birth on the wire; the kinds of delivery have 0 to 6. */
const BIRTH = 7;

/** Bytes in front of each item: its length. */
const LENGTH_BYTES = 4;

/** What travels from one container to another, with the tick at which it is due. */
export type Item =
  | { readonly ticks: number; readonly delivery: Delivery }
  | { readonly ticks: number; readonly birth: RemoteBirth };

/** A birth in another container: its class by name. */
export interface RemoteBirth extends Omit<Birth, "create"> {
  readonly type: string;
  readonly args: readonly unknown[];
}

/** Nesting and values that an item has besides its content. */
const ITEM_NESTING = 1;
const ITEM_NODES = 16;

/** The codec of batches: its bounds are those of the content, which were checked when it was sent. */
export function batchCodec(limits: Limits, types: readonly ValueType[]): Codec {
  const nestingMax = limits.nestingMax + ITEM_NESTING;
  const nodesMax = limits.nodesMax + ITEM_NODES;
  return createCodec("msgpack", { limits: { ...limits, nestingMax, nodesMax }, types });
}

/** Write items one after the other, each an array in MsgPack behind its length. */
export function writeBatch(items: readonly Item[], codec: Codec): Uint8Array {
  const parts = items.map((item) => {
    const part = codec.encode(fieldsOf(item), LENGTH_BYTES);
    new DataView(part.buffer, part.byteOffset).setUint32(0, part.length - LENGTH_BYTES);
    return part;
  });
  return Buffer.concat(parts);
}

/** Read what {@link writeBatch} has written. */
export function* readBatch(bytes: Uint8Array, codec: Codec, senderOf: (id: string) => Sender): Generator<Item> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; ) {
    const start = at + LENGTH_BYTES;
    at = start + view.getUint32(at);
    yield itemOf(codec.decode(bytes, start, at) as unknown as Fields, senderOf);
  }
}

/** Sender behind an id that has crossed. */
export function remoteSender(id: string): Sender {
  if (id === OUTSIDE.id) return OUTSIDE;
  return id.startsWith(NOBODY) ? nobody(id.slice(NOBODY.length)) : { id, rank: RANK_NONE };
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
];

function fieldsOf(item: Item): Fields {
  if ("birth" in item) {
    const { id, parent, type, args, cause = null } = item.birth;
    return [item.ticks, BIRTH, id, parent?.id ?? OUTSIDE.id, 0, type, args, -1, cause];
  }
  const { kind, to, from, seq, method, content, callSeq, cause = null } = item.delivery;
  return [item.ticks, kind, to, from.id, seq, method, content, callSeq, cause];
}

function itemOf(fields: Fields, senderOf: (id: string) => Sender): Item {
  const [ticks, kind, to, from, seq, method, content, callSeq, causeId] = fields;
  const cause = causeId ?? undefined;
  const sender = senderOf(from);
  if (kind === BIRTH) {
    const parent = sender === OUTSIDE ? undefined : sender;
    return { ticks, birth: { id: to, parent, type: method, args: content as unknown[], cause } };
  }
  const delivery = new Delivery(kind as Kind, to, undefined, sender, seq, method, content, callSeq, undefined, cause);
  return { ticks, delivery };
}
