import type { Buffer } from "../host.ts";

/** Longest string worth keeping, in characters. */
const LENGTH_MAX = 64;
/** Numbers of places, powers of two: as many as are needed between these two. */
const PLACES_MIN = 1024;
const PLACES_MAX = 65_536;
/** Places in a row where a string may be. */
const PROBES = 4;

/** 2^32 divided by the golden ratio: spreads hashes over the upper bits of the product. Source: Knuth, TAOCP 6.4. */
const GOLDEN = 0x9e3779b1;

/**
 * Short ASCII strings seen before, found by their bytes: names of methods, fields and entities come again in every
 * message, and one that is kept costs no allocation and is known to the engine as a key. A full place gives way to the
 * string that comes; nothing else is ever kept.
 */
export class StringCache {
  #places: string[] = new Array<string>(PLACES_MIN).fill("");
  /** Strings that had to make room since the last growth. */
  #displaced = 0;

  /** The string of the bytes from `start` to `end`, all of them ASCII. */
  ascii(bytes: Buffer, start: number, end: number): string {
    if (end - start > LENGTH_MAX) return bytes.toString("latin1", start, end);
    let hash = 0;
    for (let i = start; i < end; i++) hash = hashed(hash, bytes[i]!);
    return this.hashedAscii(bytes, start, end, hash);
  }

  /** The same for who has computed {@link hashed} over the bytes already, beginning with 0. */
  hashedAscii(bytes: Buffer, start: number, end: number, hash: number): string {
    const length = end - start;
    if (length > LENGTH_MAX) return bytes.toString("latin1", start, end);
    if (length === 0) return "";
    const places = this.#places;
    const mask = places.length - 1;
    const first = firstPlace(hash, mask);
    for (let i = 0; i < PROBES; i++) {
      const place = (first + i) & mask;
      const kept = places[place]!;
      if (equals(kept, bytes, start, length)) return kept;
      if (kept === "") {
        const fresh = bytes.toString("latin1", start, end);
        places[place] = fresh;
        return fresh;
      }
    }
    const fresh = bytes.toString("latin1", start, end);
    places[(first + (this.#displaced++ % PROBES)) & mask] = fresh;
    if (this.#displaced > places.length / 4 && places.length < PLACES_MAX) this.#grow();
    return fresh;
  }

  #grow(): void {
    const places = new Array<string>(this.#places.length * 4).fill("");
    const mask = places.length - 1;
    for (const text of this.#places) {
      let hash = 0;
      for (let i = 0; i < text.length; i++) hash = hashed(hash, text.charCodeAt(i));
      let place = firstPlace(hash, mask);
      for (let i = 1; i < PROBES && places[place] !== ""; i++) place = (place + 1) & mask;
      places[place] = text;
    }
    this.#places = places;
    this.#displaced = 0;
  }
}

/** Mix one byte into a hash of 32 bits. */
export function hashed(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

function firstPlace(hash: number, mask: number): number {
  return (Math.imul(hash, GOLDEN) >>> 8) & mask;
}

function equals(text: string, bytes: Buffer, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
