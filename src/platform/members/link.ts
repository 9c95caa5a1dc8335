import type { Order, Report } from "../protocol.ts";

/** How the coordinator reaches one container. */
export interface MemberLink {
  /** For messages, as `container 2 (process 4711)`. */
  readonly name: string;
  /**
   * Give an order; the next one only after its report. One of the two is called, once and later; callbacks, since promises
   * on the way of each order and report of each container make a tenth of what a round costs.
   *
   * @param failed - Takes RunError `ERR_CONTAINER_LOST` if the container is gone, or gives no sign of life;
   *   `ERR_STEP_TIMEOUT`.
   */
  ask(order: Order, reported: (report: Report) => void, failed: (error: Error) => void): void;
  /** Told when an agent of the container has failed between two orders. */
  onFailure: () => void;
  /** Told when the container is lost while it has no order, with how it ended. */
  onLost: (how: string) => void;
  /**
   * Let the container go: within a bounded time nothing of it is left. Never rejected.
   *
   * @param now - Without waiting for it to end by itself: it may be in the middle of an order.
   */
  leave(now: boolean): Promise<void>;
}

/** Does one thing after the other, in the order in which they come. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Do `work` once everything before it has ended; gives its outcome. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {}); // whoever asked for it is told
    return done;
  }
}
