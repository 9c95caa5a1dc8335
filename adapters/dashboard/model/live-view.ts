import type { TraceEvent } from "../../../src/index.ts";
import { lineFilter, lineOf } from "./event-line.ts";
import {
  type ChainAnswer,
  EVENTS_MAX,
  type EventLine,
  type EventsAnswer,
  type PairsAnswer,
  type Question,
} from "./protocol.ts";
import { RunState } from "./run-state.ts";
import { SeriesStore } from "./series.ts";
import { ChainWalk, pairsAnswer, StateView } from "./views.ts";

/** Events of the present that are kept whole until the next look. */
const FRESH_KEPT = 2048;
/** Events that are made rows of without being asked for: a run that goes slowly loses none, one that is fast no time. */
const CALM = 256;
/** Rows of events that are kept. */
const LINES_KEPT = 16_384;
/** Times between which messages can be counted apart. */
const MARKS_KEPT = 32;

type Ask<K extends Question["ask"]> = Extract<Question, { readonly ask: K }>;

/**
 * A run as it goes on: counts and series of all events, and the last of them as rows. Its memory does not grow with the
 * run; what is older is in the run's recording.
 *
 * `take` is called within the run and only counts. Rows are made when they are asked for, or while there are few.
 */
export class LiveView extends StateView {
  readonly state: RunState;
  /** Events since the last look; the oldest give way. */
  #fresh: TraceEvent[] = [];
  #freshAt = 0;
  #lines: EventLine[] = [];
  #missed = 0;
  /** Counts of earlier times. */
  readonly #marks: RunState[] = [];
  #markEvery = 1;
  #marked = 0;

  constructor(series = new SeriesStore()) {
    super(series);
    this.state = new RunState(series);
  }

  /** Events that were counted, but are in no row: more came between two looks than can be kept. */
  get missed(): number {
    return this.#missed;
  }

  take(batch: readonly TraceEvent[]): void {
    const { state } = this;
    for (let i = 0; i < batch.length; i++) {
      const event = batch[i]!;
      state.apply(event);
      if (event.kind === "tick") continue;
      if (this.#fresh.length < FRESH_KEPT) this.#fresh.push(event);
      else {
        this.#fresh[this.#freshAt] = event;
        this.#freshAt = (this.#freshAt + 1) % FRESH_KEPT;
        this.#missed++;
      }
    }
  }

  /** A little time has passed: keep what has happened, if that is quickly done. */
  rest(): void {
    if (this.#fresh.length <= CALM) this.look();
  }

  /** Make rows of what has happened since the last look. */
  look(): void {
    const fresh = this.#fresh;
    if (fresh.length > 0) {
      for (let i = 0; i < fresh.length; i++) {
        const event = fresh[(this.#freshAt + i) % fresh.length]!;
        this.#lines.push(lineOf(event, event.ticks));
      }
      this.#fresh = [];
      this.#freshAt = 0;
      if (this.#lines.length > 2 * LINES_KEPT) this.#lines = this.#lines.slice(-LINES_KEPT);
    }
    if (this.state.steps >= this.#marked + this.#markEvery && this.state.size < 20_000) this.#mark();
  }

  #mark(): void {
    this.#marked = this.state.steps;
    this.#marks.push(this.state.clone());
    if (this.#marks.length < MARKS_KEPT) return;
    for (let i = 0; i < this.#marks.length; i++) this.#marks.splice(i, 1);
    this.#markEvery = Math.max(this.#markEvery * 2, Math.ceil(this.state.steps / MARKS_KEPT));
  }

  protected stateAt(): RunState {
    return this.state;
  }

  protected events({ from, to, limit, last = false, filter }: Ask<"events">): EventsAnswer {
    this.look();
    const wanted = lineFilter(filter);
    const most = Math.min(EVENTS_MAX, limit);
    const found: EventLine[] = [];
    const lines = this.#lines;
    const step = last ? -1 : 1;
    let more = false;
    for (let i = last ? lines.length - 1 : 0; i >= 0 && i < lines.length; i += step) {
      const line = lines[i]!;
      if (line.ticks < from || line.ticks > to || !wanted(line)) continue;
      more = found.length === most;
      if (more) break;
      found.push(line);
    }
    if (last) found.reverse();
    return { events: found, more, since: this.#since(), until: this.state.ticks };
  }

  /** First time of which all rows may be there. */
  #since(): number {
    const isWhole = this.#missed === 0 && this.#lines.length === this.state.events - (this.state.kinds["tick"] ?? 0);
    return isWhole ? 0 : (this.#lines[0]?.ticks ?? 0);
  }

  protected chain({ id }: Ask<"chain">): ChainAnswer {
    this.look();
    const walk = new ChainWalk(id);
    for (let i = this.#lines.length - 1; i >= 0 && !walk.done; i--) {
      const line = this.#lines[i]!;
      walk.look(line.id, () => line);
    }
    const note = walk.done ? "" : `${walk.wanted} is older than what a live run keeps: record it, and look there`;
    return { chain: walk.chain, note };
  }

  protected pairs({ from, limit }: Ask<"pairs">): PairsAnswer {
    let earlier: RunState | undefined;
    for (const mark of this.#marks) if (mark.ticks < from) earlier = mark;
    return pairsAnswer(this.state, earlier, earlier?.ticks ?? 0, limit);
  }
}
