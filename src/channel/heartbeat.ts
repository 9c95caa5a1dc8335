import { isIPv6 } from "node:net";
import { ChannelError } from "../errors.ts";
import { isLoopback, parseAddress } from "./address.ts";
import { every } from "./deadline.ts";
import { type PulseAddress, PulseProbe } from "./pulse.ts";
import type { Receiver, Transport } from "./transports/transport.ts";

/** A frame without payload: what both sides have agreed to take for a sign of life. */
const BEAT = new Uint8Array(4);

/** Ticks of silence after which the peer's process is asked. */
const SILENT_TICKS = 2;

/**
 * Ticks of one silence in which the peer's main thread was seen to turn, though nothing of it arrives here. One may be
 * that in which it comes back from a long computation; its sign of life is on the way then.
 */
const MOVES_MAX = 2;

/**
 * A connection on which both sides give signs of life. Whatever arrives is one.
 *
 * A peer that computes for long cannot send any, so its process is asked beside its main thread (`pulse.ts`). It has
 * `timeoutMs`; after that it is given up, unless its process answers and says that the main thread is still busy. Where
 * it answers and the main thread turns, but nothing arrives, the connection itself is dead.
 *
 * Time counts only while this process runs, tick by tick.
 */
export class LiveTransport implements Transport {
  readonly peer: string;
  readonly beats = true;
  readonly #transport: Transport;
  readonly #probe: PulseProbe;
  readonly #ticksMax: number;
  readonly #stop: () => void;
  #silentTicks = 0;
  #moves = 0;
  #timeout: ChannelError | undefined;

  constructor(transport: Transport, pulse: PulseAddress, intervalMs: number, timeoutMs: number) {
    this.peer = transport.peer;
    this.#transport = transport;
    this.#probe = new PulseProbe(hostOf(transport.peer), pulse);
    this.#ticksMax = Math.max(SILENT_TICKS + 1, Math.ceil(timeoutMs / intervalMs));
    this.#stop = every(intervalMs, () => this.#tick());
  }

  get queuedBytes(): number {
    return this.#transport.queuedBytes;
  }

  start(receiver: Receiver): void {
    this.#transport.start({
      received: (bytes) => {
        this.#silentTicks = 0;
        receiver.received(bytes);
      },
      ended: (error) => {
        this.#stop();
        this.#probe.close();
        receiver.ended(this.#timeout ?? error);
      },
    });
  }

  write(bytes: Uint8Array): void {
    this.#transport.write(bytes);
  }

  onDrained(drained: () => void): void {
    this.#transport.onDrained(drained);
  }

  end(): void {
    this.#transport.end();
  }

  destroy(): void {
    this.#transport.destroy();
  }

  #tick(): void {
    if (this.#transport.queuedBytes === 0) this.#transport.write(BEAT);
    this.#silentTicks++;
    const { answers, moves } = this.#probe.take();
    if (this.#silentTicks < SILENT_TICKS) {
      this.#moves = 0;
      return;
    }
    if (moves > 0) this.#moves++;
    if (this.#silentTicks >= this.#ticksMax && (answers === 0 || this.#moves >= MOVES_MAX)) {
      const why = answers === 0 ? "its process does not answer either" : "though its process lives";
      const message = `${this.peer} gave no sign of life in ${this.#silentTicks} beats, ${why}`;
      this.#timeout = new ChannelError("ERR_CHANNEL_HEARTBEAT", message, { peer: this.peer });
      this.#transport.destroy();
      return;
    }
    this.#probe.ask();
  }
}

/** The host of a peer's address; a peer without one is on this machine. */
export function hostOf(peer: string): string {
  const address = parseAddress(peer);
  if (!("host" in address)) return "127.0.0.1";
  // An IPv4 peer of a socket that takes both.
  return address.host.startsWith("::ffff:") && address.host.includes(".") ? address.host.slice(7) : address.host;
}

/** Where a process listens for questions of a peer at `host`. */
export function pulseHost(host: string): string {
  if (isLoopback(host)) return isIPv6(host) ? "::1" : "127.0.0.1";
  return isIPv6(host) ? "::" : "0.0.0.0";
}
