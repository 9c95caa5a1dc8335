/** Place of a name in the dictionary, or the name itself where the dictionary has no room for it. */
export type NameCell = number | string;

/** Largest number of an event that is stored apart from its sender's name. */
const NUMBER_MAX = 0xffff_ffff;

/** Dictionary of the names in a run file: each is written once, in the batch where it first occurs. */
export class RunNames {
  readonly #indices = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #namesMax: number;
  /** Names up to here have been written. */
  #written = 0;
  /** What `idName` cut off last. */
  idNumber = 0;

  constructor(namesMax: number) {
    this.#namesMax = namesMax;
  }

  cell(name: string): NameCell {
    const known = this.#indices.get(name);
    if (known !== undefined) return known;
    if (this.#names.length >= this.#namesMax) return name;
    this.#indices.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  /**
   * Name of the sender in an event's id, with `idNumber` set to the number after it; an id of another form stands as it
   * is, with number -1.
   *
   * @param guess - Name that the id probably starts with.
   */
  idName(id: string, guess: string): NameCell {
    const same = id.startsWith(guess) && id.charCodeAt(guess.length) === 0x23;
    const at = same ? guess.length : id.lastIndexOf("#");
    this.idNumber = at < 0 ? -1 : numberAfter(id, at + 1);
    if (this.idNumber < 0) return id;
    return this.cell(same ? guess : id.slice(0, at));
  }

  /** Names that came since the last call; whoever calls writes them. */
  take(): string[] {
    const fresh = this.#names.slice(this.#written);
    this.#written = this.#names.length;
    return fresh;
  }

  /** Learn the names of a batch that is read. */
  learn(names: readonly string[]): void {
    for (const name of names) this.#names.push(name);
  }

  /** @returns `undefined` if there is no such name. */
  name(cell: unknown): string | undefined {
    return typeof cell === "number" ? this.#names[cell] : typeof cell === "string" ? cell : undefined;
  }
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
