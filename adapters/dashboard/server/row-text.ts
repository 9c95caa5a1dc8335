import type { RowCursor } from "../../../src/index.ts";

/** Words that a row's text may have though its bytes have not: of values that are no texts. */
const OF_VALUES = "null true false undefined nan infinity bytes";
/** Kinds whose text has names in it that stand in the row as cells. */
const NAMING: ReadonlySet<string> = new Set(["created", "removed", "fault", "step"]);

/**
 * Says of rows, by their bytes, which may have a text in them: all that have it, and few others. Making the text of each row
 * would take twenty times as long.
 */
export class RowText {
  readonly #text: string;
  /** A part of the text that stands in the bytes of texts that have it, in ASCII and lower case; none: any row may. */
  readonly #needle: Uint8Array | undefined;
  /** By cells: whether their names have the text. */
  readonly #names: (boolean | undefined)[] = [];

  /** @param text - In lower case. */
  constructor(text: string) {
    this.#text = text;
    const needle = needleOf(text);
    this.#needle = needle === undefined ? undefined : Buffer.from(needle, "latin1");
  }

  mayHave(cursor: RowCursor): boolean {
    if (this.#needle === undefined || NAMING.has(cursor.kind) || cursor.kind.includes(this.#text)) return true;
    return (
      this.#isIn(cursor, cursor.agent) ||
      this.#isIn(cursor, cursor.peer) ||
      this.#isIn(cursor, cursor.method) ||
      has(cursor.bytes(), this.#needle)
    );
  }

  #isIn(cursor: RowCursor, cell: number): boolean {
    if (cell < 0) return false;
    if (cell >= NAMES_KEPT) return cursor.name(cell).toLowerCase().includes(this.#text);
    const known = this.#names[cell];
    if (known !== undefined) return known;
    const isIn = cursor.name(cell).toLowerCase().includes(this.#text);
    this.#names[cell] = isIn;
    return isIn;
  }
}

/** Names of which it is remembered whether they fit. */
const NAMES_KEPT = 1_000_000;

/**
 * A text of word characters, a letter other than the e of numbers among them, lies within one name, key or text of a row:
 * numbers and what joins them have none. What an escape may have put in front of it is cut off, and so are letters that others
 * become in lower case (the Kelvin sign is a k).
 */
function needleOf(text: string): string | undefined {
  if (!/^[a-z0-9_-]+$/.test(text) || !/[a-df-z]/.test(text) || OF_VALUES.includes(text)) return undefined;
  const parts = text.replace(/^(?:u[0-9a-f]{0,4}|[0-9a-f]{1,4}|[ntr])/, "").split(/[ik]/);
  const longest = parts.reduce((a, b) => (b.length > a.length ? b : a), "");
  return longest.length < 2 ? undefined : longest;
}

/** Whether `bytes` have `needle` in them, its letters in either case. */
function has(bytes: Uint8Array, needle: Uint8Array): boolean {
  const end = bytes.length - needle.length;
  const first = needle[0]!;
  const upper = first >= 0x61 && first <= 0x7a ? first - 0x20 : first;
  for (let at = 0; at <= end; at++) {
    const byte = bytes[at]!;
    if (byte !== first && byte !== upper) continue;
    let i = 1;
    while (i < needle.length && lower(bytes[at + i]!) === needle[i]) i++;
    if (i === needle.length) return true;
  }
  return false;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}
