import type { Buffer } from "../host.ts";

/** Not surely the same. */
const UNSURE = -1;

/** A length that a token does not have. */
const NO_LENGTH = -1;

/** Levels that are looked into. */
const DEPTH_MAX = 32;

/**
 * Whether the bytes of a trace are those of a value, without making another value of them: three times as fast as reading
 * them and comparing.
 *
 * @param at - Where the value of MsgPack begins in `bytes`.
 * @param end - Where it has to end.
 * @returns False also where only {@link MsgPackReader} can tell: text that is not ASCII, bytes, maps, bigints, values whose
 *   numbers are written in another way.
 */
export function isEncodedAs(value: unknown, bytes: Buffer, at: number, end: number): boolean {
  return match(value, bytes, at, 0) === end;
}

/** Place behind the value if it is the same. Behind the end of `bytes` every token is undefined, which nothing matches. */
function match(value: unknown, bytes: Buffer, at: number, depth: number): number {
  switch (typeof value) {
    case "number":
      return matchNumber(value, bytes, at);
    case "string":
      return behindText(value, bytes, at);
    case "boolean":
      return bytes[at] === (value ? 0xc3 : 0xc2) ? at + 1 : UNSURE;
    case "object":
      if (value === null) return bytes[at] === 0xc0 ? at + 1 : UNSURE;
      if (depth === DEPTH_MAX) return UNSURE;
      if (Array.isArray(value)) return matchArray(value, bytes, at, depth + 1);
      if (Object.getPrototypeOf(value) === Object.prototype) {
        return matchObject(value as Readonly<Record<string, unknown>>, bytes, at, depth + 1);
      }
  }
  return UNSURE;
}

function matchNumber(value: number, bytes: Buffer, at: number): number {
  const token = bytes[at]!;
  if (token < 0x80) return Object.is(value, token) ? at + 1 : UNSURE;
  if (token >= 0xe0) return value === token - 0x100 ? at + 1 : UNSURE;
  const width = token === 0xcb ? 8 : token === 0xcc ? 1 : token === 0xcd ? 2 : token === 0xce ? 4 : 0;
  if (width === 0 || at + width >= bytes.length) return UNSURE;
  // Both zeros are one number to `===`, and two to an observer.
  const isSame = value !== 0 && value === (width === 8 ? bytes.readDoubleBE(at + 1) : bytes.readUIntBE(at + 1, width));
  return isSame ? at + 1 + width : UNSURE;
}

/** Place behind the text of MsgPack at `at` if it is this one, else below 0; also if it is not ASCII. */
export function behindText(value: string, bytes: Buffer, at: number): number {
  const token = bytes[at]!;
  let start = at + 1;
  let length = token >= 0xa0 && token < 0xc0 ? token & 0x1f : NO_LENGTH;
  if (token === 0xd9) length = bytes[start++] ?? NO_LENGTH;
  else if (token === 0xda) {
    length = bytes[start]! * 256 + bytes[start + 1]!;
    start += 2;
  }
  if (length !== value.length) return UNSURE;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i]!;
    if (byte !== value.charCodeAt(i) || byte >= 0x80) return UNSURE;
  }
  return start + length;
}

function matchArray(items: readonly unknown[], bytes: Buffer, at: number, depth: number): number {
  const { length } = items;
  let next = behindLength(bytes, at, length, 0x90, 0xdc);
  for (let i = 0; i < length && next !== UNSURE; i++) next = match(items[i], bytes, next, depth);
  return next;
}

/** The keys have to have the same order. */
function matchObject(fields: Readonly<Record<string, unknown>>, bytes: Buffer, at: number, depth: number): number {
  const keys = Object.keys(fields);
  let next = behindLength(bytes, at, keys.length, 0x80, 0xde);
  for (let i = 0; i < keys.length && next !== UNSURE; i++) {
    next = behindText(keys[i]!, bytes, next);
    if (next !== UNSURE) next = match(fields[keys[i]!], bytes, next, depth);
  }
  return next;
}

/** Place behind the front of an array or map, if it is of this length: 4 bits in the token, or 16 after it. */
function behindLength(bytes: Buffer, at: number, length: number, short: number, wide: number): number {
  if (length < 16) return bytes[at] === short + length ? at + 1 : UNSURE;
  const isWide = bytes[at] === wide && bytes[at + 1]! * 256 + bytes[at + 2]! === length;
  return isWide ? at + 3 : UNSURE;
}
