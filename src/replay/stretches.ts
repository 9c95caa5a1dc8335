import type { FeedEntry, RunEntry } from "../observe/index.ts";
import type { TraceEvent } from "../trace.ts";

/** What was done to a run from one advance to the next, and what came of it. */
export interface Stretch {
  /** The last is an `advance`, unless the recording ends before one. */
  readonly feeds: readonly FeedEntry[];
  /** Calls from outside that entered with the advance, in their order. */
  readonly calls: readonly FeedEntry[];
  readonly events: readonly TraceEvent[];
  /** Nothing comes after it. */
  readonly isLast: boolean;
}

/** Cut a recording into its advances; the events of one are held at a time. */
export async function* stretches(
  batches: AsyncIterable<readonly RunEntry[]>,
): AsyncGenerator<Stretch, void, undefined> {
  let feeds: FeedEntry[] = [];
  let calls: FeedEntry[] = [];
  let events: TraceEvent[] = [];
  for await (const batch of batches) {
    for (const entry of batch) {
      if (entry.kind !== "feed") events.push(entry);
      else if (entry.op === "call") calls.push(entry);
      else {
        if (feeds.at(-1)?.op === "advance") {
          yield { feeds, calls, events, isLast: false };
          [feeds, calls, events] = [[], [], []];
        }
        feeds.push(entry);
      }
    }
  }
  if (feeds.length > 0 || events.length > 0) yield { feeds, calls, events, isLast: true };
}
