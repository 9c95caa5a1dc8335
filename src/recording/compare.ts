import { Causes, Comparison, type Difference } from "../observe/comparison.ts";
import type { TraceEvent } from "../trace.ts";
import { isSameBody } from "./batch.ts";
import type { FeedEntry } from "./entry.ts";
import { openRun, type ReadPoint, type RunFile, type StoredBatch } from "./reader.ts";
import { RowCursor } from "./row-cursor.ts";
import { NameDictionary } from "./rows/names.ts";
import { ROW } from "./rows/rows.ts";

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
 * Compare two recordings event by event; both are read in step, whatever their length. Events are made of batches alone
 * whose bytes differ.
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
  const comparison = new Comparison(false);
  const sides = [new Side(a), new Side(b)] as const;
  let feeds: RunComparison["feeds"];
  if (a.headerText === b.headerText) comparison.skip(await skipSameChunks(...sides));
  while (comparison.difference === undefined) {
    const [expected, actual] = await Promise.all(sides.map((side) => side.next()));
    if (expected === undefined && actual === undefined) break;
    const isEven = comparison.isEven && (feeds !== undefined || sides.every((side) => side.feeds.length === 0));
    if (isEven && isSameBatch(...sides)) {
      comparison.skip(sides[0].skip());
      sides[1].learn();
      continue;
    }
    comparison.push(sides[0].take(), sides[1].take());
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
  const explained = difference && { ...difference, causes: await causesBehind(difference, b, sides[1].batches) };
  return { difference: explained, compared, feeds, headers: headersOf(a, b), ticksPerSecond: a.header.ticksPerSecond };
}

/**
 * Go over the chunks that are the same in both files, which begin with the same header. Their bytes are compared as they
 * lie there: what holds for those of `a` holds for those of `b`, so they are decompressed and checked once.
 *
 * @returns Number of their events.
 */
async function skipSameChunks(a: Side, b: Side): Promise<number> {
  let events = 0;
  const { point } = a;
  for (; point.chunk < Math.min(a.file.chunks, b.file.chunks); point.chunk++) {
    const [bytes, others] = await Promise.all([a.file.chunkBytes(point.chunk), b.file.chunkBytes(point.chunk)]);
    if (!bytes.equals(others)) break;
    for (const batch of await a.file.checkedChunk(point, bytes)) {
      for (const side of [a, b]) side.stand(batch);
      events += a.skip();
      b.learn();
    }
  }
  b.point = { ...point, chain: point.chain.copy() };
  return events;
}

/** Whether the batches that both sides stand on hold the same: the same bytes, and so far the same names. */
function isSameBatch(a: Side, b: Side): boolean {
  if (a.batch === undefined || b.batch === undefined || !a.names.hasSameNames(b.names)) return false;
  return isSameBody(a.batch.data, b.batch.data);
}

/** Events that led to a difference in `file`, of which so many batches have been looked at. */
async function causesBehind({ actual, expected }: Difference, file: RunFile, batches: number): Promise<TraceEvent[]> {
  const causes = new Causes();
  let read = 0;
  for await (const entries of file.batches()) {
    if (read++ === batches) break;
    for (const entry of entries) if (entry.kind !== "feed") causes.add(entry);
  }
  return causes.of((actual ?? expected)!);
}

/** One of two recordings, read a batch at a time. */
class Side {
  readonly file: RunFile;
  /** What was done to the run and has no counterpart yet. */
  readonly feeds: FeedEntry[] = [];
  readonly names = new NameDictionary(0);
  readonly #cursor = new RowCursor(this.names);
  /** Where the next chunk is; it stays what it is once `next` was called. */
  point: ReadPoint;
  #stored: AsyncIterator<StoredBatch> | undefined;
  /** The batch that it stands on; undefined behind the last one. */
  batch: StoredBatch | undefined;
  /** Batches up to this one. */
  batches = 0;

  constructor(file: RunFile) {
    this.file = file;
    this.point = file.start();
  }

  /** Go to the next batch. */
  async next(): Promise<StoredBatch | undefined> {
    this.#stored ??= this.file.stored(this.point);
    const { value, done } = await this.#stored.next();
    if (done === true) this.batch = undefined;
    else this.stand(value);
    return this.batch;
  }

  stand(batch: StoredBatch): void {
    this.batch = batch;
    this.batches++;
  }

  /** Count the events of its batch without making them. */
  skip(): number {
    let events = 0;
    this.file.openBatch(this.#cursor, this.batch!, this.batches - 1, (cursor) => {
      while (cursor.next()) if (cursor.code !== ROW.feed) events++;
    });
    return events;
  }

  /** Learn the names of its batch alone. */
  learn(): void {
    this.file.openBatch(this.#cursor, this.batch!, this.batches - 1, () => {});
  }

  /** Events of its batch; what was done to the run goes to `feeds`. */
  take(): TraceEvent[] {
    const events: TraceEvent[] = [];
    if (this.batch === undefined) return events;
    const { data, ticks } = this.batch;
    for (const entry of this.file.entriesOf(data, ticks, this.names, this.batches - 1)) {
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
