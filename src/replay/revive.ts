import type { TypeRegistry, Value } from "../codec/index.ts";

/** The key of an object that stands for an instance of a registered type in a trace. */
const TYPE_KEY = "__type__";

/** Values of a recording as agents get them: what stood for an instance of a registered type is one again. */
export function revive(value: unknown, types: TypeRegistry): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((item) => revive(item, types));
  if (value instanceof Map) {
    return new Map([...value].map(([key, item]) => [revive(key, types), revive(item, types)]));
  }
  const typed = (value as Record<string, unknown>)[TYPE_KEY];
  if (Array.isArray(typed)) return types.read([typed[0], revive(typed[1], types)] as Value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item, types)]));
}
