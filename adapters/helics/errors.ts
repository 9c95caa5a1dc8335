import { CosimError, type ErrorDetails } from "../../src/index.ts";
import type { NativeFailure } from "./process/protocol.ts";

/** What is known of a failure under HELICS besides its code and message. */
export interface HelicsErrorDetails extends ErrorDetails {
  /** Name of the federate that has failed. */
  federate?: string;
  /** Function of HELICS that has refused. */
  function?: string;
  /** HELICS' own number of the error. */
  helicsCode?: number;
  /** Time that was granted last, in seconds; undefined before the run. */
  timeS?: number | undefined;
  /** What to do about it. */
  remedy?: string;
}

/** HELICS has refused, was lost, or is not there: which federate, in which function, when, and what to do. */
export class HelicsError extends CosimError {
  declare readonly federate?: string;
  declare readonly function?: string;
  declare readonly helicsCode?: number;
  declare readonly timeS?: number;
  declare readonly remedy?: string;

  constructor(code: string, message: string, details: HelicsErrorDetails = {}) {
    const { federate, timeS, remedy } = details;
    const who = federate === undefined ? "" : `federate "${federate}"${timeS === undefined ? "" : ` at ${timeS} s`}: `;
    super(code, `${who}${message}${remedy === undefined ? "" : `; ${remedy}`}`, details);
  }
}

/** What HELICS says, as which condition that is, and what to do. The first that fits. */
const CONDITIONS: readonly (readonly [pattern: RegExp, code: string, remedy: string])[] = [
  [
    // The first is HELICS', before what a federate has ended the federation with; the second is how ours begin; the third is
    // that of the session, for an end that HELICS gives no reason for.
    /sent abort message|^federate "[^"]*": |has ended the federation while it started/,
    "ERR_HELICS_ABORTED",
    "look at the log of that federate: it has ended the federation",
  ],
  [
    /takes \d+ bytes, and the core carries/,
    "ERR_HELICS_SIZE",
    'take core type zmq, which has no bound; tcp, tcpss and ipc carry more with "--maxsize=BYTES" for all cores (option coreInit) and brokers',
  ],
  [
    /not convertible|incompatible unit/i,
    "ERR_HELICS_UNITS",
    "give the publication and the input units of one kind, or set ignore_unit_mismatch",
  ],
  [
    /incompatible type|type mismatch|types? (?:is|are) not compatible|not compatible with|strict type/i,
    "ERR_HELICS_TYPE",
    "give the input the publication's type",
  ],
  [
    /duplicate (?:federate|broker|core) name|(?:federate|broker|core)[^;]* (?:already in use|already exists|already present)|name (?:is )?(?:already|in use|not unique)|federate name is already/i,
    "ERR_HELICS_NAME",
    "each federate of a federation, and each core, needs a name of its own",
  ],
  [
    /duplicate (?:publication|input|endpoint|filter)|(?:publication|input|endpoint)[^;]* already (?:in use|exists|registered)/i,
    "ERR_HELICS_INTERFACE",
    "two federates have registered one global name; give one of them another, or make it local",
  ],
  [
    /required (?:publication|input|endpoint|source)? ?(?:target)|missing required connection|unable to connect to required/i,
    "ERR_HELICS_INTERFACE",
    "check the key, and that its federate is part of this federation; names of interfaces that are not global begin with their federate's",
  ],
  [
    /\bversion\b|incompatible broker/i,
    "ERR_HELICS_VERSION",
    "install one minor version of HELICS for all federates and brokers of a federation",
  ],
  [
    /lost comms|lost connection|timed? ?out|timeout|(?:broker|core|federate)[^;]* (?:disconnected unexpectedly|not responding|lost)|\bping\b|terminated/i,
    "ERR_HELICS_LOST",
    "look at the logs of the brokers and of the other federates: one of them was killed, is frozen or cannot be reached",
  ],
];

/** Functions whose failure means that no broker was found. */
const CONNECTING = /^helicsCreate/;

/** HELICS' codes. Source: `HelicsErrorTypes`. */
const CONNECTION_FAILURE = -2;
const REGISTRATION_FAILURE = -1;
/** The federation is in error: something was lost, or a federate has ended it. Source: measured, HELICS 3.6.1. */
const FEDERATION_ERROR = -101;

/** A failure of HELICS as a typed error. */
export function helicsError(
  failure: NativeFailure,
  details: {
    readonly federate: string;
    readonly timeS?: number | undefined;
    /** The broker in words, and what to do if it does not answer. */
    readonly broker?: string;
    readonly brokerRemedy?: string;
  },
): HelicsError {
  const { broker, brokerRemedy, ...who } = details;
  const fields = { ...who, function: failure.function, helicsCode: failure.code };
  const { code, remedy } = conditionOf(failure, broker, brokerRemedy);
  return new HelicsError(code, `${failure.function}: ${failure.message.trim()}`, { ...fields, remedy });
}

function conditionOf(
  failure: NativeFailure,
  broker = "the broker",
  brokerRemedy = "start the broker first",
): { readonly code: string; readonly remedy: string } {
  const { message, code: native, function: name } = failure;
  if (name === "koffi") return { code: "ERR_HELICS_KOFFI", remedy: "run `npm install koffi`" };
  if (name === "load") {
    const remedy = "give the libhelics of HELICS 3.4 or newer in the environment variable HELICS_LIBRARY";
    return {
      code: /undefined symbol|cannot find function/i.test(message) ? "ERR_HELICS_VERSION" : "ERR_HELICS_LIBRARY",
      remedy,
    };
  }
  for (const [pattern, code, remedy] of CONDITIONS.slice(0, -1)) if (pattern.test(message)) return { code, remedy };
  if (CONNECTING.test(name) && (native === CONNECTION_FAILURE || native === REGISTRATION_FAILURE)) {
    return { code: "ERR_HELICS_BROKER", remedy: brokerRemedy };
  }
  if (/lost connection with broker/i.test(message)) {
    const remedy = `look at the log of ${broker}: it was killed, is frozen or cannot be reached`;
    return { code: "ERR_HELICS_LOST", remedy };
  }
  const [pattern, code, remedy] = CONDITIONS.at(-1)!;
  if (pattern.test(message)) return { code, remedy };
  if (native === FEDERATION_ERROR) {
    // Whoever calls `helicsFederateGlobalError` says what it likes, and its own code is lost.
    const remedy = "look at the logs of the other federates: one of them has ended the federation with this";
    return { code: "ERR_HELICS_ABORTED", remedy };
  }
  return { code: "ERR_HELICS_CALL", remedy: "look at the log of HELICS" };
}
