import { Refusal } from "./value.ts";
import type { Value } from "./values.ts";

/**
 * JSON of a value in canonical form.
 *
 * @throws Refusal of what JSON cannot write.
 */
export function jsonText(value: Value): string {
  switch (typeof value) {
    case "number":
      return numberText(value);
    case "bigint":
      return value.toString();
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
  }
  if (value === null) return "null";
  if (Array.isArray(value)) return `[${joined(value.entries(), (_index, text) => text)}]`;
  if (value instanceof Uint8Array) throw new Refusal("ERR_VALUE_TYPE", "JSON cannot write bytes");
  if (value instanceof Map)
    throw new Refusal("ERR_VALUE_TYPE", "JSON cannot write a Map whose keys are not all strings");
  return `{${joined(Object.entries(value), (key, text) => `${JSON.stringify(key)}:${text}`)}}`;
}

function joined<K extends string | number>(
  entries: Iterable<readonly [K, Value]>,
  write: (key: K, text: string) => string,
): string {
  let all = "";
  for (const [key, value] of entries) {
    try {
      all += (all === "" ? "" : ",") + write(key, jsonText(value));
    } catch (error) {
      throw Refusal.below(error, key);
    }
  }
  return all;
}

/** A float that is an integer beyond 2^53 - 1 gets a fraction, so that no reader takes it for an exact integer. */
export function numberText(value: number): string {
  const text = String(value);
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(text) ? text : `${text}.0`;
}
