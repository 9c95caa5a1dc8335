type Zstd = typeof import("@foxglove/wasm-zstd");

/** Level of compression; higher ones cost time and gain little on batches of this size. */
const LEVEL = 1;

let zstd: Zstd | undefined;

/** Resolves when the two functions below may be called: a program that records nothing does not load it. */
export async function zstdReady(): Promise<void> {
  zstd ??= (await import("@foxglove/wasm-zstd")).default as unknown as Zstd;
  await zstd.isLoaded;
}

/** One frame of zstd, the same bytes for the same input. */
export function compress(bytes: Uint8Array): Uint8Array {
  return zstd!.compress(bytes, LEVEL);
}

/**
 * @param size - Bytes that come out; the caller has bounded it.
 * @throws Error if `bytes` are not one frame of that size.
 */
export function decompress(bytes: Uint8Array, size: number): Uint8Array {
  const out = zstd!.decompress(bytes, size);
  if (out.length !== size) throw new Error(`decompresses to ${out.length} bytes, not ${size}`);
  return out;
}
