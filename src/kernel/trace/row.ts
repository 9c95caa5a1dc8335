import type { Tag } from "../../errors.ts";
import type { Journal, TraceEvent } from "../../trace.ts";
import { compareSenders, Kind, RANK_NONE, type Sender } from "../order.ts";
import type { Cause } from "./cause.ts";

/** What a row is of, beside the kinds of deliveries. */
export const RowKind = { ...Kind, output: 7, event: 8 } as const;
export type RowKind = (typeof RowKind)[keyof typeof RowKind];

/**
 * What has happened, as the engine has it: for a journal that makes something else of it than an event. Agents stand in it as
 * they are, their ids are theirs.
 */
export class TraceRow {
  readonly kind: RowKind;
  readonly tag: Tag;
  /** To whom it happened; of an event without an agent, one with an empty id. */
  readonly agent: Sender;
  /** Who has emitted it. */
  readonly from: Sender;
  /** Number among the sender's emissions; of outputs, among the agent's changes of outputs. */
  readonly seq: number;
  readonly cause: Cause | undefined;
  /** Of an answer: whom the agent has asked. */
  readonly peer: string;
  readonly method: string;
  /** A plain value that nobody changes: arguments, answer, outputs by name, or the whole event of the kind `event`. */
  readonly content: unknown;
  /** Whether `content` is the only argument, rather than a list of them. */
  readonly single: boolean;

  constructor(
    kind: RowKind,
    tag: Tag,
    agent: Sender,
    from: Sender,
    seq: number,
    cause: Cause | undefined,
    peer: string,
    method: string,
    content: unknown,
    single: boolean,
  ) {
    this.kind = kind;
    this.tag = tag;
    this.agent = agent;
    this.from = from;
    this.seq = seq;
    this.cause = cause;
    this.peer = peer;
    this.method = method;
    this.content = content;
    this.single = single;
  }

  /** A row of what is an event already. */
  static of(event: TraceEvent): TraceRow {
    const agent = { id: "agent" in event ? event.agent : "", rank: RANK_NONE };
    return new TraceRow(RowKind.event, event, agent, agent, 0, undefined, "", "", event, false);
  }
}

/** Takes rows in order, those of a round; the array is the engine's, the rows change no more. */
export type RowSink = (rows: readonly TraceRow[]) => void;

/** A journal that takes rows in place of events. */
export interface RowJournal extends Journal {
  /** What happened, in order. */
  readonly rows: RowSink;
}

export function takesRows(journal: Journal): journal is RowJournal {
  return typeof (journal as Partial<RowJournal>).rows === "function";
}

/** Put rows into the order of `compareEvents`; a batch is one or a few lists in order. */
export function sortRows(rows: TraceRow[]): void {
  for (let i = 1; i < rows.length; i++) {
    if (compareRows(rows[i - 1]!, rows[i]!) > 0) {
      rows.sort(compareRows);
      return;
    }
  }
}

function compareRows(a: TraceRow, b: TraceRow): number {
  if (a.tag !== b.tag) {
    const byTag = a.tag.ticks - b.tag.ticks || a.tag.round - b.tag.round;
    if (byTag !== 0) return byTag;
  }
  return a.agent === b.agent ? 0 : compareSenders(a.agent, b.agent);
}
