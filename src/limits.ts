/**
 * Every bound of cosimas with its unit and default. Pass `Partial<Limits>` to lower or raise one.
 *
 * A bound that is hit gives a typed error that names it; nothing is dropped silently.
 */
export interface Limits {
  /** Payload of one frame, in bytes; checked on the header before allocation, and before sending. */
  readonly frameBytesMax: number;
  /** Nesting of arrays, maps and objects in one value. */
  readonly nestingMax: number;
  /** Values (leaves and containers) in one message. */
  readonly nodesMax: number;
  /** Longest integer in JSON, in decimal digits; beyond 2^53 - 1 they are bigints. MsgPack's have 64 bits. */
  readonly integerDigitsMax: number;
  /** Calls of one connection that wait for their reply. */
  readonly pendingCallsMax: number;
  /** Requests of the peer of one connection that are being handled. */
  readonly openRequestsMax: number;
  /**
   * Bytes queued for sending on one connection: above it own calls are refused and requests of the peer wait. A single
   * frame may be larger if nothing else is queued, and what is being handled is answered whatever is queued.
   */
  readonly sendQueueBytesMax: number;
  /** Wall time without the peer taking anything, while the queue is over that mark, after which it is given up; in milliseconds. */
  readonly sendTimeoutMs: number;
  /** Connections of one listener, those in their handshake included; who comes then is turned away. */
  readonly connectionsMax: number;
  /** Connections of one listener that have not ended their handshake (TLS, WebSocket, token); one more ends the oldest. */
  readonly handshakesMax: number;
  /** Wall time that all handshakes of an accepted connection may take together, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  /** Wall time between two signs of life on a connection with a heartbeat, in milliseconds. */
  readonly heartbeatMs: number;
  /** Wall time without any sign of life after which its peer is given up, in milliseconds. */
  readonly heartbeatTimeoutMs: number;
  /** Parts of the path of a remote method, as two in `sub/mul`. */
  readonly pathPartsMax: number;
  /** Services outside of what is served that one side of a connection has passed, and its peer has not released. */
  readonly passedServicesMax: number;
  /** Services of the peer of one connection of which proxies are in use, or not collected yet. */
  readonly remoteServicesMax: number;
  /** Wall time to establish a connection, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Wall time that a call over a live channel may take, in milliseconds; simulated calls know no such limit. */
  readonly callTimeoutMs: number;
  /** Rounds at one simulation time, over all advances to it. */
  readonly roundsMax: number;
  /** Messages that wait for one agent's `setup` to settle. */
  readonly setupInboxMax: number;
  /** Wall time that all externals opened at one tag may take, in milliseconds; the run fails after it. */
  readonly externalTimeoutMs: number;
  /** Wall time that agents' `stop` may take when their container closes, in milliseconds. */
  readonly stopTimeoutMs: number;
  /** Calls from outside that wait for the next advance. */
  readonly outsideCallsMax: number;
  /** Wall time until all containers of a platform have joined it, in milliseconds. */
  readonly joinTimeoutMs: number;
  /** Wall time that one round of one container may take, in milliseconds; the run fails after it. */
  readonly stepTimeoutMs: number;
  /** Wall time after which it is told that a container is still in its round, in milliseconds. */
  readonly stepWarningMs: number;
  /** Events that agents have emitted and nobody has taken, over all agents; the last of each output is kept beyond it. */
  readonly outputEventsMax: number;
  /** Entries of a run file in one batch; a round or step with more becomes several. */
  readonly recordingBatchEntriesMax: number;
  /** Bytes that one batch of a run file, or one chunk of it once decompressed, may have. */
  readonly recordingChunkBytesMax: number;
  /** Names of agents and methods that a run file keeps in its dictionary; later ones are written out. */
  readonly recordingNamesMax: number;
}

/** The defaults; sources: FAULTS F02, F06, F07, F19, F20, F27 and mosaik's own limits. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  frameBytesMax: 16 * 1024 * 1024,
  nestingMax: 64,
  nodesMax: 1_000_000,
  integerDigitsMax: 4300, // Python's own: sys.int_info.default_max_str_digits
  pendingCallsMax: 65_536,
  openRequestsMax: 65_536,
  sendQueueBytesMax: 8 * 1024 * 1024, // FAULTS F20
  sendTimeoutMs: 10_000,
  connectionsMax: 4096,
  handshakesMax: 128,
  handshakeTimeoutMs: 2000,
  heartbeatMs: 1000,
  heartbeatTimeoutMs: 4000,
  pathPartsMax: 8,
  passedServicesMax: 65_536,
  remoteServicesMax: 131_072, // twice that: what was revoked there may still be in use here
  connectTimeoutMs: 10_000,
  callTimeoutMs: 30_000,
  roundsMax: 1000,
  setupInboxMax: 10_000,
  externalTimeoutMs: 600_000,
  stopTimeoutMs: 10_000,
  outsideCallsMax: 100_000,
  joinTimeoutMs: 60_000,
  stepTimeoutMs: 600_000, // FAULTS F03
  stepWarningMs: 30_000,
  outputEventsMax: 100_000,
  recordingBatchEntriesMax: 4096,
  recordingChunkBytesMax: 256 * 1024 * 1024,
  recordingNamesMax: 1_000_000,
});

/** All bounds: the given ones, and the defaults for those that are left out or undefined. */
export function limitsOf(given: { readonly [K in keyof Limits]?: Limits[K] | undefined } = {}): Limits {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(set) };
}
