/** Wall time between an answer of the broker and the next question, in milliseconds. */
const ASK_MS = 1000;
/** Wall time between two looks at a wait, at most, in milliseconds: a look that comes later counts as one that came in time. */
export const LOOK_MS = 250;

/** What is said of a broker that has been silent for too long; HELICS' own words, which errors are known by. */
export function brokerSilent(silenceMs: number): string {
  return `lost connection with broker: it has not answered for ${silenceMs} ms`;
}

/**
 * Looks whether the root broker lives while a federate waits for the start: HELICS' core does so only once the federation
 * runs, and would wait for ever, or for half a minute. Frozen for less than the bound it is not taken for lost, nor is it if this
 * program itself stood still meanwhile, or gets no answer at all, whatever the reason.
 */
export class BrokerWatch {
  readonly #ask: () => Promise<unknown>;
  readonly #silenceMs: number;
  #isAsking = false;
  /** It has answered once: questions do get through. */
  #hasAnswered = false;
  #silentMs = 0;
  #lookedMs = 0;
  #answeredMs = -ASK_MS;

  /**
   * @param ask - Asks the broker something; any answer is a sign of life, a refusal too.
   * @param silenceMs - Wall time without an answer after which the broker is lost, in milliseconds.
   */
  constructor(ask: () => Promise<unknown>, silenceMs: number) {
    this.#ask = ask;
    this.#silenceMs = silenceMs;
  }

  /** To be called at least every {@link LOOK_MS} of a wait for the start; gives whether the broker is lost. */
  look(): boolean {
    const nowMs = performance.now();
    const passedMs = Math.min(nowMs - this.#lookedMs, LOOK_MS);
    this.#lookedMs = nowMs;
    if (this.#isAsking) this.#silentMs += this.#hasAnswered ? passedMs : 0;
    else if (nowMs - this.#answeredMs >= ASK_MS) this.#begin();
    return this.#silentMs >= this.#silenceMs;
  }

  #begin(): void {
    this.#isAsking = true;
    const answered = () => {
      this.#isAsking = false;
      this.#hasAnswered = true;
      this.#silentMs = 0;
      this.#answeredMs = performance.now();
    };
    this.#ask().then(answered, answered);
  }
}
