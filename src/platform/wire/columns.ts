/**
 * Numbers in columns: what a step gives to and reads from many agents is mostly one number or a few for each of them,
 * which cost less as one block of bytes than as values one by one.
 */

import type { OutputValues } from "../protocol.ts";

/** The bytes of an array of numbers; they share its memory. */
export function bytesOf({ buffer, byteOffset, byteLength }: Int32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The doubles of these bytes, which may begin anywhere: a copy. */
export function doublesFromBytes(bytes: Uint8Array): Float64Array {
  return new Float64Array(new Uint8Array(bytes).buffer);
}

/** The 32-bit integers of these bytes: a copy. */
export function integersFromBytes(bytes: Uint8Array): Int32Array {
  return new Int32Array(new Uint8Array(bytes).buffer);
}

/** Values of outputs as they cross: a column is the bytes of doubles if there is nothing but numbers in it. */
export type WireValues = readonly [count: number, columns: readonly (Uint8Array | readonly unknown[])[]];

/** Values of outputs, as they cross. */
export function valuesToWire({ count, columns }: OutputValues): WireValues {
  return [count, columns.map((column) => columnToWire(column))];
}

function columnToWire(column: ArrayLike<unknown>): Uint8Array | readonly unknown[] {
  const numbers = new Float64Array(column.length);
  for (let i = 0; i < column.length; i++) {
    const value = column[i];
    if (typeof value !== "number") return Array.from(column);
    numbers[i] = value;
  }
  return bytesOf(numbers);
}

/** The values that {@link valuesToWire} has written. */
export function valuesFromWire([count, columns]: WireValues): OutputValues {
  return {
    count,
    columns: columns.map((column) => (column instanceof Uint8Array ? doublesFromBytes(column) : column)),
  };
}
