import type { Limits } from "../limits.ts";
import { after } from "../wall.ts";

/** Bounds of a {@link ConnectionLimits}. */
type AcceptLimits = Pick<Limits, "connectionsMax" | "handshakesMax" | "handshakeTimeoutMs">;

/** One accepted connection, as its listener's {@link ConnectionLimits} sees it. */
export interface AcceptedConnection {
  /** The handshake has ended well. */
  established(): void;
  /** The connection is gone; told at least once. */
  closed(): void;
}

/**
 * Counts the connections of one listener, so that no storm of them takes all memory, and none that never says who it is
 * stays. Once `handshakesMax` have not ended their handshake, one more ends the oldest of them: an honest peer needs
 * milliseconds, and a crowd of silent ones cannot keep it out.
 */
export class ConnectionLimits {
  readonly #limits: AcceptLimits;
  /** Connections that are in their handshake, oldest first. */
  readonly #waiting = new Set<Accepted>();
  #inside = 0;
  #refused = 0;
  #closed = false;

  constructor(limits: AcceptLimits) {
    this.#limits = limits;
  }

  /** Connections that were turned away, or were gone before their handshake had ended. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * A connection has come.
   *
   * @param destroy - Ends it; called if it is not `established` in time, or has to make room.
   * @returns Undefined if there are too many: it was destroyed.
   */
  enter(destroy: () => void): AcceptedConnection | undefined {
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
    const accepted = new Accepted(destroy, handshakeTimeoutMs, {
      admitted: (accepted) => this.#waiting.delete(accepted),
      left: (accepted) => {
        this.#inside--;
        if (this.#waiting.delete(accepted)) this.#refused++;
      },
    });
    this.#waiting.add(accepted);
    return accepted;
  }

  /** Let nobody in any more, and end the connections whose handshake has not ended. */
  close(): void {
    this.#closed = true;
    for (const accepted of this.#waiting) accepted.end();
  }
}

interface AcceptedListener {
  admitted(accepted: Accepted): void;
  left(accepted: Accepted): void;
}

class Accepted implements AcceptedConnection {
  readonly #destroy: () => void;
  readonly #counts: AcceptedListener;
  readonly #stop: () => void;
  #gone = false;

  constructor(destroy: () => void, timeoutMs: number, counts: AcceptedListener) {
    this.#destroy = destroy;
    this.#counts = counts;
    this.#stop = after(timeoutMs, () => this.end(), { idle: true });
  }

  established(): void {
    if (this.#gone) return;
    this.#stop();
    this.#counts.admitted(this);
  }

  closed(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#stop();
    this.#counts.left(this);
  }

  end(): void {
    this.closed();
    this.#destroy();
  }
}
