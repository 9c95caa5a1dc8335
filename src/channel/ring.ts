/** Slots at first, and at most; powers of two. */
const SLOTS_MIN = 64;
const SLOTS_MAX = 65_536;

/** What waits under an id. */
interface Numbered {
  readonly id: number;
}

/**
 * What waits, by ids that count up: the slot of an id is its lower bits, so that finding it costs one look. The full id
 * is compared, always. What still waits when its slot comes round again moves to a map.
 */
export class Ring<T extends Numbered> {
  #slots: (T | undefined)[] = new Array<T | undefined>(SLOTS_MIN).fill(undefined);
  readonly #elders = new Map<number, T>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Its id is in no other item. */
  add(item: T): void {
    let slot = item.id & (this.#slots.length - 1);
    if (this.#slots[slot] !== undefined) {
      if (this.#size >= this.#slots.length / 2 && this.#slots.length < SLOTS_MAX) this.#grow();
      slot = item.id & (this.#slots.length - 1);
      this.#moveAway(slot);
    }
    this.#slots[slot] = item;
    this.#size++;
  }

  /** Take out what waits under this id; undefined if nothing does. */
  take(id: number): T | undefined {
    const slot = id & (this.#slots.length - 1);
    let item = this.#slots[slot];
    if (item !== undefined && item.id === id) this.#slots[slot] = undefined;
    else {
      item = this.#elders.get(id);
      if (item === undefined) return undefined;
      this.#elders.delete(id);
    }
    this.#size--;
    return item;
  }

  /** All that waits, in the order of the ids. */
  items(): T[] {
    const items = [...this.#elders.values()];
    for (const item of this.#slots) if (item !== undefined) items.push(item);
    return items.sort((a, b) => a.id - b.id);
  }

  #moveAway(slot: number): void {
    const elder = this.#slots[slot];
    if (elder !== undefined) this.#elders.set(elder.id, elder);
  }

  #grow(): void {
    const items = this.items();
    this.#slots = new Array<T | undefined>(this.#slots.length * 4).fill(undefined);
    this.#elders.clear();
    for (const item of items) {
      const slot = item.id & (this.#slots.length - 1);
      this.#moveAway(slot);
      this.#slots[slot] = item;
    }
  }
}
