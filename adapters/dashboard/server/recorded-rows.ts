import type { RowCursor, RunIndex, TraceEvent, WantedRows } from "../../../src/index.ts";
import type { LineFilter } from "../model/protocol.ts";
import type { AgentState, RunState } from "../model/run-state.ts";

/** Rows that one answer looks at: about a tenth of a second. */
export const LOOKED_AT_MAX = 250_000;
/** What a row costs of these that is made an event of. */
export const MADE = 24;

/** Cells whose agents are remembered by them. */
const CELLS_MAX = 1_000_000;

/** Where to look, and for what. */
export interface Look {
  /** Ticks; both ends belong to it. */
  readonly from: number;
  readonly to: number;
  /** From the last to the first. */
  readonly backwards?: boolean;
  readonly wanted?: WantedRows;
}

/** Looks at rows of a recording where they lie, in its order or backwards. */
export class RecordedRows {
  readonly #index: RunIndex;

  constructor(index: RunIndex) {
    this.#index = index;
  }

  /**
   * Go through the rows that are wanted.
   *
   * @param look - Stands on a row. It gives what that has cost, of `LOOKED_AT_MAX` in all; -1 ends it.
   * @returns Ticks at which it ended too early; undefined if all were seen.
   */
  async look(
    { from, to, backwards = false, wanted = {} }: Look,
    look: (cursor: RowCursor) => number,
  ): Promise<number | undefined> {
    const index = this.#index;
    const end = index.chunks;
    const firstChunk = index.chunkAt(from);
    let chunk = firstChunk;
    if (backwards) {
      chunk = Math.min(end - 1, index.chunkAt(to + 1));
      while (chunk > 0 && index.firstTicksOf(chunk) > to) chunk--;
    }
    const cursor = index.cursor();
    let left = LOOKED_AT_MAX;
    for (; chunk >= firstChunk && chunk < end; chunk += backwards ? -1 : 1) {
      if (!backwards && index.firstTicksOf(chunk) > to) break;
      if (!index.mayHold(chunk, wanted)) continue;
      const batches = await index.batchesOf(chunk);
      for (const { data, ticks } of backwards ? batches.toReversed() : batches) {
        if (ticks < from || ticks > to) continue;
        cursor.open(data, ticks);
        left = backwards ? lookBack(cursor, wanted, look, left) : lookOn(cursor, wanted, look, left);
        if (left < 0) return ticks;
      }
    }
    return undefined;
  }
}

/** @returns What is left; below 0 if it is to end. */
function lookOn(cursor: RowCursor, wanted: WantedRows, look: (cursor: RowCursor) => number, most: number): number {
  let left = most;
  while (cursor.next()) {
    left--;
    if (!isWanted(cursor, wanted)) continue;
    if (left < 0) return left;
    const cost = look(cursor);
    if (cost < 0) return -1;
    left -= cost;
  }
  return left;
}

/** Rows have their places only in their order, so those that are wanted are remembered. */
function lookBack(cursor: RowCursor, wanted: WantedRows, look: (cursor: RowCursor) => number, most: number): number {
  const places: number[] = [];
  const rounds: number[] = [];
  let left = most;
  while (cursor.next()) {
    left--;
    if (!isWanted(cursor, wanted)) continue;
    places.push(cursor.place);
    rounds.push(cursor.round);
  }
  for (let i = places.length - 1; i >= 0; i--) {
    if (left < 0) return left;
    cursor.goTo(places[i]!, rounds[i]!);
    const cost = look(cursor);
    if (cost < 0) return -1;
    left -= cost;
  }
  return left;
}

function isWanted({ kind, agent, peer, method }: RowCursor, { kinds, agents, methods }: WantedRows): boolean {
  if (kind === "feed" || (kinds !== undefined && !kinds.has(kind))) return false;
  if (agents !== undefined && !agents.has(agent) && !agents.has(peer)) return false;
  return methods === undefined || methods.has(method);
}

/** What a page's filter wants, but for its text; undefined if the recording has nothing of it. */
export function wantedOf(filter: LineFilter | undefined, index: RunIndex): WantedRows | undefined {
  const { kinds = [], agents = [], methods = [] } = filter ?? {};
  const cells = (names: readonly string[]) =>
    names.length === 0
      ? undefined
      : new Set(names.map((name) => index.cellOf(name)).filter((cell) => cell !== undefined));
  const wanted = {
    // Ticks are wanted only by name: every time has one.
    kinds: kinds.length === 0 ? EVENTS : new Set(kinds),
    agents: cells(agents),
    methods: cells(methods),
  };
  return Object.values(wanted).some((set) => set?.size === 0) ? undefined : wanted;
}

/** All kinds but ticks and what was done to the run. */
const EVENT_KINDS: Record<Exclude<TraceEvent["kind"], "tick">, true> = {
  ...{ input: true, request: true, oneway: true, reply: true, failure: true, timer: true, external: true },
  ...{ log: true, created: true, removed: true, output: true, fault: true, step: true },
};
const EVENTS: ReadonlySet<string> = new Set(Object.keys(EVENT_KINDS));

/** Takes rows into a state without making more of them than the state looks at. */
export class RowCounter {
  readonly #state: RunState;
  /** Agents of the state by their cells. */
  readonly #agents: (AgentState | undefined)[] = [];

  constructor(state: RunState) {
    this.#state = state;
  }

  apply(cursor: RowCursor): void {
    const { kind, ticks, round } = cursor;
    if (kind === "feed") return;
    const state = this.#state;
    switch (kind) {
      case "created":
      case "removed":
      case "step":
        return state.apply(cursor.entry() as TraceEvent);
      case "input": {
        const agent = cursor.name(cursor.agent);
        this.#count(cursor);
        return state.takeInput(agent, cursor.name(cursor.method), cursor.content() as readonly unknown[]);
      }
      case "output":
        this.#count(cursor);
        return state.takeValues(cursor.name(cursor.agent), cursor.content() as Readonly<Record<string, unknown>>);
      case "tick":
        return state.countOf(kind, ticks, round, undefined, undefined, "");
      default:
        this.#count(cursor);
    }
  }

  #count(cursor: RowCursor): void {
    const { kind, ticks, round, agent, peer } = cursor;
    const other = peer < 0 ? undefined : this.#of(cursor, peer);
    this.#state.countOf(kind, ticks, round, this.#of(cursor, agent), other, peer < 0 ? "" : cursor.name(peer));
  }

  #of(cursor: RowCursor, cell: number): AgentState | undefined {
    if (cell >= CELLS_MAX) return this.#state.of(cursor.name(cell));
    return (this.#agents[cell] ??= this.#state.of(cursor.name(cell)));
  }
}
