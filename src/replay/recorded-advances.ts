import type { FeedEntry, RowCursor, RunFile } from "../recording/index.ts";
import type { ExternalEvent, TraceEvent } from "../trace.ts";

/** Neighbouring rows of one batch that are events. */
interface Span {
  readonly data: Buffer;
  readonly ticks: number;
  /** Where the first one begins, and its round. */
  readonly place: number;
  readonly round: number;
  rows: number;
}

/** What was done to a run from one advance to the next, and what came of it. */
export class RecordedAdvance {
  /** The last is an `advance`, unless the recording ends before one. */
  readonly feeds: FeedEntry[] = [];
  /** Calls from outside that entered with the advance, in their order. */
  readonly calls: FeedEntry[] = [];
  /** What came back from real I/O. */
  readonly externals: ExternalEvent[] = [];
  /** Nothing comes after it. */
  isLast = false;
  readonly #spans: Span[] = [];
  /** Events of the advance. */
  size = 0;

  /** Take in the event that a cursor stands on, in the batch `data`. @param isNext - It follows the one before it there. */
  addEvent(cursor: RowCursor, data: Buffer, isNext: boolean): void {
    this.size++;
    if (isNext) this.#spans.at(-1)!.rows++;
    else this.#spans.push({ data, ticks: cursor.ticks, place: cursor.place, round: cursor.round, rows: 1 });
    if (cursor.kind === "external") this.externals.push(cursor.entry() as ExternalEvent);
  }

  /** Stand on each event in turn. @param look - False ends it. */
  each(cursor: RowCursor, look: (cursor: RowCursor) => boolean): void {
    for (const { data, ticks, place, round, rows } of this.#spans) {
      cursor.open(data, ticks);
      cursor.goTo(place, round);
      for (let row = 0; row < rows; row++) {
        if (row > 0) cursor.next();
        if (!look(cursor)) return;
      }
    }
  }

  /** All its events. */
  events(cursor: RowCursor): TraceEvent[] {
    const events: TraceEvent[] = [];
    this.each(cursor, (at) => events.push(at.entry() as TraceEvent) > 0);
    return events;
  }
}

/**
 * Cut a recording into its advances. What was done to the run is made at once, its events are left where they lie: the
 * batches of one advance are held at a time.
 *
 * @param cursor - Before the first batch; it learns the names.
 */
export async function* recordedAdvances(
  file: RunFile,
  cursor: RowCursor,
): AsyncGenerator<RecordedAdvance, void, undefined> {
  let advance = new RecordedAdvance();
  let sequence = 0;
  for await (const batch of file.stored()) {
    const whole: RecordedAdvance[] = [];
    file.openBatch(cursor, batch, sequence++, () => {
      let isNext = false;
      while (cursor.next()) {
        const isEvent = cursor.kind !== "feed";
        if (isEvent) advance.addEvent(cursor, batch.data, isNext);
        else {
          const feed = cursor.entry() as FeedEntry;
          if (feed.op === "call") advance.calls.push(feed);
          else {
            if (advance.feeds.at(-1)?.op === "advance") {
              whole.push(advance);
              advance = new RecordedAdvance();
            }
            advance.feeds.push(feed);
          }
        }
        isNext = isEvent;
      }
    });
    yield* whole;
  }
  advance.isLast = true;
  if (advance.feeds.length > 0 || advance.size > 0) yield advance;
}
