import type { Limits } from "../limits.ts";
import { after } from "./deadline.ts";

/** Bounds of a {@link Door}. */
export type DoorLimits = Pick<Limits, "connectionsMax" | "handshakesMax" | "handshakeTimeoutMs">;

/** One accepted connection, as its listener's {@link Door} sees it. */
export interface Visit {
  /** The handshake has ended well. */
  admit(): void;
  /** The connection is gone; told at least once. */
  leave(): void;
}

/**
 * Counts the connections of one listener, so that no storm of them takes all memory, and none that never says who it is
 * stays. Once `handshakesMax` have not ended their handshake, one more ends the oldest of them: an honest peer needs
 * milliseconds, and a crowd of silent ones cannot keep it out.
 */
export class Door {
  readonly #limits: DoorLimits;
  /** Visits that are in their handshake, oldest first. */
  readonly #waiting = new Set<Guest>();
  #inside = 0;
  #refused = 0;
  #closed = false;

  constructor(limits: DoorLimits) {
    this.#limits = limits;
  }

  /** Connections that were turned away, or were gone before their handshake had ended. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * A connection has come.
   *
   * @param destroy - Ends it; called if it does not `admit` itself in time, or has to make room.
   * @returns Undefined if there are too many: it was destroyed.
   */
  enter(destroy: () => void): Visit | undefined {
    const { connectionsMax, handshakesMax, handshakeTimeoutMs } = this.#limits;
    if (this.#closed || this.#inside >= connectionsMax) {
      this.#refused++;
      destroy();
      return undefined;
    }
    if (this.#waiting.size >= handshakesMax) {
      const [oldest] = this.#waiting;
      oldest?.end();
    }
    this.#inside++;
    const guest = new Guest(destroy, handshakeTimeoutMs, {
      admitted: (visit) => this.#waiting.delete(visit),
      left: (visit) => {
        this.#inside--;
        if (this.#waiting.delete(visit)) this.#refused++;
      },
    });
    this.#waiting.add(guest);
    return guest;
  }

  /** Let nobody in any more, and end the connections whose handshake has not ended. */
  close(): void {
    this.#closed = true;
    for (const guest of this.#waiting) guest.end();
  }
}

interface Watch {
  admitted(guest: Guest): void;
  left(guest: Guest): void;
}

class Guest implements Visit {
  readonly #destroy: () => void;
  readonly #watch: Watch;
  readonly #stop: () => void;
  #gone = false;

  constructor(destroy: () => void, timeoutMs: number, watch: Watch) {
    this.#destroy = destroy;
    this.#watch = watch;
    this.#stop = after(timeoutMs, () => this.end());
  }

  admit(): void {
    if (this.#gone) return;
    this.#stop();
    this.#watch.admitted(this);
  }

  leave(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#stop();
    this.#watch.left(this);
  }

  end(): void {
    this.leave();
    this.#destroy();
  }
}
