/** Slots of the smallest table; a power of two, as all sizes. */
const SLOTS_MIN = 1024;

/** Cells of one key. */
const WIDTH = 3;

/**
 * How often each triple of a cursor's cells has occurred, in the order in which they were met first. A table of integers: a
 * Map whose keys were texts of the names would take ten times as long, and there is one look for each row.
 *
 * Source: open addressing with linear probing; Knuth, TAOCP vol. 3, 6.4.
 */
export class CellCounts {
  readonly #sizeMax: number;
  /** 1 + place of a key, or 0; at most half of them are taken. */
  #slots = new Int32Array(SLOTS_MIN);
  #keys = new Int32Array((SLOTS_MIN / 2) * WIDTH);
  #counts = new Float64Array(SLOTS_MIN / 2);
  #size = 0;

  /** @param sizeMax - Triples that are counted; those that are met first beyond it are not. */
  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  /** Count a triple once more; cells that a key does not need are any number, always the same. */
  add(first: number, second = 0, third = 0): void {
    const mask = this.#slots.length - 1;
    for (let slot = hashOf(first, second, third) & mask; ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot]! - 1;
      if (place < 0) {
        this.#insert(slot, first, second, third);
        return;
      }
      const at = place * WIDTH;
      if (this.#keys[at] === first && this.#keys[at + 1] === second && this.#keys[at + 2] === third) {
        this.#counts[place]!++;
        return;
      }
    }
  }

  /** The counts by names; `nameOf` gets the cells. Triples of one name are counted together. */
  named(nameOf: (first: number, second: number, third: number) => string): Map<string, number> {
    const named = new Map<string, number>();
    for (let place = 0; place < this.#size; place++) {
      const at = place * WIDTH;
      const name = nameOf(this.#keys[at]!, this.#keys[at + 1]!, this.#keys[at + 2]!);
      named.set(name, (named.get(name) ?? 0) + this.#counts[place]!);
    }
    return named;
  }

  #insert(slot: number, first: number, second: number, third: number): void {
    if (this.#size === this.#sizeMax) return;
    const place = this.#size++;
    this.#slots[slot] = place + 1;
    this.#keys.set([first, second, third], place * WIDTH);
    this.#counts[place] = 1;
    if (this.#size === this.#counts.length) this.#grow();
  }

  #grow(): void {
    const keys = new Int32Array(this.#keys.length * 2);
    const counts = new Float64Array(this.#counts.length * 2);
    keys.set(this.#keys);
    counts.set(this.#counts);
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let place = 0; place < this.#size; place++) {
      const at = place * WIDTH;
      let slot = hashOf(keys[at]!, keys[at + 1]!, keys[at + 2]!) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = place + 1;
    }
    [this.#slots, this.#keys, this.#counts] = [slots, keys, counts];
  }
}

/** Multipliers of MurmurHash3's finalizer and body spread neighbouring cells. Source: Appleby, smhasher. */
function hashOf(first: number, second: number, third: number): number {
  const mixed = Math.imul(first, 0x85ebca6b) ^ Math.imul(second, 0xc2b2ae35) ^ Math.imul(third, 0xcc9e2d51);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
