/**
 * What is due when: a bucket per distinct time, and a binary heap of those times.
 *
 * Times are whole ticks. A bucket keeps no order of its own (whoever serves it sorts), so that cancelling is one swap
 * and leaves nothing behind.
 */

/** Something that can be put into a {@link TimerQueue}; the queue owns the two fields. */
export interface Timed {
  /** Due time in ticks while it is in the queue, otherwise -1. */
  dueTicks: number;
  /** Place in its bucket. */
  slot: number;
}

/** A queue of things that fall due at whole ticks. */
export class TimerQueue<T extends Timed> {
  /** Never empty: a bucket goes with its last item. */
  readonly #buckets = new Map<number, T[]>();
  /** Every key of `#buckets`, and perhaps times whose bucket has gone (dropped when they come up). */
  readonly #times: number[] = [];
  #size = 0;
  /** The bucket made last: most of what one step adds falls due at one time. */
  #lastTicks = -1;
  #lastBucket: T[] | undefined;

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
    item.dueTicks = ticks;
    const bucket = ticks === this.#lastTicks ? this.#lastBucket : this.#buckets.get(ticks);
    if (bucket === undefined) {
      item.slot = 0;
      this.#lastTicks = ticks;
      this.#lastBucket = [item];
      this.#buckets.set(ticks, this.#lastBucket);
      this.#push(ticks);
    } else {
      item.slot = bucket.length;
      bucket.push(item);
    }
    this.#size++;
  }

  /**
   * Take `item` out before it falls due.
   *
   * @returns False if it was not in the queue.
   */
  cancel(item: T): boolean {
    const bucket = this.#buckets.get(item.dueTicks);
    if (bucket?.[item.slot] !== item) return false;
    const last = bucket.pop()!;
    if (last !== item) {
      bucket[item.slot] = last;
      last.slot = item.slot;
    }
    if (bucket.length === 0) {
      this.#drop(item.dueTicks);
      this.#compact();
    }
    item.dueTicks = -1;
    this.#size--;
    return true;
  }

  /** Take out everything that `matches`; one pass over the whole queue. */
  cancelWhere(matches: (item: T) => boolean): void {
    const found = [...this.#buckets.values()].flatMap((bucket) => bucket.filter(matches));
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
    this.#drop(ticks);
    this.#size -= bucket.length;
    for (let i = 0; i < bucket.length; i++) bucket[i]!.dueTicks = -1;
    return bucket;
  }

  #drop(ticks: number): void {
    this.#buckets.delete(ticks);
    if (ticks !== this.#lastTicks) return;
    this.#lastTicks = -1;
    this.#lastBucket = undefined;
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
