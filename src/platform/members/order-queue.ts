import { inMicrotask } from "../../kernel/event-loop.ts";

/** What waits for its turn; calls back when it has ended. */
type Work = (ended: () => void) => void;

/**
 * Carries out orders one after the other, in the order in which they come; those of several containers of a thread, too.
 * Callbacks, since promises on the way of each order cost a tenth of a round.
 */
export class OrderQueue {
  /** The first one is under way. */
  readonly #works: Work[] = [];

  /** Do `work` in a microtask, once everything before it has ended; it must not throw. */
  run(work: Work): void {
    if (this.#works.push(work) === 1) inMicrotask(this.#next);
  }

  readonly #next = (): void => this.#works[0]!(this.#ended);

  readonly #ended = (): void => {
    this.#works.shift();
    if (this.#works.length > 0) inMicrotask(this.#next);
  };
}
