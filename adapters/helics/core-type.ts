/** How a core reaches its broker: which ways there are, what each takes as the broker's address, and what each cannot do. */
import type { HelicsConfiguration } from "./configuration.ts";
import { HelicsError } from "./errors.ts";

/** Ways in which a core reaches its broker. Source: HELICS "Core Types". */
export const CORE_TYPES = ["zmq", "zmqss", "tcp", "tcpss", "udp", "ipc", "inproc", "mpi"] as const;

/** One of {@link CORE_TYPES}. */
export type CoreType = (typeof CORE_TYPES)[number];

/**
 * Core types that are faster on one processor: a grant takes 0.6 to 0.9 of the time (two and four federates, two processors,
 * HELICS 3.6.1); `zmqss` takes 1.1 to 1.3. The others were not measured.
 */
const FAST_ON_ONE: readonly unknown[] = ["zmq", "tcp", "tcpss", "udp"] satisfies CoreType[];

/** Bytes of a message of `udp`, whatever is given. Source: HELICS' `UdpComms.cpp`; measured, 3.6.1: 10,000 arrive, 10,300 do not. */
const UDP_BYTES_MAX = 10_192;
/** Core types with a bound that `--maxsize` of the core sets, and its default. Source: `helics_broker --help`. */
const WITH_MAXSIZE: readonly unknown[] = ["tcp", "tcpss", "ipc"] satisfies CoreType[];
const MAXSIZE = 4096;

/** Whose broker is reached by a network address. */
const NETWORKS: readonly unknown[] = ["zmq", "zmqss", "tcp", "tcpss", "udp"] satisfies CoreType[];

/** Other names in configurations, in lower case and without underscores. Source: HELICS `coreTypeOperations.cpp`. */
const OTHER_NAMES: Readonly<Record<string, CoreType>> = {
  ...{ default: "zmq", def: "zmq", "0mq": "zmq", zeromq: "zmq" },
  ...{ zmq2: "zmqss", zeromq2: "zmqss", zeromqss: "zmqss" },
  ...{ tcpip: "tcp", tcpipss: "tcpss", interprocess: "ipc", interproc: "ipc", inprocess: "inproc" },
};

/** The options of a federate that say how its core reaches the broker. */
export interface BrokerOptions {
  readonly coreType?: CoreType;
  readonly broker?: string;
  readonly coreInit?: string;
  readonly configuration?: HelicsConfiguration;
  readonly helicsIsolation?: "process" | "inline";
}

/** The core type as it is given: as an option, else in HELICS' configuration. */
export function givenCoreType({ coreType, configuration }: BrokerOptions): unknown {
  return coreType ?? configuration?.["core_type"] ?? "zmq";
}

/** The core type by the name that {@link CORE_TYPES} has for it; what HELICS does not know, as it was given. */
function coreTypeOf(options: BrokerOptions): unknown {
  const given = givenCoreType(options);
  if (typeof given !== "string") return given;
  const plain = given.toLowerCase().replaceAll("_", "");
  return OTHER_NAMES[plain] ?? ((CORE_TYPES as readonly string[]).includes(plain) ? plain : given);
}

/** Whether the threads of HELICS stay on one processor, unless the option `helicsAffinity` says otherwise. */
export function isFastOnOne(options: BrokerOptions): boolean {
  return FAST_ON_ONE.includes(coreTypeOf(options));
}

/** The broker's address as HELICS takes it. On a network `HOST:PORT` and `HOST` are taken for TCP. */
export function brokerAddress(options: BrokerOptions & { readonly broker: string }): string {
  const { broker } = options;
  return broker.includes("://") || !NETWORKS.includes(coreTypeOf(options)) ? broker : `tcp://${broker}`;
}

/** The broker in words, with where it is looked for. */
export function brokerText(options: BrokerOptions): string {
  const { broker } = options;
  return `the broker (${givenCoreType(options)}${broker === undefined ? "" : ` at ${broker}`})`;
}

/** What to do about a broker that does not answer. */
export function brokerRemedy(options: BrokerOptions): string {
  switch (coreTypeOf(options)) {
    case "ipc":
      return `start the broker first, on this machine and for this user: ${ipcBroker(options.broker)}`;
    case "inproc":
      return `a broker of core type inproc is one of the same process: ${INPROC_REMEDY}`;
    default:
      return `start ${brokerText(options)} first, and let core type, address and port be the same on both sides`;
  }
}

function ipcBroker(name: string | undefined): string {
  const named = name === undefined ? "" : ` --local_interface=${name}`;
  return `\`helics_broker --coretype=ipc${named}\``;
}

const INPROC_REMEDY =
  'let the core make it (option coreInit "--autobroker"), or take core type ipc on one machine, zmq on several';

/**
 * Check that the core type can reach a broker before HELICS tries.
 *
 * @param available - Core types of the library.
 * @throws {@link HelicsError} `ERR_HELICS_CORE_TYPE` if the library lacks it, if `broker` is no address of its kind, or if no
 *   broker can be where it looks.
 */
export function checkCoreType(federate: string, options: BrokerOptions, available: readonly string[]): void {
  const type = coreTypeOf(options);
  const { broker, helicsIsolation } = options;
  const refuse = (text: string, remedy: string) => new HelicsError("ERR_HELICS_CORE_TYPE", text, { federate, remedy });
  if (!available.includes(type as string)) {
    const remedy = `it has ${available.join(", ")}${type === "mpi" ? "; for mpi HELICS has to be built with it" : ""}`;
    throw refuse(`the library has no core type "${String(type)}"`, remedy);
  }
  if (broker !== undefined && /[:/]/.test(broker) && (type === "ipc" || type === "inproc")) {
    const name = type === "ipc" ? "the name of the broker's queue" : "the broker's name";
    const remedy = type === "ipc" ? `start ${ipcBroker("NAME")} and give NAME` : "give the name that the broker has";
    throw refuse(`with core type ${type}, option broker is ${name} and no address, got "${broker}"`, remedy);
  }
  if (type === "inproc" && helicsIsolation !== "inline" && !makesBroker(options)) {
    const text =
      'core type inproc reaches a broker of its own process only, and with helicsIsolation "process" there is none';
    throw refuse(text, INPROC_REMEDY);
  }
}

/** Whether the core makes a broker for itself. */
function makesBroker(options: BrokerOptions): boolean {
  return options.configuration?.["autobroker"] === true || hasInitOption(options, "--auto_?broker");
}

/** Bytes of the longest message that the core carries, header and names included; undefined if it has no bound. */
export function coreBytesMax(options: BrokerOptions): number | undefined {
  const type = coreTypeOf(options);
  if (type === "udp") return UDP_BYTES_MAX;
  if (!WITH_MAXSIZE.includes(type)) return undefined;
  const [, given] = /(?:^|\s)--max_?size[=\s]\s*(\d+)/i.exec(givenInit(options)) ?? [];
  return given === undefined ? MAXSIZE : Number(given);
}

/** What is given of the core's init string. */
export function givenInit({ coreInit, configuration }: BrokerOptions): string {
  return [coreInit, configuration?.["core_init_string"]].filter((text) => text !== undefined).join(" ");
}

/** Whether the core is given an option, by a pattern of its names. */
export function hasInitOption(options: BrokerOptions, names: string): boolean {
  return new RegExp(`(?:^|\\s)(?:${names})\\b`, "i").test(givenInit(options));
}
