import { behindText, isEncodedAs, traceCodec } from "../codec/index.ts";
import type { TraceEvent } from "../trace.ts";
import { NAMES_AT } from "./batch.ts";
import type { RunEntry } from "./entry.ts";
import type { NameDictionary } from "./rows/names.ts";
import { codeOf, entriesOf, kindOf, NONE, ROW } from "./rows/rows.ts";

/** As in `batch.ts`: what was written has been checked, and a chunk bounds it. */
const codec = traceCodec({ nestingMax: 1024, nodesMax: Number.MAX_SAFE_INTEGER });

/** Names that are in no dictionary, since it was full, and are given cells of a reader's own. */
const EXTRA_NAMES_MAX = 1_000_000;
/** Cell of the first of them: a dictionary has far fewer names. */
const EXTRA_CELL = 2 ** 30;

/** Number of an id that is a text of its own. */
const NO_NUMBER = -1;

/** Cell of what has no such field. */
const NO_CELL = -1;

class ExtraNames {
  readonly #cells = new Map<string, number>();
  readonly #names: string[] = [];

  /** Those beyond the bound are one name. */
  cell(name: string): number {
    const known = this.#cells.get(name);
    if (known !== undefined) return known;
    if (this.#names.length === EXTRA_NAMES_MAX) return EXTRA_CELL + EXTRA_NAMES_MAX;
    this.#cells.set(name, EXTRA_CELL + this.#names.length);
    return EXTRA_CELL + this.#names.push(name) - 1;
  }

  name(cell: number): string {
    return this.#names[cell - EXTRA_CELL] ?? "…";
  }

  find(name: string): number | undefined {
    return this.#cells.get(name);
  }
}

/**
 * Goes over the rows of a batch without making entries of them, which is ten times as fast: who, whose, which method and
 * when are numbers, what a row carries is skipped. Its fields are those of the row that it stands on; `entry` and `content`
 * make values of it.
 *
 * Agents, peers and methods are cells: {@link name} gives their names. The batch is read where it lies.
 */
export class RowCursor {
  /** Number of the row's kind. */
  code = 0;
  ticks = 0;
  round = 0;
  /** Of a step its simulator; below 0 if there is none, as the others. */
  agent = NO_CELL;
  peer = NO_CELL;
  method = NO_CELL;
  /** What was done, of a row that says what was done to the run. */
  op = NO_CELL;
  /** The row's own id, its sender and number; a sender below 0 is part of a text, see `entry`. */
  idName = NO_CELL;
  idNumber = 0;
  causeName = NO_CELL;
  causeNumber = 0;
  readonly #names: NameDictionary;
  readonly #extra: ExtraNames;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #rowsLeft = 0;
  #rowAt = 0;
  #contentAt = 0;
  /** Where the texts lie of ids that are not a sender's name and a number. */
  #idAt = 0;
  #causeAt = 0;

  /** @param names - Of the file: those of all batches up to the one that is read. */
  constructor(names: NameDictionary, extra = new ExtraNames()) {
    this.#names = names;
    this.#extra = extra;
  }

  /** Another one that knows the same names. */
  copy(): RowCursor {
    return new RowCursor(this.#names, this.#extra);
  }

  /** Where the row begins, to come back to it. */
  get place(): number {
    return this.#rowAt;
  }

  /** Stand again on a row of this batch. @param round - That of the row. */
  goTo(place: number, round: number): void {
    this.#at = place;
    this.#rowAt = place;
    const cells = this.#arrayLength();
    this.#row(this.#bytes[this.#at++], cells);
    this.round = round;
  }

  /**
   * Stand before the first row of a batch.
   *
   * @param learns - Learn the batch's names; false if `names` has been through the whole file.
   * @throws Error if it is no batch.
   */
  open(bytes: Buffer, ticks: number, learns = false): void {
    this.#bytes = bytes;
    this.#at = NAMES_AT;
    this.#skip(1);
    if (learns && this.#at > NAMES_AT + 1) this.#names.learn(codec.decode(bytes, NAMES_AT, this.#at) as string[]);
    this.#rowsLeft = this.#arrayLength();
    this.ticks = ticks;
    this.round = 0;
  }

  /** Go to the next row. @returns False behind the last one. @throws Error if it is not what `RowWriter` writes. */
  next(): boolean {
    const bytes = this.#bytes;
    while (this.#rowsLeft > 0) {
      this.#rowsLeft--;
      this.#rowAt = this.#at;
      const cells = this.#arrayLength();
      const code = bytes[this.#at++];
      if (code === ROW.round) {
        this.round = this.#integer();
        continue;
      }
      this.#row(code, cells);
      return true;
    }
    if (this.#at !== bytes.length) throw malformed();
    return false;
  }

  #row(code: number | undefined, cells: number): void {
    if (code === undefined || code > ROW.last) throw malformed();
    this.code = code;
    this.agent = NO_CELL;
    this.peer = NO_CELL;
    this.method = NO_CELL;
    this.idName = NO_CELL;
    let read = 1;
    if (code >= ROW.firstOfAgent) {
      this.agent = this.#cell();
      this.#idAt = this.#at;
      this.idName = this.#idCell();
      this.idNumber = this.#integer();
      this.#causeAt = this.#at;
      this.causeName = this.#idCell();
      this.causeNumber = this.#integer();
      read = 6;
      if (code <= ROW.lastOfPeers) {
        this.peer = this.#cell();
        this.method = this.#cell();
        read = 8;
      }
    } else if (code === ROW.step) {
      this.agent = this.#cell();
      read = 2;
    } else if (code === ROW.feed) {
      this.op = this.#cell();
      read = 2;
    }
    this.#contentAt = this.#at;
    if (cells < read) throw malformed();
    this.#skip(cells - read);
  }

  get kind(): RunEntry["kind"] {
    return kindOf(this.code);
  }

  /** The row as an entry. */
  entry(): RunEntry {
    const row = codec.decode(this.#bytes, this.#rowAt, this.#at);
    const [entry] = entriesOf([[ROW.round, this.round], row], this.ticks, this.#names);
    return entry!;
  }

  /** The row's bytes, which belong to its batch. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(this.#rowAt, this.#at);
  }

  /** What the row carries, of those that carry one value: messages, answers and outputs. */
  content(): unknown {
    return codec.decode(this.#bytes, this.#contentAt, this.#at);
  }

  /**
   * Whether the row is this event, compared with its bytes as they lie there.
   *
   * @returns False also where only `entry` can tell.
   */
  holds(event: TraceEvent): boolean {
    const { code } = this;
    if (codeOf(event.kind) !== code || event.kind === "step") return false;
    if (event.ticks !== this.ticks || event.round !== this.round) return false;
    if (event.kind === "tick") return true;
    const { cause } = event;
    if (cause === undefined) {
      if (this.causeNumber !== NONE) return false;
    } else if (!this.#isId(this.causeName, this.causeNumber, this.#causeAt, cause)) return false;
    if (!this.#isId(this.idName, this.idNumber, this.#idAt, event.id)) return false;
    if (this.name(this.agent) !== event.agent) return false;
    switch (event.kind) {
      case "timer":
        return true;
      case "output":
        return this.#carries(event.values);
      case "input":
      case "request":
      case "oneway":
        return this.#isCall(event.peer, event.method) && this.#carries(event.args);
      case "reply":
      case "failure":
        return this.#isCall(event.peer, event.method) && this.#carries(event.content);
      default:
        return false;
    }
  }

  #isCall(peer: string, method: string): boolean {
    return this.name(this.peer) === peer && this.name(this.method) === method;
  }

  /** Whether it is the id that a sender's name and a number make, or the text at `textAt` if there is no such cell. */
  #isId(cell: number, number: number, textAt: number, id: string): boolean {
    if (number < 0) return number === NO_NUMBER && cell < 0 && behindText(id, this.#bytes, textAt) > 0;
    if (cell < 0) return false;
    const name = this.name(cell);
    let last = id.length;
    let left = number;
    do {
      if (id.charCodeAt(--last) !== 0x30 + (left % 10)) return false;
      left = Math.floor(left / 10);
    } while (left > 0);
    return id.charCodeAt(--last) === 0x23 && last === name.length && id.startsWith(name);
  }

  #carries(value: unknown): boolean {
    return isEncodedAs(value, this.#bytes, this.#contentAt, this.#at);
  }

  /** Name of a cell of this cursor. */
  name(cell: number): string {
    if (cell >= EXTRA_CELL) return this.#extra.name(cell);
    const name = this.#names.name(cell);
    if (name === undefined) throw malformed();
    return name;
  }

  /** Cell of a name; undefined if it has not been met. */
  cellOf(name: string): number | undefined {
    return this.#names.find(name) ?? this.#extra.find(name);
  }

  #cell(): number {
    return isText(this.#bytes[this.#at]!) ? this.#extraCell() : this.#known(this.#integer());
  }

  /** A cell of the dictionary. @throws Error if it was not introduced. */
  #known(cell: number): number {
    if (cell < 0 || cell >= this.#names.size) throw malformed();
    return cell;
  }

  /** Ids of a form of their own would be remembered one by one: nobody asks for them by a cell. */
  #idCell(): number {
    if (!isText(this.#bytes[this.#at]!)) return this.#integer();
    this.#skip(1);
    return NO_CELL;
  }

  #extraCell(): number {
    const start = this.#at;
    this.#skip(1);
    return this.#extra.cell(codec.decode(this.#bytes, start, this.#at) as string);
  }

  #integer(): number {
    const bytes = this.#bytes;
    const token = bytes[this.#at++]!;
    if (token < 0x80) return token;
    if (token >= 0xe0) return token - 0x100;
    const at = this.#at;
    switch (token) {
      case 0xcc:
        this.#at += 1;
        return bytes[at]!;
      case 0xcd:
        this.#at += 2;
        return bytes.readUInt16BE(at);
      case 0xce:
        this.#at += 4;
        return bytes.readUInt32BE(at);
      case 0xcf:
        this.#at += 8;
        return Number(bytes.readBigUInt64BE(at));
    }
    throw malformed();
  }

  #arrayLength(): number {
    const bytes = this.#bytes;
    const token = bytes[this.#at++]!;
    if (token >= 0x90 && token < 0xa0) return token & 0x0f;
    const at = this.#at;
    if (token === 0xdc) {
      this.#at += 2;
      return bytes.readUInt16BE(at);
    }
    if (token !== 0xdd) throw malformed();
    this.#at += 4;
    return bytes.readUInt32BE(at);
  }

  /** Go over `values` values, whatever they are. */
  #skip(values: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let left = values; left > 0; left--) {
      const token = bytes[at++];
      if (token === undefined) throw malformed();
      if (token < 0x80 || token >= 0xe0) continue;
      if (token < 0x90) left += 2 * (token & 0x0f);
      else if (token < 0xa0) left += token & 0x0f;
      else if (token < 0xc0) at += token & 0x1f;
      else {
        const width = WIDTHS[token - 0xc0]!;
        if (width < 0) throw malformed();
        let length = 0;
        // Of bytes that are not there `NaN` comes, which ends behind them.
        for (let i = 0; i < width; i++) length = length * 256 + bytes[at++]!;
        at += SIZES[token - 0xc0]!;
        if (token >= 0xdc) left += token >= 0xde ? 2 * length : length;
        else at += length;
      }
    }
    if (!(at <= bytes.length)) throw malformed();
    this.#at = at;
  }
}

/** Of tokens from 0xc0 to 0xdf: bytes of the length, -1 of what is never written, and of the value where that is fixed. */
const WIDTHS = [
  0, -1, 0, 0, 1, 2, 4, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, 1, 2, 4, 2, 4, 2, 4,
];
const SIZES = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

function isText(token: number): boolean {
  return (token >= 0xa0 && token < 0xc0) || (token >= 0xd9 && token <= 0xdb);
}

function malformed(): Error {
  return new Error("holds a row that makes no sense");
}
