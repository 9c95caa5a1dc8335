import { HEADER_BYTES } from "./framing.ts";

/**
 * What stands in front of the content of a message in MsgPack: an array of three, type, id. Written and read by hand,
 * because it is the same few bytes for every message, and an array around each content costs more than the content.
 *
 * Source: MessagePack specification (spec.md), smallest forms, as aiomas writes them.
 */

const ARRAY_OF_3 = 0x93;
/** Largest integer that is a byte of its own. */
const FIXINT_MAX = 0x7f;
const UINT8 = 0xcc;
const UINT16 = 0xcd;
const UINT32 = 0xce;

/** Ids up to this one can be written here. */
export const ENVELOPE_ID_MAX = 0xffff_ffff;

/** Bytes in front of the content: the frame's header, and the envelope. */
export function envelopeBytes(id: number): number {
  if (id <= FIXINT_MAX) return HEADER_BYTES + 3;
  if (id <= 0xff) return HEADER_BYTES + 4;
  return id <= 0xffff ? HEADER_BYTES + 5 : HEADER_BYTES + 7;
}

/** Write the envelope behind the header of `frame`, which has room for it. */
export function writeEnvelope(frame: Uint8Array, type: number, id: number): void {
  frame[HEADER_BYTES] = ARRAY_OF_3;
  frame[HEADER_BYTES + 1] = type;
  let at = HEADER_BYTES + 2;
  if (id <= FIXINT_MAX) {
    frame[at] = id;
    return;
  }
  if (id > 0xffff) {
    frame[at++] = UINT32;
    frame[at++] = id >>> 24;
    frame[at++] = id >>> 16;
    frame[at++] = id >>> 8;
  } else if (id > 0xff) {
    frame[at++] = UINT16;
    frame[at++] = id >>> 8;
  } else frame[at++] = UINT8;
  frame[at] = id;
}

/** What {@link readEnvelope} has read. */
export interface Envelope {
  type: number;
  id: number;
  /** Where the content begins. */
  contentAt: number;
}

/**
 * Read the envelope of the message from `start` to `end` into `into`.
 *
 * @returns False if it is not in the form in which it is written; then it may still be a message.
 */
export function readEnvelope(bytes: Uint8Array, start: number, end: number, into: Envelope): boolean {
  const type = bytes[start + 1]!;
  if (bytes[start] !== ARRAY_OF_3 || type > FIXINT_MAX) return false;
  const token = bytes[start + 2]!;
  let at = start + 3;
  if (token <= FIXINT_MAX) into.id = token;
  else if (token === UINT8) into.id = bytes[at++]!;
  else if (token === UINT16) {
    into.id = bytes[at]! * 0x100 + bytes[at + 1]!;
    at += 2;
  } else if (token === UINT32) {
    into.id = bytes[at]! * 0x100_0000 + bytes[at + 1]! * 0x1_0000 + bytes[at + 2]! * 0x100 + bytes[at + 3]!;
    at += 4;
  } else return false;
  into.type = type;
  into.contentAt = at;
  return at < end; // else what was read is not all its own
}
