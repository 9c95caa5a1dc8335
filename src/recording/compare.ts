import { Comparison, type Difference } from "../observe/comparison.ts";
import type { TraceEvent } from "../trace.ts";
import type { FeedEntry } from "./entry.ts";
import { openRun, type RunFile } from "./reader.ts";

/** What a comparison of two recordings found. */
export interface RunComparison {
  /** Where they differ first; undefined if they do not. */
  readonly difference: Difference | undefined;
  /** Events that were the same. */
  readonly compared: number;
  /** The first thing that was done to one of them and not to the other before the difference, `expected` to `a`. */
  readonly feeds: { readonly expected: FeedEntry | undefined; readonly actual: FeedEntry | undefined } | undefined;
  /** What the headers say otherwise, as `seed: 1, 2`. */
  readonly headers: readonly string[];
  readonly ticksPerSecond: number;
}

/**
 * Compare two recordings event by event; both are read in step, whatever their length.
 *
 * @throws RecordingError if one of them cannot be read.
 */
export async function compareRuns(a: string, b: string): Promise<RunComparison> {
  const files: RunFile[] = [];
  try {
    files.push(await openRun(a));
    files.push(await openRun(b));
    return await compare(files[0]!, files[1]!);
  } finally {
    for (const file of files) await file.close();
  }
}

async function compare(a: RunFile, b: RunFile): Promise<RunComparison> {
  const comparison = new Comparison();
  let feeds: RunComparison["feeds"];
  const sides = [new Side(a), new Side(b)] as const;
  while (comparison.difference === undefined) {
    const [expected, actual] = await Promise.all(sides.map((side) => side.next()));
    if (expected === undefined && actual === undefined) break;
    comparison.push(expected ?? [], actual ?? []);
    const [given, other] = sides.map((side) => side.feeds);
    const length = Math.min(given!.length, other!.length);
    for (let i = 0; i < length && feeds === undefined; i++) {
      if (!sameFeed(given![i]!, other![i]!)) feeds = { expected: given![i], actual: other![i] };
    }
    given!.splice(0, length);
    other!.splice(0, length);
  }
  comparison.end();
  const [given, other] = sides.map((side) => side.feeds[0]);
  if (comparison.difference === undefined && (given ?? other) !== undefined)
    feeds ??= { expected: given, actual: other };
  const { difference, compared } = comparison;
  return { difference, compared, feeds, headers: headersOf(a, b), ticksPerSecond: a.header.ticksPerSecond };
}

/** One of two recordings, read a batch at a time. */
class Side {
  readonly feeds: FeedEntry[] = [];
  readonly #batches: AsyncIterator<readonly (TraceEvent | FeedEntry)[]>;

  constructor(file: RunFile) {
    this.#batches = file.batches();
  }

  /** Events of the next batch; undefined at the end. */
  async next(): Promise<TraceEvent[] | undefined> {
    const { value, done } = await this.#batches.next();
    if (done === true) return undefined;
    const events: TraceEvent[] = [];
    for (const entry of value) {
      if (entry.kind === "feed") this.feeds.push(entry);
      else events.push(entry);
    }
    return events;
  }
}

function sameFeed(a: FeedEntry, b: FeedEntry): boolean {
  const comparison = new Comparison();
  const event = ({ op, ticks, round, content }: FeedEntry): TraceEvent => ({
    ...{ kind: "log", ticks, round, agent: "", id: "", cause: undefined },
    ...{ message: op, fields: content },
  });
  comparison.push([event(a)], [event(b)]);
  return comparison.difference === undefined;
}

function headersOf(a: RunFile, b: RunFile): string[] {
  const [one, other] = [a.header, b.header] as unknown as [Record<string, unknown>, Record<string, unknown>];
  return Object.keys({ ...one, ...other }).flatMap((key) => {
    const [left, right] = [JSON.stringify(one[key]), JSON.stringify(other[key])];
    return left === right ? [] : [`${key}: ${left}, ${right}`];
  });
}
