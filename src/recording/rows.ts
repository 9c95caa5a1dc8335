import type { AgentTraceEvent } from "../trace.ts";
import type { RunEntry } from "./entry.ts";
import type { RunNames } from "./names.ts";

/** First cell of a row; the numbers are part of the format. */
const ROUND = 0;
const FEED = 1;
const STEP = 2;
const KINDS = [
  ...["", "", "", "tick", "input", "request", "oneway", "reply", "failure"],
  ...["timer", "external", "log", "created", "removed", "fault"],
] as const;
const CODES = new Map<string, number>(KINDS.map((kind, code) => [kind, code]));

/** Number that stands for no cause. */
const NONE = -2;

/** A row: its code, then the entry's fields in the order of the functions below. */
export type Row = readonly unknown[];

/**
 * Rows of entries of one tick. `[0, round]` says the round of what follows, which starts at 0; names are cells of the
 * dictionary; an event's id and cause are two cells each, name and number.
 */
export function rowsOf(entries: readonly RunEntry[], names: RunNames): Row[] {
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

function rowOf(entry: RunEntry, names: RunNames): Row {
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

function eventRow(event: AgentTraceEvent, names: RunNames): Row {
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
    case "fault":
      return [code, at, idName, id, causeName, cause, names.cell(event.code), event.message];
  }
}

/**
 * The entries of rows.
 *
 * @throws Error if they are not what `rowsOf` makes.
 */
export function entriesOf(rows: readonly unknown[], ticks: number, names: RunNames): RunEntry[] {
  const entries: RunEntry[] = [];
  let round = 0;
  for (const row of rows) {
    if (!Array.isArray(row)) throw new Error("a row is no array");
    if (row[0] === ROUND) round = row[1] as number;
    else entries.push(entryOf(row, ticks, round, names));
  }
  return entries;
}

function nameOf(cell: unknown, names: RunNames): string {
  const name = names.name(cell);
  if (name === undefined) throw new Error("a row holds a name that was not introduced");
  return name;
}

function idOf(cell: unknown, number: unknown, names: RunNames): string {
  const name = nameOf(cell, names);
  return number === -1 ? name : `${name}#${number}`;
}

function entryOf(row: Row, ticks: number, round: number, names: RunNames): RunEntry {
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
      return { kind: "step", ticks, round, sim: nameOf(sim, names), time, next: next ?? undefined, inputs, outputs };
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
    case "fault":
      return { kind, ticks, round, agent, id, cause, code: nameOf(row[6], names), message: row[7] as string };
  }
}
