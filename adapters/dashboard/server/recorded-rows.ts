import type { RowCursor, RunIndex, TraceEvent, WantedRows } from "../../../src/index.ts";
import type { LineFilter, RowPlace } from "../model/protocol.ts";
import type { AgentState, RunState } from "../model/run-state.ts";

/** Rows that one answer looks at: about a tenth of a second. */
export const LOOKED_AT_MAX = 250_000;
/** What a row costs of these that is made an event of. */
export const MADE = 24;

/** Stands for the first row or batch, or backwards the last. */
const ANY = -1;

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
  /** Go on where another look has ended. */
  readonly after?: RowPlace | undefined;
}

/** Where a look has ended. */
export interface Ended {
  readonly ticks: number;
  /** The row that it has not looked at any more. */
  readonly place: RowPlace;
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
   * @param look - Stands on a row. It gives what that has cost, of `LOOKED_AT_MAX` in all; -1 ends it before this row.
   * @returns Where it ended too early; undefined if all were seen.
   */
  async look(
    { from, to, backwards = false, wanted = {}, after }: Look,
    look: (cursor: RowCursor) => number,
  ): Promise<Ended | undefined> {
    const index = this.#index;
    const [first, last] = this.#chunks(from, to);
    const by = backwards ? -1 : 1;
    const cursor = index.cursor();
    const scan = new Scan(cursor, wanted, look);
    let [chunk, batch, row] = after ?? [backwards ? last : first, ANY, ANY];
    for (; chunk >= first && chunk <= last; chunk += by, batch = ANY, row = ANY) {
      if (!index.mayHold(chunk, wanted)) continue;
      const batches = await index.batchesOf(chunk);
      if (batch === ANY) batch = backwards ? batches.length - 1 : 0;
      for (; batch >= 0 && batch < batches.length; batch += by, row = ANY) {
        const { data, ticks } = batches[batch]!;
        if (ticks < from || ticks > to) continue;
        if (scan.left < 0) return { ticks, place: [chunk, batch, ANY] };
        cursor.open(data, ticks);
        const endedAt = backwards ? scan.back(row) : scan.on(row);
        if (endedAt !== ANY) return { ticks, place: [chunk, batch, endedAt] };
      }
    }
    return undefined;
  }

  /** First and last chunk that may have rows of these times. */
  #chunks(from: number, to: number): readonly [first: number, last: number] {
    const index = this.#index;
    let last = Math.min(index.chunks - 1, index.chunkAt(to + 1));
    while (last > 0 && index.firstTicksOf(last) > to) last--;
    return [index.chunkAt(from), last];
  }
}

/** Goes over batches; its methods give the row that was not looked at any more, or `ANY` if all were. */
class Scan {
  left = LOOKED_AT_MAX;
  #looked = false;
  readonly #cursor: RowCursor;
  readonly #wanted: WantedRows;
  readonly #look: (cursor: RowCursor) => number;

  constructor(cursor: RowCursor, wanted: WantedRows, look: (cursor: RowCursor) => number) {
    this.#cursor = cursor;
    this.#wanted = wanted;
    this.#look = look;
  }

  on(first: number): number {
    const cursor = this.#cursor;
    for (let row = 0; cursor.next(); row++) {
      this.left--;
      if (row >= first && isWanted(cursor, this.#wanted) && !this.#goesOn()) return row;
    }
    return ANY;
  }

  /** Rows have their places only in their order, so those that are wanted are remembered. */
  back(last: number): number {
    const cursor = this.#cursor;
    const rows: number[] = [];
    const places: number[] = [];
    const rounds: number[] = [];
    for (let row = 0; cursor.next(); row++) {
      this.left--;
      if ((last !== ANY && row > last) || !isWanted(cursor, this.#wanted)) continue;
      rows.push(row);
      places.push(cursor.place);
      rounds.push(cursor.round);
    }
    for (let i = rows.length - 1; i >= 0; i--) {
      cursor.goTo(places[i]!, rounds[i]!);
      if (!this.#goesOn()) return rows[i]!;
    }
    return ANY;
  }

  /** Look at the row; at least one each time, so that whoever goes on comes to an end. */
  #goesOn(): boolean {
    if (this.left < 0 && this.#looked) return false;
    const cost = this.#look(this.#cursor);
    this.left -= cost;
    this.#looked = true;
    return cost >= 0;
  }
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
        state.apply(cursor.entry() as TraceEvent);
        return;
      case "input": {
        const agent = cursor.name(cursor.agent);
        this.#count(cursor);
        state.takeInput(agent, cursor.name(cursor.method), cursor.content() as readonly unknown[]);
        return;
      }
      case "output":
        this.#count(cursor);
        state.takeValues(cursor.name(cursor.agent), cursor.content() as Readonly<Record<string, unknown>>);
        return;
      case "tick":
        state.countOf(kind, ticks, round, undefined, undefined, "");
        return;
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
    this.#agents[cell] ??= this.#state.of(cursor.name(cell));
    return this.#agents[cell];
  }
}
