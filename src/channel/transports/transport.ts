import type { AcceptedConnection, ConnectionLimits } from "../connection-limits.ts";

/**
 * The three PEM files of one side, as aiomas's `SSLCerts`. Both sides show a certificate, and both check the other's: the
 * one who knows neither key nor authority neither connects nor is connected to.
 */
export interface TlsFiles {
  /** Certificates of the authorities whose signature is accepted. */
  readonly cafile: string;
  /** Own certificate, perhaps with those that lead from it to the authority. */
  readonly certfile: string;
  /** Its private key. */
  readonly keyfile: string;
}

/** The certificate of a peer, which an accepted authority has signed: who it is, beyond its address. */
export interface PeerIdentity {
  /** Its subject's common name, as `battery-7.grid.example`; undefined if it has none. */
  readonly commonName: string | undefined;
  /** Its alternative names, as `["DNS:localhost", "IP Address:127.0.0.1"]`. */
  readonly names: readonly string[];
  /** SHA-256 of the certificate, in hexadecimal with colons: the same for the same certificate alone. */
  readonly fingerprint: string;
}

/**
 * A connection that carries bytes in order, both ways. The channel above it knows frames and messages; the transport
 * knows neither. It reports everything through the {@link Receiver}, and none of its methods throws.
 */
export interface Transport {
  /** The other side, for messages: `tcp://127.0.0.1:40122`. */
  readonly peer: string;

  /** Whose certificate the other side has shown; undefined without TLS. */
  readonly identity?: PeerIdentity | undefined;

  /** Bytes given to `write` that the operating system has not taken yet. */
  readonly queuedBytes: number;

  /**
   * Changes whenever the peer has taken something of what was written, if that is known more exactly than by
   * `queuedBytes`.
   */
  readonly progress?: number;

  /** Whether frames without a payload are signs of life, to be skipped; else they are malformed. */
  readonly beats?: boolean;

  /** Begin to receive; called once, and nothing is received before. */
  start(receiver: Receiver): void;

  /** Send bytes, which belong to the transport from now on. Without effect once the connection has ended. */
  write(bytes: Uint8Array): void;

  /** Receive nothing for now; what arrives all the same is received. Without it the sender cannot be held up. */
  pause?(): void;

  /** Receive again. */
  resume?(): void;

  /** Calls back once the operating system has taken all that was written before, or the connection has ended. */
  onDrained(drained: () => void): void;

  /** Send what was written, then close; `ended` follows. */
  end(): void;

  /** Close now and forget what was not sent yet; `ended` follows. */
  destroy(): void;
}

/** A transport that changes what another one receives, and sends as that does. */
export abstract class ForwardingTransport implements Transport {
  readonly peer: string;
  protected readonly transport: Transport;

  /** @param transport - Belongs to this one from now on. */
  constructor(transport: Transport) {
    this.peer = transport.peer;
    this.transport = transport;
  }

  get queuedBytes(): number {
    return this.transport.queuedBytes;
  }

  get identity(): PeerIdentity | undefined {
    return this.transport.identity;
  }

  get progress(): number {
    return this.transport.progress ?? this.transport.queuedBytes;
  }

  abstract start(receiver: Receiver): void;

  pause(): void {
    this.transport.pause?.();
  }

  resume(): void {
    this.transport.resume?.();
  }

  write(bytes: Uint8Array): void {
    this.transport.write(bytes);
  }

  onDrained(drained: () => void): void {
    this.transport.onDrained(drained);
  }

  end(): void {
    this.transport.end();
  }

  destroy(): void {
    this.transport.destroy();
  }
}

/** What a transport tells the channel above it. Neither method throws. */
export interface Receiver {
  /** Bytes have arrived; they are the receiver's only during this call, unless it copies them. */
  received(bytes: Uint8Array): void;

  /** The connection is gone, told once: an error if it broke, undefined if either side closed it. */
  ended(error: Error | undefined): void;
}

/** Gets every connection that is accepted. */
export type Accept = (transport: Transport, accepted: AcceptedConnection) => void;

/** What a transport needs to open a connection. */
export interface DialOptions {
  /** Wall time to establish it, in milliseconds, > 0. */
  readonly timeoutMs: number;
  /** Largest payload of a frame, in bytes. */
  readonly frameBytesMax: number;
  /** Gives up when it aborts; the promise is rejected with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Certificates for `tls`, `wss`, and TLS over `tcp`. */
  readonly tls?: TlsFiles | undefined;
}

/** What a transport needs to accept connections. */
export interface BindOptions {
  /** Largest payload of a frame, in bytes. */
  readonly frameBytesMax: number;
  /** Certificates for `tls`, `wss`, and TLS over `tcp`. */
  readonly tls?: TlsFiles | undefined;
  /** Pages whose scripts may open a WebSocket. */
  readonly origins?: readonly string[] | undefined;
  /** Counts the connections. */
  readonly connections: ConnectionLimits;
}

/** Accepts connections at an address. */
export interface Acceptor {
  /** Where it listens, with the port that was really taken: `tcp://127.0.0.1:40121`. */
  readonly address: string;

  /** Accept no more connections and free the address; those accepted stay. Resolves once it is free. */
  close(): Promise<void>;
}
