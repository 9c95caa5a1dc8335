import { after, wallMs } from "../../wall.ts";

/**
 * One bound of wall time for things that come one after the other, by a timer that all of them share: it looks, when it fires,
 * how long the present one has taken. A timer for each would cost more than all else that a round takes to be ordered.
 *
 * No process stays alive for it.
 */
export class WallDeadline {
  readonly #limitMs: number;
  readonly #expired: () => void;
  /** Reading of the clock when the present one began; undefined between two of them. */
  #beganMs: number | undefined;
  #cancel: (() => void) | undefined;

  /** @param expired - Called once for each that takes `limitMs` or longer. */
  constructor(limitMs: number, expired: () => void) {
    this.#limitMs = limitMs;
    this.#expired = expired;
  }

  /** One begins, at `nowMs` of the clock; the one before has ended. */
  begin(nowMs: number): void {
    this.#beganMs = nowMs;
    if (this.#cancel === undefined) this.#arm(this.#limitMs);
  }

  /** It has ended. */
  end(): void {
    this.#beganMs = undefined;
  }

  /** No further ones come. */
  close(): void {
    this.end();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(delayMs: number): void {
    this.#cancel = after(delayMs, () => this.#look(), { idle: true });
  }

  #look(): void {
    this.#cancel = undefined;
    if (this.#beganMs === undefined) return;
    const leftMs = this.#beganMs + this.#limitMs - wallMs();
    if (leftMs > 0) this.#arm(leftMs);
    else this.#expired();
  }
}
