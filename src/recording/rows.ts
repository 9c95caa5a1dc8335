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

/** A row: its code, then the entry's fields in the order of the functions below. */
export type Row = readonly unknown[];

/**
 * Rows of entries of one tick. `[0, round]` says the round of what follows, which starts at 0; names are cells of the
 * dictionary; an event's id and cause are two cells each, name and number.
 */
export function rowsOf(entries: readonly RunEntry[], names: NameDictionary): Row[] {
  const rows: Row[] = [];
  let round = 0;
  for (const entry of entries) {
    if (entry.kind !== "step" && entry.round !== round) {
      round = entry.round;
      rows.push([ROUND, round]);
    }
    rows.push(rowOf(entry, names));
  }
  return rows;
}

function rowOf(entry: RunEntry, names: NameDictionary): Row {
  switch (entry.kind) {
    case "feed":
      return [FEED, names.cell(entry.op), entry.content];
    case "step":
      return [STEP, names.cell(entry.sim), entry.time, entry.next ?? null, entry.inputs, entry.outputs];
    case "tick":
      return [CODES.get("tick")];
    default:
      return eventRow(entry, names);
  }
}

function eventRow(event: AgentTraceEvent, names: NameDictionary): Row {
  const { agent } = event;
  const code = CODES.get(event.kind)!;
  const guess = "peer" in event ? event.peer : agent;
  const idName = names.idName(event.id, guess);
  const id = names.idNumber;
  const causeName = event.cause === undefined ? 0 : names.idName(event.cause, agent);
  const cause = event.cause === undefined ? NONE : names.idNumber;
  const at = names.cell(agent);
  switch (event.kind) {
    case "input":
    case "request":
    case "oneway":
      return [code, at, idName, id, causeName, cause, names.cell(event.peer), names.cell(event.method), event.args];
    case "reply":
    case "failure":
      return [code, at, idName, id, causeName, cause, names.cell(event.peer), names.cell(event.method), event.content];
    case "timer":
      return [code, at, idName, id, causeName, cause];
    case "external":
      return [code, at, idName, id, causeName, cause, event.ok, event.content];
    case "log":
      return [code, at, idName, id, causeName, cause, event.message, event.fields];
    case "created":
    case "removed":
      return [code, at, idName, id, causeName, cause, names.cell(event.type)];
    case "output":
      return [code, at, idName, id, causeName, cause, event.values];
    case "fault":
      return [code, at, idName, id, causeName, cause, names.cell(event.code), event.message];
  }
}

/**
 * The entries of rows.
 *
 * @throws Error if they are not what `rowsOf` makes.
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
    const known = this.#indices.get(name);
    if (known !== undefined) return known;
    if (this.#names.length >= this.#namesMax) return name;
    this.#indices.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  /**
   * Name of the sender in an event's id, with `idNumber` set to the number after it; an id of another form stands as it
   * is, with number -1.
   *
   * @param guess - Name that the id probably starts with.
   */
  idName(id: string, guess: string): NameCell {
    const same = id.startsWith(guess) && id.charCodeAt(guess.length) === 0x23;
    const at = same ? guess.length : id.lastIndexOf("#");
    this.idNumber = at < 0 ? -1 : numberAfter(id, at + 1);
    if (this.idNumber < 0) return id;
    return this.cell(same ? guess : id.slice(0, at));
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
