import { Refusal } from "./value.ts";

/** Distance from which on a match names it in 16 bits. Source: c-blosc 1.21, `blosc/blosclz.c`. */
const DISTANCE_MAX = 8191;

/**
 * Decompress one stream of BloscLZ, a relative of FastLZ: runs of literal bytes, and matches that repeat what was
 * written `distance` bytes before. Nothing outside the two ranges is read or written, whatever the stream says.
 *
 * @param output - Filled from `to` (included) to `toEnd` (excluded), exactly.
 * @throws Refusal `ERR_CODEC_BYTES` if the stream does not give exactly that.
 *
 * Source: c-blosc 1.21, `blosc/blosclz.c`, `blosclz_decompress`.
 */
export function expandBloscLz(
  input: Uint8Array,
  from: number,
  fromEnd: number,
  output: Uint8Array,
  to: number,
  toEnd: number,
): void {
  let ip = from;
  let op = to;
  // The first token is always a run of literals.
  let literalOnly = true;
  while (ip < fromEnd) {
    const token = literalOnly ? input[ip++]! & 31 : input[ip++]!;
    literalOnly = false;
    if (token < 32) {
      const run = token + 1;
      if (ip + run > fromEnd || op + run > toEnd) throw corrupt();
      output.set(input.subarray(ip, ip + run), op);
      ip += run;
      op += run;
      continue;
    }
    let length = (token >> 5) + 2;
    if (length === 9) {
      let more = 255;
      while (more === 255) {
        if (ip >= fromEnd) throw corrupt();
        more = input[ip++]!;
        length += more;
      }
    }
    if (ip >= fromEnd) throw corrupt();
    const high = (token & 31) << 8;
    const low = input[ip++]!;
    let distance = high + low + 1;
    if (low === 255 && high === 31 << 8) {
      if (ip + 2 > fromEnd) throw corrupt();
      distance = input[ip]! * 256 + input[ip + 1]! + DISTANCE_MAX + 1;
      ip += 2;
    }
    if (op + length > toEnd || distance > op - to) throw corrupt();
    op = repeat(output, op, length, distance);
  }
  if (op !== toEnd) throw corrupt();
}

/** Copy `length` bytes from `distance` before to `at`; both may overlap, and then repeat. Where it ends. */
function repeat(output: Uint8Array, at: number, length: number, distance: number): number {
  const end = at + length;
  if (distance >= length) output.copyWithin(at, at - distance, end - distance);
  else if (distance === 1) output.fill(output[at - 1]!, at, end);
  else for (let i = at; i < end; i++) output[i] = output[i - distance]!;
  return end;
}

function corrupt(): Refusal {
  return new Refusal("ERR_CODEC_BYTES", "a compressed block is corrupt");
}
