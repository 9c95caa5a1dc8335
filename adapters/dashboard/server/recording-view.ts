import type { RunIndex, TraceEvent } from "../../../src/index.ts";
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
import { RunState } from "../model/run-state.ts";
import { SeriesStore } from "../model/series.ts";
import { ChainWalk, pairsAnswer, StateView } from "../model/views.ts";

/** Numbers that all marks together hold. */
const MARK_CELLS_MAX = 4_000_000;
const MARKS_MAX = 128;
/** Events that one answer looks at: about a third of a second. */
const LOOKED_AT_MAX = 500_000;
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
  #marks: Mark[] = [];
  #markEvery = 1;
  readonly #states = new Map<number, Promise<RunState>>();

  constructor(index: RunIndex, series = new SeriesStore()) {
    super(series);
    this.#index = index;
    this.state = new RunState(series);
  }

  /** Go over the recording. @param onChunk - After each chunk: how many there have been. */
  async read(onChunk: (chunks: number) => void = () => {}): Promise<void> {
    let chunks = 0;
    for await (const batch of this.#index.batches()) {
      if (this.#index.chunks > chunks) {
        chunks = this.#index.chunks;
        onChunk(chunks);
        if ((chunks - 1) % this.#markEvery === 0) this.#mark(chunks - 1);
      }
      for (const entry of batch) if (entry.kind !== "feed") this.state.apply(entry);
    }
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
    let mark: Mark | undefined;
    for (const one of this.#marks) if (this.#index.firstTicksOf(one.chunk) <= at) mark = one;
    const state = mark?.state.clone() ?? new RunState();
    for (let chunk = mark?.chunk ?? 0; chunk < this.#index.chunks; chunk++) {
      if (this.#index.firstTicksOf(chunk) > at) break;
      for (const batch of await this.#index.chunk(chunk)) {
        for (const entry of batch) {
          if (entry.kind === "feed") continue;
          if (entry.kind !== "step" && entry.ticks > at) return state;
          state.apply(entry);
        }
      }
    }
    return state;
  }

  protected async events(question: Ask<"events">): Promise<EventsAnswer> {
    const { from, to, limit, last = false, filter } = question;
    const wanted = lineFilter(filter);
    const most = Math.min(EVENTS_MAX, limit);
    const found: EventLine[] = [];
    const withTicks = filter?.kinds?.includes("tick") === true;
    const ended = await this.#look(from, to, last, (event, ticks) => {
      if (event.kind === "tick" && !withTicks) return true;
      const line = lineOf(event, ticks);
      if (!wanted(line)) return true;
      if (found.length === most) return false;
      found.push(line);
      return true;
    });
    if (last) found.reverse();
    return {
      events: found,
      more: ended !== undefined,
      since: last ? (ended ?? from) : 0,
      until: last ? to : (ended ?? to),
    };
  }

  /** All events from the start, until `look` says false; without a bound. */
  async each(look: (event: TraceEvent, ticks: number) => boolean): Promise<void> {
    for (let chunk = 0; chunk < this.#index.chunks; chunk++) {
      for (const batch of await this.#index.chunk(chunk)) {
        let ticks = batch.find((entry) => entry.kind !== "step")?.ticks ?? this.#index.firstTicksOf(chunk);
        for (const entry of batch) {
          if (entry.kind === "feed") continue;
          if (entry.kind !== "step") ticks = entry.ticks;
          if (!look(entry, ticks)) return;
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

  /**
   * Go through the events from `from` to `to`, or from the last to the first.
   *
   * @param look - Given the event; false ends it.
   * @returns Ticks at which it ended too early; undefined if all were seen.
   */
  async #look(
    from: number,
    to: number,
    backwards: boolean,
    look: (event: TraceEvent, ticks: number) => boolean,
  ): Promise<number | undefined> {
    const index = this.#index;
    let seen = 0;
    const end = index.chunks;
    let chunk = index.chunkAt(from);
    const firstChunk = chunk;
    if (backwards) {
      chunk = Math.min(end - 1, index.chunkAt(to + 1));
      while (chunk > 0 && index.firstTicksOf(chunk) > to) chunk--;
    }
    for (; chunk >= firstChunk && chunk < end; chunk += backwards ? -1 : 1) {
      if (!backwards && index.firstTicksOf(chunk) > to) break;
      const batches = await index.chunk(chunk);
      for (const batch of backwards ? batches.toReversed() : batches) {
        let ticks = batch.find((entry) => entry.kind !== "step")?.ticks ?? index.firstTicksOf(chunk);
        for (const entry of backwards ? batch.toReversed() : batch) {
          if (entry.kind === "feed") continue;
          if (entry.kind !== "step") ticks = entry.ticks;
          if (ticks < from || ticks > to) continue;
          if (++seen > LOOKED_AT_MAX || !look(entry, ticks)) return ticks;
        }
      }
    }
    return undefined;
  }

  protected async chain({ id, ticks }: Ask<"chain">): Promise<ChainAnswer> {
    const walk = new ChainWalk(id);
    await this.#look(0, ticks, true, (event, at) => {
      if ("id" in event) walk.look(event.id, () => lineOf(event, at));
      return !walk.done;
    });
    const note = walk.done ? "" : `${walk.wanted} was not found among the ${LOOKED_AT_MAX} events before`;
    return { chain: walk.chain, note };
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
    return part * this.state.events < LOOKED_AT_MAX;
  }

  async #detail(
    coarse: SeriesAnswer,
    { from, to, columns }: { readonly from: number; readonly to: number; readonly columns: number },
  ): Promise<SeriesAnswer> {
    const store = new SeriesStore();
    const state = new RunState(store);
    await this.#look(from, to, false, (event) => {
      state.apply(event);
      return true;
    });
    return {
      series: coarse.series.map((line) => {
        const fine = store.get(line.name);
        return fine === undefined ? line : { name: line.name, ...fine.range(from, to, columns) };
      }),
    };
  }
}
