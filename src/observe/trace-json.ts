/**
 * A value of a trace as JSON, or as near to it as JSON allows: bigints and numbers that are not finite as text, bytes in
 * hexadecimal digits after `0x`, maps as pairs.
 */
export function traceJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => plain(item)) ?? "null";
}

function plain(item: unknown): unknown {
  if (typeof item === "bigint") return item.toString();
  if (typeof item === "number" && !Number.isFinite(item)) return String(item);
  if (item instanceof Uint8Array) return `0x${Buffer.from(item).toString("hex")}`;
  return item instanceof Map ? [...item] : item;
}
