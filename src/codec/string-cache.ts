/** Longest string worth keeping, in characters, and the number of places, a power of two. */
const LENGTH_MAX = 32;
const PLACES = 1024;

/**
 * Short strings seen before, found by their bytes: names of methods and fields come again in every message, and one
 * that is kept costs no allocation. A place holds the last string that fell into it; nothing else is ever kept.
 */
export class StringCache {
  readonly #places: string[] = new Array<string>(PLACES).fill("");

  /** The string of the bytes from `start` to `end`, all of them ASCII. */
  ascii(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length > LENGTH_MAX) return bytes.toString("latin1", start, end);
    let hash = length;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const place = hash & (PLACES - 1);
    const kept = this.#places[place]!;
    if (equals(kept, bytes, start, length)) return kept;
    const fresh = bytes.toString("latin1", start, end);
    this.#places[place] = fresh;
    return fresh;
  }
}

function equals(text: string, bytes: Buffer, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
