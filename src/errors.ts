/**
 * The typed errors of cosimas: one base, stable codes, fields that name who, when and what was allowed.
 *
 * Callers match on `code`, never on `instanceof` across packages: two copies of this package may meet in one program.
 * `docs/errors.md` has a section for each code. Split by who must act: the scenario's author (Scenario, Clock, Agent,
 * Value), the simulator's author (Bridge), the operator (Channel, Recording).
 */

/** A point of simulation time: whole ticks since the start and the round within the tick. */
export interface Tag {
  readonly ticks: number;
  readonly round: number;
}

/** What may be said about an error besides its code and message. */
export interface ErrorDetails {
  /** The error that led to this one. */
  cause?: unknown;
  /** Address of the other side, as `tcp://127.0.0.1:5555`. */
  peer?: string;
  /** Id of the agent concerned. */
  agent?: string;
  /** Method or path that was called. */
  method?: string;
  /** Simulation time at which it happened. */
  tag?: Tag;
  /** Place inside a value, as `$.args[0].power`. */
  path?: string;
}

/** Base of all errors that cosimas throws, except TypeError and RangeError for wrong arguments. */
export class CosimError extends Error {
  /** Stable name of the condition, as `ERR_CLOCK_BACKWARDS`. */
  readonly code: string;
  declare readonly peer?: string;
  declare readonly agent?: string;
  declare readonly method?: string;
  declare readonly tag?: Tag;
  declare readonly path?: string;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    const { cause, ...fields } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    Object.assign(this, fields);
  }
}

/** A value that the codec's table refuses; `path` names the place inside it. */
export class ValueError extends CosimError {}

/** Bytes that cannot be decoded. */
export class CodecError extends CosimError {}

/** A connection that failed, was closed, or broke a limit. */
export class ChannelError extends CosimError {}

/** The peer sent what the protocol does not allow; the connection has been closed. */
export class ProtocolError extends ChannelError {}

/** The two sides speak different versions of the protocol between cosimas programs; nothing else was exchanged. */
export class VersionError extends ProtocolError {
  /** Version that this side speaks. */
  readonly ownVersion: number;
  /** Version that the peer speaks. */
  readonly peerVersion: number;

  constructor(ownVersion: number, peerVersion: number, details: ErrorDetails = {}) {
    const who = details.peer ?? "the peer";
    super("ERR_CHANNEL_VERSION", `this side speaks version ${ownVersion}, ${who} version ${peerVersion}`, details);
    this.ownVersion = ownVersion;
    this.peerVersion = peerVersion;
  }
}

/** A remote call that could not be made: unknown path, not exposed, bad arguments. */
export class RpcError extends CosimError {}

/** The called method failed on the other side: its code, name and message, never its stack. */
export class RemoteError extends CosimError {
  /** Name of the error's class on the other side, as `TypeError` or `ValueError`. */
  readonly remoteName: string;

  constructor(code: string, remoteName: string, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
    this.remoteName = remoteName;
  }
}

/** A time that the clock cannot go to, or a wait that it cannot grant. */
export class ClockError extends CosimError {}

/** An agent failed outside a call, or was used in a way that agents do not allow. */
export class AgentError extends CosimError {}

/** An agent waited on something that simulation time does not govern, without `external()`. */
export class ForeignAwaitError extends AgentError {}

/** Too many rounds at one time; the message names the agents that kept calling each other. */
export class ZenoError extends AgentError {}

/** The run has failed before or was closed: it takes no further steps. */
export class RunError extends CosimError {}

/** A simulator or bridge broke the contract of its co-simulation interface. */
export class BridgeError extends CosimError {}

/** A run file that cannot be written or read: its disk, its bytes. */
export class RecordingError extends CosimError {}

/** The scenario is wrong: an unknown attribute, a missing entity, a bad parameter. */
export class ScenarioError extends CosimError {}

/** How an error crosses to another agent or process: `[code, name, message]`, never its stack. */
export type ErrorTriple = readonly [code: string, name: string, message: string];

/** Code of an error that has none of its own. */
export const CODE_REMOTE = "ERR_REMOTE";

/** What others may know of an error, whatever was thrown. */
export function describeError(error: unknown): ErrorTriple {
  if (!(error instanceof Error)) return [CODE_REMOTE, "Error", wellFormed(textOf(error))];
  const { code } = error as { code?: unknown };
  const name = error instanceof RemoteError ? error.remoteName : error.name;
  return [typeof code === "string" ? code : CODE_REMOTE, wellFormed(name), wellFormed(error.message)];
}

/** Text of whatever was thrown; an object without a `toString` has none. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return `a thrown ${typeof thrown}`;
  }
}

function wellFormed(text: string): string {
  return text.toWellFormed();
}
