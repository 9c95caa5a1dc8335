import type { FederateRequest } from "./protocol.ts";

/** What a thread waits for in HELICS; its number in a {@link WaitNote}. */
const WAITS: readonly FederateRequest["op"][] = ["initialize", "execute", "time", "disconnect"];

/** A wait, as it is said. */
export interface Noted {
  readonly what: string;
  /** It is for the start: HELICS itself does not look whether the broker lives. */
  readonly starts: boolean;
  /** It leaves the federation: nobody is waited for. */
  readonly leaves: boolean;
  /** Time granted last, in seconds; undefined before the run. */
  readonly timeS: number | undefined;
}

/** Even while nothing is waited for; one more when a wait begins, and when it ends. */
const NUMBER = 0;
const WAIT = 1;
const TOLD = 2;
/** Seconds stand behind the whole numbers, aligned to 8 bytes. */
const SECONDS_AT = 16;
const ASKED = 0;
const GRANTED = 1;

/**
 * What a thread that HELICS blocks waits for, written down where another thread reads it. Each wait has a number, so that
 * the reader knows how long it has seen the same one.
 */
export class WaitNote {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Int32Array;
  readonly #seconds: Float64Array;
  #number = 0;

  constructor(memory = new SharedArrayBuffer(SECONDS_AT + 2 * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#numbers = new Int32Array(memory, 0, 3);
    this.#seconds = new Float64Array(memory, SECONDS_AT);
  }

  /** A wait begins, if the request is one. @param grantedS - Time granted last; NaN before the run. */
  begin(request: FederateRequest, grantedS: number): void {
    const wait = WAITS.indexOf(request.op);
    if (wait < 0) return;
    this.#seconds[ASKED] = request.op === "time" ? request.timeS : 0;
    this.#seconds[GRANTED] = grantedS;
    this.#numbers[WAIT] = wait;
    Atomics.store(this.#numbers, NUMBER, ++this.#number);
  }

  /** The wait has ended, if there was one. */
  end(): void {
    if (this.#number % 2 !== 0) Atomics.store(this.#numbers, NUMBER, ++this.#number);
  }

  /** Number of the wait under way, or undefined. */
  get number(): number | undefined {
    const number = Atomics.load(this.#numbers, NUMBER);
    return number % 2 === 0 ? undefined : number;
  }

  /** The wait under way. */
  read(): Noted {
    const op = WAITS[Atomics.load(this.#numbers, WAIT)]!;
    const grantedS = this.#seconds[GRANTED]!;
    const timeS = Number.isNaN(grantedS) ? undefined : grantedS;
    return { what: waitFor(op, this.#seconds[ASKED]!), starts: isWaitForStart(op), leaves: op === "disconnect", timeS };
  }

  /** The reader has something to tell. */
  tell(): void {
    Atomics.store(this.#numbers, TOLD, 1);
  }

  /** Whether it has, since this was asked last. */
  takeTold(): boolean {
    return Atomics.load(this.#numbers, TOLD) === 1 && Atomics.exchange(this.#numbers, TOLD, 0) === 1;
  }
}

/** Whether a request waits for the start of the federation. */
export function isWaitForStart(op: string): boolean {
  return op === "initialize" || op === "execute";
}

/** What a request waits for, in words. */
export function waitFor(op: string, timeS: number): string {
  if (op === "time") return `the grant of ${timeS} s`;
  if (op === "disconnect") return "leaving the federation";
  return op === "execute" ? "the start of the run" : "the wait for all federates to be ready";
}
