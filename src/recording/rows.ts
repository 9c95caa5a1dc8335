import { Output, type WritingCodec } from "../codec/index.ts";
import type { AgentTraceEvent } from "../trace.ts";
import type { RunEntry } from "./entry.ts";

/** First cell of a row; the numbers are part of the format. */
const ROUND = 0;
const FEED = 1;
const STEP = 2;
const KINDS = [
  ...["", "", "", "tick", "input", "request", "oneway", "reply", "failure"],
  ...["timer", "external", "log", "created", "removed", "fault", "output"],
] as const;
const CODES = new Map<string, number>(KINDS.map((kind, code) => [kind, code]));
/** The same of each kind. */
const CODE = Object.fromEntries(CODES) as Readonly<Record<(typeof KINDS)[number], number>>;

/**
 * Codes that a {@link RowCursor} looks at: of rounds, of the first kind that has an agent, of the last message, of the last
 * that has a peer.
 */
export const ROW = {
  ...{ round: ROUND, feed: FEED, step: STEP },
  ...{ firstOfAgent: 4, lastOfMessages: 6, lastOfPeers: 8, fault: CODES.get("fault")!, last: KINDS.length - 1 },
} as const;

/** Kind of the entries of a row's code. */
export function kindOf(code: number): RunEntry["kind"] {
  return code === FEED ? "feed" : code === STEP ? "step" : (KINDS[code] as RunEntry["kind"]);
}

/** The other way; that of no row if there is no such kind. */
export function codeOf(kind: string): number {
  return kind === "feed" ? FEED : kind === "step" ? STEP : (CODES.get(kind) ?? ROUND);
}

/** Number that stands for no cause. */
export const NONE = -2;

/** A row as it is read: its code, then the entry's fields in the order in which {@link RowWriter} writes them. */
type Row = readonly unknown[];

/** Bytes of the buffer for a batch's rows; a batch of a round of 1,000 agents has a third of it. */
const ROWS_BYTES = 128 * 1024;

/**
 * Writes rows of entries of one tick in MsgPack, without making them first. `[0, round]` says the round of what follows, which
 * starts at 0; names are cells of the dictionary; an event's id and cause are two cells each, name and number.
 */
export class RowWriter {
  readonly #codec: WritingCodec;
  readonly #output = new Output(ROWS_BYTES);

  /** @param codec - Writes values; its bounds are those of a value in a row. */
  constructor(codec: WritingCodec) {
    this.#codec = codec;
  }

  /** @returns Number of rows and their bytes, which are good until the next call. */
  write(entries: readonly RunEntry[], names: NameDictionary): { readonly count: number; readonly bytes: Uint8Array } {
    const output = this.#output;
    if (output.bytes.length > ROWS_BYTES) output.take(); // it was made for a large batch
    output.at = output.start;
    let count = entries.length;
    let round = 0;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      if (entry.kind !== "step" && entry.round !== round) {
        round = entry.round;
        count++;
        this.#row(2, ROUND);
        this.#value(round);
      }
      this.#entry(entry, names);
    }
    return { count, bytes: output.bytes.subarray(output.start, output.at) };
  }

  #entry(entry: RunEntry, names: NameDictionary): void {
    switch (entry.kind) {
      case "feed":
        this.#row(3, FEED);
        this.#cell(names.cell(entry.op));
        this.#value(entry.content);
        break;
      case "step":
        this.#row(6, STEP);
        this.#cell(names.cell(entry.sim));
        for (const cell of [entry.time, entry.next ?? null, entry.inputs, entry.outputs]) this.#value(cell);
        break;
      case "tick":
        this.#row(1, CODE.tick);
        break;
      case "input":
      case "request":
      case "oneway":
        this.#message(entry, entry.peer, entry.method, entry.args, names);
        break;
      case "reply":
      case "failure":
        this.#message(entry, entry.peer, entry.method, entry.content, names);
        break;
      case "timer":
        this.#event(6, entry, entry.agent, names);
        break;
      case "external":
        this.#event(8, entry, entry.agent, names);
        this.#value(entry.ok);
        this.#value(entry.content);
        break;
      case "log":
        this.#event(8, entry, entry.agent, names);
        this.#value(entry.message);
        this.#value(entry.fields);
        break;
      case "created":
      case "removed":
        this.#event(7, entry, entry.agent, names);
        this.#cell(names.cell(entry.type));
        break;
      case "output":
        this.#event(7, entry, entry.agent, names);
        this.#value(entry.values);
        break;
      case "fault":
        this.#event(8, entry, entry.agent, names);
        this.#cell(names.cell(entry.code));
        this.#value(entry.message);
        break;
      default:
        throw new TypeError(`there is no entry of the kind ${JSON.stringify((entry as { kind: unknown }).kind)}`);
    }
  }

  #message(event: AgentTraceEvent, peer: string, method: string, content: unknown, names: NameDictionary): void {
    this.#event(9, event, peer, names);
    this.#cell(names.cell(peer));
    this.#cell(names.cell(method));
    this.#value(content);
  }

  /**
   * The cells that all events have.
   *
   * @param length - Cells of the row.
   * @param emitter - Who probably has emitted it.
   */
  #event(length: number, { kind, agent, id, cause }: AgentTraceEvent, emitter: string, names: NameDictionary): void {
    const idName = names.idName(id, emitter, agent);
    const { idNumber } = names;
    const causeName = cause === undefined ? 0 : names.idName(cause, agent, emitter);
    const causeNumber = cause === undefined ? NONE : names.idNumber;
    this.#row(length, CODE[kind]);
    this.#cell(names.cell(agent));
    this.#cell(idName);
    this.#integer(idNumber);
    this.#cell(causeName);
    this.#integer(causeNumber);
  }

  /** Begin a row of so many cells, fewer than 16, with its code, which is below 128. */
  #row(length: number, code: number): void {
    const output = this.#output;
    output.reserve(2);
    output.bytes[output.at++] = 0x90 | length;
    output.bytes[output.at++] = code;
  }

  #cell(cell: NameCell): void {
    if (typeof cell === "number") this.#integer(cell);
    else this.#value(cell);
  }

  /** An integer of at most 32 bits; a negative one is above -32. */
  #integer(value: number): void {
    const output = this.#output;
    output.reserve(5);
    const { bytes } = output;
    if (value < 0x80) bytes[output.at++] = value;
    else if (value > 0xffff) {
      bytes[output.at] = 0xce;
      output.at = bytes.writeUInt32BE(value, output.at + 1);
    } else if (value > 0xff) {
      bytes[output.at++] = 0xcd;
      bytes[output.at++] = value >> 8;
      bytes[output.at++] = value;
    } else {
      bytes[output.at++] = 0xcc;
      bytes[output.at++] = value;
    }
  }

  #value(value: unknown): void {
    this.#codec.write(value, this.#output);
  }
}

/**
 * The entries of rows.
 *
 * @throws Error if they are not what {@link RowWriter} writes.
 */
export function entriesOf(rows: readonly unknown[], ticks: number, names: NameDictionary): RunEntry[] {
  const entries: RunEntry[] = [];
  let round = 0;
  for (const row of rows) {
    if (!Array.isArray(row)) throw new Error("a row is no array");
    if (row[0] === ROUND) round = row[1] as number;
    else entries.push(entryOf(row, ticks, round, names));
  }
  return entries;
}

function nameOf(cell: unknown, names: NameDictionary): string {
  const name = names.name(cell);
  if (name === undefined) throw new Error("a row holds a name that was not introduced");
  return name;
}

function idOf(cell: unknown, number: unknown, names: NameDictionary): string {
  const name = nameOf(cell, names);
  return number === -1 ? name : `${name}#${number}`;
}

function entryOf(row: Row, ticks: number, round: number, names: NameDictionary): RunEntry {
  const kind = KINDS[row[0] as number];
  switch (row[0]) {
    case FEED:
      return { kind: "feed", op: nameOf(row[1], names), ticks, round, content: row[2] as readonly unknown[] };
    case STEP: {
      const [, sim, time, next, inputs, outputs] = row as readonly [
        unknown,
        unknown,
        number,
        number | null,
        ...unknown[],
      ];
      return { kind: "step", ticks, round: 0, sim: nameOf(sim, names), time, next: next ?? undefined, inputs, outputs };
    }
  }
  if (kind === undefined || kind === "") throw new Error(`a row has the unknown code ${row[0]}`);
  if (kind === "tick") return { kind, ticks, round };
  const agent = nameOf(row[1], names);
  const id = idOf(row[2], row[3], names);
  const cause = row[5] === NONE ? undefined : idOf(row[4], row[5], names);
  switch (kind) {
    case "input":
    case "request":
    case "oneway": {
      const [peer, method] = [nameOf(row[6], names), nameOf(row[7], names)];
      return { kind, ticks, round, agent, id, cause, peer, method, args: row[8] as readonly unknown[] };
    }
    case "reply":
    case "failure": {
      const [peer, method] = [nameOf(row[6], names), nameOf(row[7], names)];
      return { kind, ticks, round, agent, id, cause, peer, method, content: row[8] };
    }
    case "timer":
      return { kind, ticks, round, agent, id, cause };
    case "external":
      return { kind, ticks, round, agent, id, cause, ok: row[6] as boolean, content: row[7] };
    case "log":
      return { kind, ticks, round, agent, id, cause, message: row[6] as string, fields: row[7] };
    case "created":
    case "removed":
      return { kind, ticks, round, agent, id, cause, type: nameOf(row[6], names) };
    case "output":
      return { kind, ticks, round, agent, id, cause, values: row[6] as Readonly<Record<string, unknown>> };
    case "fault":
      return { kind, ticks, round, agent, id, cause, code: nameOf(row[6], names), message: row[7] as string };
  }
}

/** Place of a name in the dictionary, or the name itself where the dictionary has no room for it. */
export type NameCell = number | string;

/** Largest number of an event that is stored apart from its sender's name. */
const NUMBER_MAX = 0xffff_ffff;

/** Dictionary of the names in a run file: each is written once, in the batch where it first occurs. */
export class NameDictionary {
  readonly #indices = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #namesMax: number;
  /** The two that were looked up last, the newer one first: most events name two agents, several times each. */
  #last: string | undefined;
  #lastCell: NameCell = "";
  #before: string | undefined;
  #beforeCell: NameCell = "";
  /** Names up to here have been written. */
  #written = 0;
  /** Names up to here are those of the one that it was compared with. */
  #compared = 0;
  /** What `idName` cut off last. */
  idNumber = 0;

  constructor(namesMax: number) {
    this.#namesMax = namesMax;
  }

  cell(name: string): NameCell {
    if (name === this.#last) return this.#lastCell;
    const cell = name === this.#before ? this.#beforeCell : (this.#indices.get(name) ?? this.#add(name));
    this.#before = this.#last;
    this.#beforeCell = this.#lastCell;
    this.#last = name;
    this.#lastCell = cell;
    return cell;
  }

  #add(name: string): NameCell {
    if (this.#names.length >= this.#namesMax) return name;
    this.#indices.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  /**
   * Name of the sender in an event's id, with `idNumber` set to the number after it; an id of another form stands as it
   * is, with number -1.
   *
   * @param guess - Name that the id probably starts with.
   * @param other - If not, it is probably this one.
   */
  idName(id: string, guess: string, other: string): NameCell {
    let name = guess;
    this.idNumber = isOf(id, name) ? numberAfter(id, name.length + 1) : -1;
    if (this.idNumber < 0 && isOf(id, other)) {
      name = other;
      this.idNumber = numberAfter(id, name.length + 1);
    }
    if (this.idNumber < 0 && !isOf(id, guess)) {
      name = id.slice(0, Math.max(0, id.lastIndexOf("#")));
      this.idNumber = isOf(id, name) ? numberAfter(id, name.length + 1) : -1;
    }
    return this.idNumber < 0 ? id : this.cell(name);
  }

  /** Names that came since the last call; whoever calls writes them. */
  take(): string[] {
    const fresh = this.#names.slice(this.#written);
    this.#written = this.#names.length;
    return fresh;
  }

  /** Learn the names of a batch that is read. */
  learn(names: readonly string[]): void {
    for (const name of names) this.#indices.set(name, this.#names.push(name) - 1);
  }

  /** Cell of a name that was learned; `undefined` if there is no such name. */
  find(name: string): number | undefined {
    return this.#indices.get(name);
  }

  /** Number of names. */
  get size(): number {
    return this.#names.length;
  }

  /** Whether another one has the same names; those that were compared by the last call are not looked at again. */
  hasSameNames(other: NameDictionary): boolean {
    if (other.size !== this.size) return false;
    while (this.#compared < this.size && this.#names[this.#compared] === other.#names[this.#compared]) this.#compared++;
    return this.#compared === this.size;
  }

  /** @returns `undefined` if there is no such name. */
  name(cell: unknown): string | undefined {
    return typeof cell === "number" ? this.#names[cell] : typeof cell === "string" ? cell : undefined;
  }
}

/** Whether an event's id begins with this name. */
function isOf(id: string, name: string): boolean {
  return id.charCodeAt(name.length) === 0x23 && id.startsWith(name);
}

/** The whole number in canonical form that fills `text` from `start`; -1 if there is none or it is too large. */
function numberAfter(text: string, start: number): number {
  const { length } = text;
  if (start === length || length - start > 10) return -1;
  if (text.charCodeAt(start) === 0x30) return length - start === 1 ? 0 : -1;
  let number = 0;
  for (let i = start; i < length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number <= NUMBER_MAX ? number : -1;
}
