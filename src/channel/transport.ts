/**
 * A connection that carries bytes in order, both ways. The channel above it knows frames and messages; the transport
 * knows neither. It reports everything through the {@link Receiver}, and none of its methods throws.
 */
export interface Transport {
  /** The other side, for messages: `tcp://127.0.0.1:40122`. */
  readonly peer: string;

  /** Bytes given to `write` that the operating system has not taken yet. */
  readonly queuedBytes: number;

  /** Begin to receive; called once, and nothing is received before. */
  start(receiver: Receiver): void;

  /** Send bytes, which belong to the transport from now on. Without effect once the connection has ended. */
  write(bytes: Uint8Array): void;

  /** Send what was written, then close; `ended` follows. */
  end(): void;

  /** Close now and forget what was not sent yet; `ended` follows. */
  destroy(): void;
}

/** What a transport tells the channel above it. Neither method throws. */
export interface Receiver {
  /** Bytes have arrived; they are the receiver's only during this call, unless it copies them. */
  received(bytes: Uint8Array): void;

  /** The connection is gone, told once: an error if it broke, undefined if either side closed it. */
  ended(error: Error | undefined): void;
}

/** Accepts connections at an address. */
export interface Acceptor {
  /** Where it listens, with the port that was really taken: `tcp://127.0.0.1:40121`. */
  readonly address: string;

  /** Accept no more connections and free the address; those accepted stay. Resolves once it is free. */
  close(): Promise<void>;
}
