import type { RunIndex, TraceEvent, WantedRows } from "../../../src/index.ts";
import { lineFilter, lineOf } from "../model/event-line.ts";
import {
  type ChainAnswer,
  COLUMNS_MAX,
  EVENTS_MAX,
  type EventLine,
  type EventsAnswer,
  type PairsAnswer,
  type Question,
  SERIES_MAX,
  type SeriesAnswer,
  type SeriesLine,
} from "../model/protocol.ts";
import { RUN, RunState } from "../model/run-state.ts";
import { SeriesStore } from "../model/series.ts";
import { ChainWalk, pairsAnswer, StateView } from "../model/views.ts";
import { LOOKED_AT_MAX, MADE, RecordedRows, RowCounter, wantedOf } from "./recorded-rows.ts";
import { RowText } from "./row-text.ts";

/** Kinds whose values are series. */
const SERIES_KINDS: ReadonlySet<string> = new Set(["input", "output", "step"]);
/** Numbers that all marks together hold. */
const MARK_CELLS_MAX = 12_000_000;
const MARKS_MAX = 128;
/** Rows that are read again for series with all their points. */
const DETAIL_MAX = LOOKED_AT_MAX;
/** States at times that were asked for. */
const STATES_KEPT = 8;

type Ask<K extends Question["ask"]> = Extract<Question, { readonly ask: K }>;

/** Counts at the beginning of a chunk. */
interface Mark {
  readonly chunk: number;
  readonly state: RunState;
}

/**
 * A recording that can be gone through. `read` goes over it once: counts, series, and marks from which the counts at any
 * time are reached by reading a small part. Events are read where they lie.
 */
export class RecordingView extends StateView {
  readonly state: RunState;
  readonly #index: RunIndex;
  readonly #rows: RecordedRows;
  readonly #counter: RowCounter;
  #marks: Mark[] = [];
  #markEvery = 1;
  readonly #states = new Map<number, Promise<RunState>>();

  constructor(index: RunIndex, series = new SeriesStore()) {
    super(series);
    this.#index = index;
    this.#rows = new RecordedRows(index);
    this.state = new RunState(series);
    this.#counter = new RowCounter(this.state);
  }

  /** Go over the recording, or over what was added since. @param onChunk - After each chunk. */
  async read(onChunk: () => void = () => {}): Promise<void> {
    await this.#index.read(
      (cursor) => this.#counter.apply(cursor),
      () => {
        onChunk();
        if (this.#index.chunks % this.#markEvery === 0) this.#mark(this.#index.chunks);
      },
    );
  }

  #mark(chunk: number): void {
    this.#marks.push({ chunk, state: this.state.clone() });
    const most = Math.max(2, Math.min(MARKS_MAX, MARK_CELLS_MAX / Math.max(1, this.state.size)));
    while (this.#marks.length > most) {
      this.#markEvery *= 2;
      this.#marks = this.#marks.filter(({ chunk: at }) => at % this.#markEvery === 0);
    }
  }

  protected stateAt(at: number | undefined): RunState | Promise<RunState> {
    if (at === undefined || at >= this.state.ticks) return this.state;
    const known = this.#states.get(at);
    if (known !== undefined) return known;
    const made = this.#makeState(at);
    this.#states.set(at, made);
    made.catch(() => this.#states.delete(at));
    if (this.#states.size > STATES_KEPT) this.#states.delete(this.#states.keys().next().value!);
    return made;
  }

  async #makeState(at: number): Promise<RunState> {
    const index = this.#index;
    let mark: Mark | undefined;
    for (const one of this.#marks) if (one.chunk < index.chunks && index.firstTicksOf(one.chunk) <= at) mark = one;
    const state = mark?.state.clone() ?? new RunState();
    const counter = new RowCounter(state);
    const cursor = index.cursor();
    for (let chunk = mark?.chunk ?? 0; chunk < index.chunks; chunk++) {
      if (index.firstTicksOf(chunk) > at) break;
      for (const { data, ticks } of await index.batchesOf(chunk)) {
        if (ticks > at) return state;
        cursor.open(data, ticks);
        while (cursor.next()) counter.apply(cursor);
      }
    }
    return state;
  }

  protected async events(question: Ask<"events">): Promise<EventsAnswer> {
    const { from, to, limit, last = false, filter, after } = question;
    const most = Math.min(EVENTS_MAX, limit);
    const found: EventLine[] = [];
    const wanted = wantedOf(filter, this.#index);
    const { text = "" } = filter ?? {};
    const [bytes, hasText] = [new RowText(text.toLowerCase()), lineFilter({ text })];
    const ended =
      wanted &&
      (await this.#rows.look({ from, to, backwards: last, wanted, after }, (cursor) => {
        if (text !== "" && !bytes.mayHave(cursor)) return 1;
        const line = lineOf(cursor.entry() as TraceEvent, cursor.ticks);
        if (!hasText(line)) return MADE;
        if (found.length === most) return -1;
        found.push(line);
        return MADE;
      }));
    if (last) found.reverse();
    return {
      events: found,
      more: ended !== undefined,
      since: last ? (ended?.ticks ?? from) : 0,
      until: last ? to : (ended?.ticks ?? to),
      ...(ended && { next: ended.place }),
    };
  }

  /** All events from the start, until `look` says false; without a bound. */
  async each(look: (event: TraceEvent, ticks: number) => boolean): Promise<void> {
    const cursor = this.#index.cursor();
    for (let chunk = 0; chunk < this.#index.chunks; chunk++) {
      for (const { data, ticks } of await this.#index.batchesOf(chunk)) {
        cursor.open(data, ticks);
        while (cursor.next()) {
          if (cursor.kind !== "feed" && !look(cursor.entry() as TraceEvent, ticks)) return;
        }
      }
    }
  }

  /** The first series by their names, each over the whole run. */
  allSeries(most: number, columns: number): { readonly lines: SeriesLine[]; readonly total: number } {
    const all = [...this.series.entries()];
    const lines = all.slice(0, most).map(([name, one]) => ({ name, ...one.range(0, this.state.ticks, columns) }));
    return { lines, total: all.length };
  }

  protected async chain({ id, ticks }: Ask<"chain">): Promise<ChainAnswer> {
    const walk = new ChainWalk(id);
    let own = this.#cellsOf(walk.wanted);
    await this.#rows.look({ from: 0, to: ticks, backwards: true }, (cursor) => {
      if (cursor.agent < 0 || cursor.idName < 0 || cursor.idNumber !== own.number || cursor.idName !== own.name)
        return 0;
      const line = lineOf(cursor.entry() as TraceEvent, cursor.ticks);
      walk.look(line.id, () => line);
      own = this.#cellsOf(walk.wanted);
      return walk.done ? -1 : MADE;
    });
    const note = walk.done ? "" : `${walk.wanted} was not found among the ${LOOKED_AT_MAX} events before`;
    return { chain: walk.chain, note };
  }

  /** An event's id as the rows have it. */
  #cellsOf(id: string): { readonly name: number; readonly number: number } {
    const at = id.lastIndexOf("#");
    const name = at < 0 ? undefined : this.#index.cellOf(id.slice(0, at));
    return name === undefined ? { name: -1, number: -1 } : { name, number: Number(id.slice(at + 1)) };
  }

  protected async pairs({ from, to, limit }: Ask<"pairs">): Promise<PairsAnswer> {
    const [later, earlier] = await Promise.all([this.stateAt(to), from > 0 ? this.stateAt(from - 1) : undefined]);
    return pairsAnswer(later, earlier, from, limit);
  }

  /** Where the whole series was thinned, a short piece of it is read again with all its points. */
  protected override async seriesAnswer(question: Ask<"series">): Promise<SeriesAnswer> {
    const { names, from, to, columns } = question;
    const coarse = await super.seriesAnswer(question);
    const isCoarse = names.slice(0, SERIES_MAX).some((name) => (this.series.get(name)?.stride ?? 1) > 1);
    if (!isCoarse || !this.#isShort(from, to)) return coarse;
    return this.#detail(coarse, { from, to, columns: Math.min(COLUMNS_MAX, columns) });
  }

  #isShort(from: number, to: number): boolean {
    const part = (to - from) / Math.max(1, this.state.ticks);
    return part * this.state.events < DETAIL_MAX / 2;
  }

  async #detail(
    coarse: SeriesAnswer,
    { from, to, columns }: { readonly from: number; readonly to: number; readonly columns: number },
  ): Promise<SeriesAnswer> {
    const store = new SeriesStore();
    const counter = new RowCounter(new RunState(store));
    const ended = await this.#rows.look({ from, to, wanted: this.#ownersOf(coarse) }, (cursor) => {
      counter.apply(cursor);
      return 1;
    });
    if (ended !== undefined) return coarse;
    return {
      series: coarse.series.map((line) => {
        const fine = store.get(line.name);
        return fine === undefined ? line : { name: line.name, ...fine.range(from, to, columns) };
      }),
    };
  }

  /** Rows that series are made of: those of their agents and simulators, or all for those of the run. */
  #ownersOf({ series }: SeriesAnswer): WantedRows {
    const agents = new Set<number>();
    for (const { name } of series) {
      if (name.startsWith(`${RUN}.`)) return {};
      for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
        const cell = this.#index.cellOf(name.slice(0, dot));
        if (cell !== undefined) agents.add(cell);
      }
    }
    return { agents, kinds: SERIES_KINDS };
  }
}
