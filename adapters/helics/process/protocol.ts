/**
 * What a program and the process that holds HELICS say to each other, one request at a time: types only, and the numbers of
 * the two sockets between them. A frame is its length in four bytes, little-endian, and the value in V8's own format.
 */

/** Descriptor, in the process, of the socket for requests. */
export const REQUESTS_FD = 3;
/** Descriptor, in the process, of the socket that its watching thread reads while HELICS blocks the main one. */
export const WATCH_FD = 4;

/** HELICS' code of an abort by the user. Source: `HELICS_ERROR_USER_ABORT`. */
export const USER_ABORT = 130;
/** What the others are told when a program is gone, or is to end. */
export const PROGRAM_ENDED = "the program of this federate has ended";
/** The same, with the name. */
export function programEnded(federate: string): string {
  return `federate "${federate}": ${PROGRAM_ENDED}`;
}
/** Wall time for the others to be told that this federate is gone, in milliseconds. */
export const FAREWELL_MS = 500;

/** How a value is published, or wanted. */
export const VALUE_TYPES = ["double", "integer", "boolean", "string", "json", "vector", "complex", "bytes"] as const;

/** A type of values that HELICS carries. */
export type ValueTypeName = (typeof VALUE_TYPES)[number];

/** An interface of the federate, in the order in which requests name them by number. */
export interface InterfaceKey {
  readonly key: string;
  /** Of an input `any`: that of its publication. */
  readonly type: ValueTypeName | "any";
}

/** Make the federate and register its interfaces. */
export interface OpenRequest {
  readonly op: "open";
  readonly library: string;
  /** HELICS' own JSON configuration, as text. */
  readonly configuration: string;
  /** Whether HELICS' threads stay on one processor. */
  readonly oneProcessor: boolean;
  /** Bytes of the longest message that the core carries; undefined if it has no bound. */
  readonly coreBytesMax: number | undefined;
  /** Wall time without an answer of the broker after which a wait for the start ends, in milliseconds; undefined: never. */
  readonly brokerSilenceMs: number | undefined;
  readonly publications: readonly InterfaceKey[];
  readonly inputs: readonly InterfaceKey[];
  readonly endpoints: readonly string[];
}

/** How to iterate: not; always; if something new has come. Source: HELICS `HelicsIterationRequest`. */
export type Iteration = "none" | "force" | "ifNeeded";

/** A message to an endpoint, perhaps for a time to come. */
export interface OutgoingMessage {
  /** Number of the endpoint that sends. */
  readonly endpoint: number;
  readonly to: string;
  readonly data: Uint8Array | string;
  /** Seconds; as soon as possible if it is not there. */
  readonly timeS?: number;
}

/** What goes out before the federate goes on. */
export interface FederateOutput {
  /** Pairs of a publication's number and its value. */
  readonly publish: readonly (readonly [publication: number, value: unknown])[];
  readonly send: readonly OutgoingMessage[];
}

export type FederateRequest =
  | { readonly op: "library"; readonly library: string }
  | OpenRequest
  | { readonly op: "initialize" }
  | ({ readonly op: "execute"; readonly iterate: Iteration } & FederateOutput)
  | ({ readonly op: "time"; readonly timeS: number; readonly iterate: Iteration } & FederateOutput)
  | ({ readonly op: "put" } & FederateOutput)
  | { readonly op: "query"; readonly target: string; readonly query: string }
  | { readonly op: "fail"; readonly code: number; readonly message: string }
  | { readonly op: "disconnect" };

/** What a library has. */
export interface LibraryInfo {
  readonly version: string;
  readonly coreTypes: readonly string[];
}

/** An input, once it is connected. */
export interface InputInfo {
  readonly publicationType: string;
  readonly publicationUnits: string;
}

/** A message that has arrived. */
export interface IncomingMessage {
  /** Number of the endpoint that got it. */
  readonly endpoint: number;
  /** Endpoint that sent it, before any filter. */
  readonly source: string;
  readonly timeS: number;
  readonly data: Uint8Array;
}

/** What a grant of time gives. */
export interface Grant {
  readonly timeS: number;
  /** The time is the one before: something has come for it. */
  readonly iterating: boolean;
  /** The federation is over for this federate: no time is granted any more. */
  readonly halted: boolean;
  /** Inputs that have got a value since the grant before: number, value. */
  readonly inputs: readonly (readonly [input: number, value: unknown])[];
  /** In HELICS' order: by endpoint, then time, then name of the source. */
  readonly messages: readonly IncomingMessage[];
}

/** What an error of HELICS says. */
export interface NativeFailure {
  readonly function: string;
  /** HELICS' error code; 0 for a failure before HELICS was called. */
  readonly code: number;
  readonly message: string;
}

export type Reply<T = unknown> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: NativeFailure };

/** What may be asked of the watching thread. */
export type WatchRequest =
  | { readonly op: "abort"; readonly code: number; readonly message: string }
  | { readonly op: "query"; readonly target: string; readonly query: string };
