/** The forms of MsgPack that depend on a number: the smallest that holds it. Room for nine bytes has been made. */

/** A length or size of 16 or 32 bits at `at`; where it ends. */
export function writeCount(bytes: Buffer, view: DataView, at: number, token: number, count: number): number {
  if (count < 0x1_0000) {
    bytes[at] = token;
    view.setUint16(at + 1, count);
    return at + 3;
  }
  bytes[at] = token + 1;
  view.setUint32(at + 1, count);
  return at + 5;
}

/** Bytes that the size of a list or map takes. */
export function sizeBytes(size: number): number {
  return size < 16 ? 1 : size < 0x1_0000 ? 3 : 5;
}

/** An integer from 0 to 2^53 - 1 at `at`; where it ends. */
export function writePositive(bytes: Buffer, view: DataView, at: number, value: number): number {
  if (value < 0x80) {
    bytes[at] = value;
    return at + 1;
  }
  if (value < 0x100) {
    bytes[at] = 0xcc;
    bytes[at + 1] = value;
    return at + 2;
  }
  if (value < 0x1_0000) {
    bytes[at] = 0xcd;
    view.setUint16(at + 1, value);
    return at + 3;
  }
  if (value < 0x1_0000_0000) {
    bytes[at] = 0xce;
    view.setUint32(at + 1, value);
    return at + 5;
  }
  bytes[at] = 0xcf;
  return integer64(view, at, value);
}

/** An integer from -(2^53 - 1) to -1 at `at`; where it ends. */
export function writeNegative(bytes: Buffer, view: DataView, at: number, value: number): number {
  if (value >= -0x80) {
    bytes[at] = 0xd0;
    view.setInt8(at + 1, value);
    return at + 2;
  }
  if (value >= -0x8000) {
    bytes[at] = 0xd1;
    view.setInt16(at + 1, value);
    return at + 3;
  }
  if (value >= -0x8000_0000) {
    bytes[at] = 0xd2;
    view.setInt32(at + 1, value);
    return at + 5;
  }
  bytes[at] = 0xd3;
  return integer64(view, at, value);
}

/** Both words of an integer after its token; where it ends. */
function integer64(view: DataView, at: number, value: number): number {
  view.setInt32(at + 1, Math.floor(value / 0x1_0000_0000));
  view.setUint32(at + 5, value >>> 0);
  return at + 9;
}
