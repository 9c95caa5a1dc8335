/** Parts of a value that are shown. */
const ITEMS_MAX = 100;
const DEPTH_MAX = 3;

/** What `console.log` prints of its arguments, as Node does for plain values. */
export function shownLine(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === "string" ? value : shown(value, 0))).join(" ");
}

function shown(value: unknown, depth: number): string {
  if (typeof value === "string") return `'${value.replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "function") return value.name === "" ? "[Function (anonymous)]" : `[Function: ${value.name}]`;
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Error) return errorText(value);
  if (depth >= DEPTH_MAX) return Array.isArray(value) ? "[Array]" : "[Object]";
  if (Array.isArray(value)) return listed("", "[", "]", value, depth);
  if (ArrayBuffer.isView(value)) {
    const items = [...(value as Uint8Array)];
    return listed(`${value.constructor.name}(${items.length}) `, "[", "]", items, depth);
  }
  if (value instanceof Set) return listed(`Set(${value.size}) `, "{", "}", [...value], depth);
  if (value instanceof Map) {
    const pairs = [...value].map(([key, item]) => `${shown(key, depth + 1)} => ${shown(item, depth + 1)}`);
    return joined(`Map(${value.size}) `, "{", "}", pairs);
  }
  const name = value.constructor === Object || !value.constructor ? "" : `${value.constructor.name} `;
  const fields = Object.entries(value).map(([key, item]) => `${named(key)}: ${shown(item, depth + 1)}`);
  return joined(name, "{", "}", fields);
}

function listed(name: string, open: string, close: string, items: readonly unknown[], depth: number): string {
  return joined(
    name,
    open,
    close,
    items.slice(0, ITEMS_MAX + 1).map((item) => shown(item, depth + 1)),
    items.length,
  );
}

function joined(name: string, open: string, close: string, parts: readonly string[], count = parts.length): string {
  if (count === 0) return `${name}${open}${close}`;
  const more = count > ITEMS_MAX ? [`... ${count - ITEMS_MAX} more items`] : [];
  return `${name}${open} ${[...parts.slice(0, ITEMS_MAX), ...more].join(", ")} ${close}`;
}

function named(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : `'${key}'`;
}

/** An error with its code and, if the program's own lines are in its stack, the first of them. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${shownLine([error])}`;
  const { code } = error as { code?: unknown };
  const place = /example\.ts:(\d+)/.exec(error.stack ?? "")?.[1];
  const line = place === undefined ? "" : `, line ${Number(place) - HEAD_LINES}`;
  const text = `${typeof code === "string" ? `${code}: ` : `${error.name}: `}${error.message}${line}`;
  return error.cause instanceof Error ? `${text}\n  cause: ${errorText(error.cause)}` : text;
}

/** Lines that `Function` puts before a body. */
const HEAD_LINES = 2;
