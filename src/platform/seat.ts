import type { Order, Report } from "./orders.ts";

/** How the coordinator reaches one container. */
export interface Seat {
  /** For messages, as `container 2 (process 4711)`. */
  readonly name: string;
  /**
   * Give an order; the next one only after its report.
   *
   * @throws RunError `ERR_CONTAINER_LOST` if the container is gone, or gives no sign of life; `ERR_STEP_TIMEOUT`.
   */
  ask(order: Order): Promise<Report>;
  /** Told when an agent of the container has failed between two orders. */
  onFailure: () => void;
  /**
   * Let the container go: within a bounded time nothing of it is left. Never rejected.
   *
   * @param now - Without waiting for it to end by itself.
   */
  leave(now: boolean): Promise<void>;
}

/** Codes of errors after which containers may be anywhere in their round. */
const LOST: ReadonlySet<unknown> = new Set(["ERR_CONTAINER_LOST", "ERR_STEP_TIMEOUT"]);

/** Whether, after this error, none of the containers can be asked again. */
export function isLost(error: unknown): boolean {
  return LOST.has((error as { code?: unknown } | undefined)?.code);
}
