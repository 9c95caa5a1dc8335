/** Place of a name in the dictionary, or the name itself where the dictionary has no room for it. */
export type NameCell = number | string;

/** Largest number of an event that is stored apart from its sender's name. */
export const NUMBER_MAX = 0xffff_ffff;

/** Dictionary of the names in a run file: each is written once, in the batch where it first occurs. */
export class NameDictionary {
  readonly #indices = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #namesMax: number;
  /** The two that were looked up last, the newer one first: most events name two agents, several times each. */
  #last: string | undefined;
  #lastCell: NameCell = "";
  #before: string | undefined;
  #beforeCell: NameCell = "";
  /** Names up to here have been written. */
  #written = 0;
  /** Names up to here are those of the one that it was compared with. */
  #compared = 0;
  /** What `idName` cut off last. */
  idNumber = 0;

  constructor(namesMax: number) {
    this.#namesMax = namesMax;
  }

  cell(name: string): NameCell {
    if (name === this.#last) return this.#lastCell;
    const cell = name === this.#before ? this.#beforeCell : (this.#indices.get(name) ?? this.#add(name));
    this.#before = this.#last;
    this.#beforeCell = this.#lastCell;
    this.#last = name;
    this.#lastCell = cell;
    return cell;
  }

  #add(name: string): NameCell {
    if (this.#names.length >= this.#namesMax) return name;
    this.#indices.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  /**
   * Name of the sender in an event's id, with `idNumber` set to the number after it; an id of another form stands as it
   * is, with number -1.
   *
   * @param guess - Name that the id probably starts with.
   * @param other - If not, it is probably this one.
   */
  idName(id: string, guess: string, other: string): NameCell {
    let name = guess;
    this.idNumber = isOf(id, name) ? numberAfter(id, name.length + 1) : -1;
    if (this.idNumber < 0 && isOf(id, other)) {
      name = other;
      this.idNumber = numberAfter(id, name.length + 1);
    }
    if (this.idNumber < 0 && !isOf(id, guess)) {
      name = id.slice(0, Math.max(0, id.lastIndexOf("#")));
      this.idNumber = isOf(id, name) ? numberAfter(id, name.length + 1) : -1;
    }
    return this.idNumber < 0 ? id : this.cell(name);
  }

  /** Names that came since the last call; whoever calls writes them. */
  take(): string[] {
    const fresh = this.#names.slice(this.#written);
    this.#written = this.#names.length;
    return fresh;
  }

  /** Learn the names of a batch that is read. */
  learn(names: readonly string[]): void {
    for (const name of names) this.#indices.set(name, this.#names.push(name) - 1);
  }

  /** Cell of a name that was learned; `undefined` if there is no such name. */
  find(name: string): number | undefined {
    return this.#indices.get(name);
  }

  /** Number of names. */
  get size(): number {
    return this.#names.length;
  }

  /** Whether another one has the same names; those that were compared by the last call are not looked at again. */
  hasSameNames(other: NameDictionary): boolean {
    if (other.size !== this.size) return false;
    while (this.#compared < this.size && this.#names[this.#compared] === other.#names[this.#compared]) this.#compared++;
    return this.#compared === this.size;
  }

  /** @returns `undefined` if there is no such name. */
  name(cell: unknown): string | undefined {
    return typeof cell === "number" ? this.#names[cell] : typeof cell === "string" ? cell : undefined;
  }
}

/** Whether an event's id begins with this name. */
function isOf(id: string, name: string): boolean {
  return id.charCodeAt(name.length) === 0x23 && id.startsWith(name);
}

/** The whole number in canonical form that fills `text` from `start`; -1 if there is none or it is too large. */
function numberAfter(text: string, start: number): number {
  const { length } = text;
  if (start === length || length - start > 10) return -1;
  if (text.charCodeAt(start) === 0x30) return length - start === 1 ? 0 : -1;
  let number = 0;
  for (let i = start; i < length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number <= NUMBER_MAX ? number : -1;
}
