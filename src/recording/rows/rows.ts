import type { RunEntry } from "../entry.ts";
import type { NameDictionary } from "./names.ts";

/** First cell of a row; the numbers are part of the format. */
export const ROUND = 0;
export const FEED = 1;
export const STEP = 2;
const KINDS = [
  ...["", "", "", "tick", "input", "request", "oneway", "reply", "failure"],
  ...["timer", "external", "log", "created", "removed", "fault", "output"],
] as const;
const CODES = new Map<string, number>(KINDS.map((kind, code) => [kind, code]));
/** The same of each kind. */
export const CODE = Object.fromEntries(CODES) as Readonly<Record<(typeof KINDS)[number], number>>;

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
