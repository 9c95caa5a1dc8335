/**
 * What is due when: a bucket per distinct time, and a binary heap of those times.
 *
 * Times are whole ticks. A bucket keeps no order of its own (whoever serves it sorts), so that cancelling is one swap
 * and leaves nothing behind.
 */

/** Something that can be put into a {@link TimerQueue}; the queue owns the two fields. */
export interface Timed {
  /** Where it was put last; undefined before. */
  bucket?: Bucket | undefined;
  /** Place in its bucket. */
  slot: number;
}

/** Everything that is due at one time. Items point here rather than have the time: that is one number for all of them. */
export interface Bucket<T = unknown> {
  readonly ticks: number;
  /** Empty once it was taken. */
  items: T[];
}

/** A queue of things that fall due at whole ticks. */
export class TimerQueue<T extends Timed> {
  /** Never empty: a bucket goes with its last item. */
  readonly #buckets = new Map<number, Bucket<T>>();
  /** Every key of `#buckets`, and perhaps times whose bucket has gone (dropped when they come up). */
  readonly #times: number[] = [];
  #size = 0;
  /** The bucket made last: most of what one step adds falls due at one time. */
  #last: Bucket<T> | undefined;

  /** Items in the queue. */
  get size(): number {
    return this.#size;
  }

  /** Times that it keeps in order, those of cancelled items included: bounded by twice the distinct due times. */
  get timesKept(): number {
    return this.#times.length;
  }

  /** Put `item` in, due at `ticks`. */
  add(ticks: number, item: T): void {
    let bucket = this.#last;
    if (bucket === undefined || bucket.ticks !== ticks) bucket = this.#bucketAt(ticks);
    const { items } = bucket;
    item.bucket = bucket;
    item.slot = items.length;
    items.push(item);
    this.#size++;
  }

  /**
   * Take `item` out before it falls due.
   *
   * @returns False if it was not in the queue.
   */
  cancel(item: T): boolean {
    const bucket = item.bucket as Bucket<T> | undefined;
    if (bucket?.items[item.slot] !== item) return false;
    const { items } = bucket;
    const last = items.pop()!;
    if (last !== item) {
      items[item.slot] = last;
      last.slot = item.slot;
    }
    if (items.length === 0) {
      this.#drop(bucket);
      this.#compact();
    }
    item.bucket = undefined;
    this.#size--;
    return true;
  }

  /** Take out everything that `matches`; one pass over the whole queue. */
  cancelWhere(matches: (item: T) => boolean): void {
    const found = [...this.#buckets.values()].flatMap(({ items }) => items.filter(matches));
    for (const item of found) this.cancel(item);
  }

  /** Earliest due time in ticks, or undefined if the queue is empty. */
  peek(): number | undefined {
    let first = this.#times[0];
    while (first !== undefined && !this.#buckets.has(first)) {
      this.#pop();
      first = this.#times[0];
    }
    return first;
  }

  /** Take out everything due at exactly `ticks`; the caller owns the array. */
  take(ticks: number): T[] {
    const bucket = this.#buckets.get(ticks);
    if (bucket === undefined) return [];
    this.#drop(bucket);
    const { items } = bucket;
    bucket.items = []; // none of them is in the queue any more, without a look at each
    this.#size -= items.length;
    return items;
  }

  #bucketAt(ticks: number): Bucket<T> {
    let bucket = this.#buckets.get(ticks);
    if (bucket === undefined) {
      bucket = { ticks, items: [] };
      this.#buckets.set(ticks, bucket);
      this.#push(ticks);
    }
    this.#last = bucket;
    return bucket;
  }

  #drop(bucket: Bucket<T>): void {
    this.#buckets.delete(bucket.ticks);
    if (bucket === this.#last) this.#last = undefined;
  }

  /** Drop times without a bucket once they are the larger part. */
  #compact(): void {
    if (this.#times.length < 64 || this.#times.length < 2 * this.#buckets.size) return;
    this.#times.length = 0;
    for (const time of [...this.#buckets.keys()].sort((a, b) => a - b)) this.#times.push(time);
  }

  #push(time: number): void {
    const heap = this.#times;
    let i = heap.length;
    heap.push(time);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent]!;
      if (above <= time) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = time;
  }

  #pop(): void {
    const heap = this.#times;
    const last = heap.pop()!;
    const length = heap.length;
    if (length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= length) break;
      if (child + 1 < length && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= last) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}
