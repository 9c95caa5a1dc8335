import type { Value } from "./value.ts";

/** How JSON is laid out: Python's `json.dumps` puts a blank after commas and colons, and writes ASCII alone. */
export interface JsonStyle {
  readonly comma: string;
  readonly colon: string;
  readonly string: (text: string) => string;
  readonly float: (value: number) => string;
}

/** As short as possible, except that integers beyond 2^53 - 1 that are numbers have a fraction. */
export const COMPACT: JsonStyle = { comma: ",", colon: ":", string: JSON.stringify, float: shortFloat };

/** Byte for byte as Python's `json.dumps` with its defaults. Source: CPython `json/encoder.py`. */
export const PYTHON: JsonStyle = { comma: ", ", colon: ": ", string: asciiString, float: pythonFloat };

/** @param value - In canonical form, without bytes, maps and instances. */
export function jsonText(value: Value, style: JsonStyle): string {
  switch (typeof value) {
    case "number":
      return Number.isSafeInteger(value) ? String(value) : style.float(value);
    case "bigint":
      return value.toString();
    case "string":
      return style.string(value);
    case "boolean":
      return value ? "true" : "false";
  }
  if (value === null) return "null";
  return Array.isArray(value) ? arrayText(value, style) : objectText(value as Record<string, Value>, style);
}

function arrayText(items: readonly Value[], style: JsonStyle): string {
  if (items.length === 0) return "[]";
  let text = `[${jsonText(items[0]!, style)}`;
  for (let i = 1; i < items.length; i++) text += style.comma + jsonText(items[i]!, style);
  return `${text}]`;
}

function objectText(fields: Readonly<Record<string, Value>>, style: JsonStyle): string {
  let text = "";
  for (const key of Object.keys(fields)) {
    text += (text === "" ? "" : style.comma) + style.string(key) + style.colon + jsonText(fields[key]!, style);
  }
  return `{${text}}`;
}

/** An integer gets a fraction, so that no reader takes it for an exact one. */
function shortFloat(value: number): string {
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/**
 * As Python's `repr`: like JavaScript's the shortest digits that give the number again, but an exponent of two digits
 * at least, and from 1e16 on and below 1e-4.
 */
function pythonFloat(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || (size < 1e16 && size >= 1e-4)) return shortFloat(value);
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

function asciiString(text: string): string {
  const quoted = JSON.stringify(text);
  return BEYOND_ASCII.test(quoted) ? quoted.replace(EACH_BEYOND_ASCII, escaped) : quoted;
}

/** What Python escapes besides what JavaScript does: everything after `~`. */
const BEYOND_ASCII = /[^\0-~]/;
const EACH_BEYOND_ASCII = /[^\0-~]/g;

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
