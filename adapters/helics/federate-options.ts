import {
  anything,
  boolean,
  checkOptions,
  func,
  type Log,
  number,
  type OptionChecks,
  oneOf,
  shown,
  signal,
  string,
  text,
} from "../../src/cosim/index.ts";
import { checkConfiguration, type HelicsConfiguration } from "./configuration.ts";
import {
  brokerAddress,
  CORE_TYPES,
  type CoreType,
  givenCoreType,
  givenInit,
  hasInitOption,
  isFastOnOne,
} from "./core-type.ts";
import { HelicsError } from "./errors.ts";
import { type Iteration, VALUE_TYPES, type ValueTypeName } from "./process/protocol.ts";

export const HELICS_ISOLATIONS = ["process", "inline"] as const;

/** Where HELICS is called, as seen from the federate: in a process beside it, or in its own thread, which then waits with HELICS. */
export type HelicsIsolation = (typeof HELICS_ISOLATIONS)[number];

export const HELICS_AFFINITIES = ["one", "all"] as const;

/** On which processors the threads of HELICS run: one, that of the thread which joins the federation, or all. */
export type HelicsAffinity = (typeof HELICS_AFFINITIES)[number];

/** How a federate takes part in a federation; times in seconds of simulation unless they end in `Ms`. */
export interface FederateOptions {
  /** Name of the federate, one of its own in the federation. */
  readonly name?: string;
  /** Path of `libhelics`; default: `HELICS_LIBRARY`, then that of the Python package `helics`. */
  readonly library?: string;
  /**
   * Where HELICS is called. Default `process`: one of its own, in which HELICS may wait, print and crash. `inline`: this
   * thread, whose event loop stands still while HELICS waits; a grant takes a third of the time then. See "Where HELICS
   * runs" in the guide.
   */
  readonly helicsIsolation?: HelicsIsolation;
  /**
   * On which processors the threads run that HELICS starts for this federate, and its process if it has one. `one`, on Linux
   * alone: they hand over to each other at each grant, and a hop to another processor costs more than what they do. `all`: where
   * the system puts them. Default `one` for core types `zmq`, `tcp`, `tcpss` and `udp`, `all` for the others.
   */
  readonly helicsAffinity?: HelicsAffinity;
  /** Default `zmq`. */
  readonly coreType?: CoreType;
  /**
   * Address of the broker, as `tcp://10.0.0.1:23404` or `10.0.0.1:23404`; default: HELICS' own, on this machine. For core type
   * `ipc` the name of its queue, which is its `--local_interface`; for `inproc` its name.
   */
  readonly broker?: string;
  /** Further options of the core, as HELICS' core init string has them. */
  readonly coreInit?: string;
  /** Grants are at whole multiples of it, plus the offset. Default: one unit of the population's time. */
  readonly periodS?: number;
  /** Default 1 microsecond: at a grant of its time the federate sees what the others have published for it. */
  readonly offsetS?: number;
  /** Nothing wakes it before the time that it asks for. Default: for a time-based population. */
  readonly uninterruptible?: boolean;
  /** Be granted a time after all others; for one federate of a federation only. Default false. */
  readonly waitForCurrentTimeUpdate?: boolean;
  /** Repeat a time while something new comes for it. Default `none`. */
  readonly iterate?: Iteration;
  /** Iterations at one time, at most. Default 50, HELICS' own. */
  readonly maxIterations?: number;
  /** HELICS' own configuration, besides what these options say. */
  readonly configuration?: HelicsConfiguration;
  /** Wall time to find the broker, in milliseconds. Default 4000. */
  readonly connectTimeoutMs?: number;
  /** Wall time between two looks of the core whether its broker lives, in milliseconds. Default 500; HELICS' own is 5000. */
  readonly tickMs?: number;
  /** Wall time after which the core takes a silent broker for lost, in milliseconds. Default 3000; HELICS' own is 30000. */
  readonly silenceMs?: number;
  /** Wall time after which the log says what a grant waits for, in milliseconds. Default 4000. */
  readonly waitWarnMs?: number;
  /** Wall time of a grant after which the run fails, in milliseconds. Default 600000. */
  readonly waitMs?: number;
  /**
   * Ends this federate's part when it is aborted, whatever is waited for: the others are told that its program has ended, as
   * they are of a failure, and the run is rejected with the signal's reason. With HELICS inline a wait in HELICS itself comes
   * first.
   */
  readonly signal?: AbortSignal;
  readonly log?: Log;
}

/** A value that a federate publishes. */
export interface PublicationSpec {
  /** Global name, as `agents/pv-1/p_mw`. */
  readonly key: string;
  readonly type: ValueTypeName;
  readonly units?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A value that a federate gets. */
export interface InputSpec {
  /** Name within the federate. */
  readonly key: string;
  /** Global name of the publication. */
  readonly target: string;
  /** `any`: that of the publication. */
  readonly type: ValueTypeName | "any";
  readonly units?: string;
  /** Whether there has to be such a publication. Default true. */
  readonly required?: boolean;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Where messages come from and go to. */
export interface EndpointSpec {
  /** Global name. */
  readonly name: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** All interfaces of a federate. */
export interface Interfaces {
  readonly publications: readonly PublicationSpec[];
  readonly inputs: readonly InputSpec[];
  readonly endpoints: readonly EndpointSpec[];
}

const SECONDS = number({ min: 0, unit: "seconds" });
const MILLISECONDS = number({ integer: true, min: 1, unit: "milliseconds" });

const CHECKS: OptionChecks<FederateOptions> = {
  name: text,
  library: string,
  helicsIsolation: oneOf(HELICS_ISOLATIONS),
  helicsAffinity: oneOf(HELICS_AFFINITIES),
  coreType: oneOf(CORE_TYPES),
  broker: text,
  coreInit: string,
  periodS: SECONDS,
  offsetS: SECONDS,
  uninterruptible: boolean,
  waitForCurrentTimeUpdate: boolean,
  iterate: oneOf(["none", "force", "ifNeeded"]),
  maxIterations: number({ integer: true, min: 1 }),
  /** Looked into by `checkConfiguration`, which knows HELICS' names. */
  configuration: anything,
  connectTimeoutMs: MILLISECONDS,
  tickMs: MILLISECONDS,
  silenceMs: MILLISECONDS,
  waitWarnMs: MILLISECONDS,
  waitMs: MILLISECONDS,
  signal,
  log: func,
};

/** Attempts of HELICS' ZeroMQ core to reach a broker. Source: measured, HELICS 3.6.1. */
const CONNECT_ATTEMPTS = 5;

/**
 * Check options when they are given; gives them with HELICS' usual spelling in their configuration.
 *
 * @throws TypeError and RangeError of {@link checkOptions}; {@link HelicsError} `ERR_HELICS_CONFIGURATION`.
 */
export function checkFederateOptions(options: FederateOptions): FederateOptions {
  const { configuration, name } = options;
  checkOptions(typeof name === "string" ? `federate ${shown(name)}` : "federate", options, CHECKS);
  if (configuration === undefined) return options;
  return { ...options, configuration: checkConfiguration(configuration, "option configuration", name) };
}

/** What a publication or an input says of its type, checked. */
export function valueType(type: string | undefined, where: string): ValueTypeName | undefined {
  if (type === undefined) return undefined;
  const known: Readonly<Record<string, ValueTypeName>> = {
    ...Object.fromEntries(VALUE_TYPES.map((name) => [name, name])),
    int: "integer",
    int64: "integer",
    float: "double",
    bool: "boolean",
    vector_double: "vector",
    double_vector: "vector",
    raw: "bytes",
  };
  const found = known[type.toLowerCase()];
  if (found !== undefined) return found;
  const remedy = `known are ${VALUE_TYPES.join(", ")}`;
  throw new HelicsError("ERR_HELICS_TYPE", `${where} is of type "${type}", which agents do not exchange`, { remedy });
}

/** Whether the threads of HELICS are to stay on one processor. */
export function onOneProcessor(options: FederateOptions): boolean {
  const { helicsAffinity } = options;
  return helicsAffinity === undefined ? isFastOnOne(options) : helicsAffinity === "one";
}

/** HELICS' configuration of a federate with these options and interfaces. */
export function configurationOf(name: string, options: FederateOptions, interfaces: Interfaces): string {
  const { periodS, offsetS, uninterruptible, waitForCurrentTimeUpdate, maxIterations } = options;
  const {
    publications: _publications,
    subscriptions: _subscriptions,
    inputs: _inputs,
    endpoints: _endpoints,
    ...others
  } = options.configuration ?? {};
  const set = (key: string, value: unknown) => (value === undefined ? {} : { [key]: value });
  return JSON.stringify({
    ...others,
    name,
    core_type: givenCoreType(options),
    core_init_string: coreInitOf(options),
    ...set("period", periodS),
    ...set("offset", offsetS),
    ...set("uninterruptible", uninterruptible),
    ...set("wait_for_current_time_update", waitForCurrentTimeUpdate),
    ...set("max_iterations", maxIterations),
    publications: interfaces.publications.map(({ key, type, units, extra }) => {
      return {
        ...extra,
        key,
        type: type === "json" ? "string" : nativeType(type),
        global: true,
        ...set("unit", units),
      };
    }),
    inputs: interfaces.inputs.map(({ key, target, type, units, required = true, extra }) => {
      const connection = { targets: [target], connection_required: required };
      return { ...extra, key, type: nativeType(type), ...connection, ...set("unit", units) };
    }),
    endpoints: interfaces.endpoints.map(({ name: endpoint, extra }) => ({ ...extra, name: endpoint, global: true })),
  });
}

/** Name of a type in HELICS. */
function nativeType(type: ValueTypeName | "any"): string {
  return type === "bytes" ? "raw" : type === "integer" ? "int" : type;
}

const SILENCE_MS = 3000;

/**
 * Wall time in which the core's questions are to be answered, in milliseconds; HELICS' own is 15 s. A broker that was frozen
 * for less than `silenceMs` can still answer.
 */
export function queryTimeoutOf(silenceMs: number): number {
  return silenceMs + 1000;
}

/** Wall time without an answer of the broker after which a wait for the start ends; undefined if the core has times of its own. */
export function brokerSilenceOf(options: FederateOptions): number | undefined {
  if (hasInitOption(options, "--tick|--timeout|--debugging|--disable_timer")) return undefined;
  return options.silenceMs ?? SILENCE_MS;
}

/** What is given in the core init string goes before the defaults. */
function coreInitOf(options: FederateOptions): string {
  const { broker, tickMs = 500, silenceMs = SILENCE_MS, connectTimeoutMs = 4000 } = options;
  const given = givenInit(options);
  const has = (option: string) => hasInitOption(options, option);
  const networkMs = Math.ceil(connectTimeoutMs / CONNECT_ATTEMPTS);
  const own = [
    ...(has("--federates|-f") ? [] : ["--federates=1"]),
    ...(broker === undefined ? [] : [`--broker_address=${brokerAddress({ ...options, broker })}`]),
    ...(has("--tick") ? [] : [`--tick=${tickMs}ms`]),
    ...(has("--timeout") ? [] : [`--timeout=${silenceMs}ms`]),
    ...(has("--query_?timeout") ? [] : [`--querytimeout=${queryTimeoutOf(silenceMs)}ms`]),
    ...(has("--network_?timeout") || networkMs <= 4000 ? [] : [`--network_timeout=${networkMs}ms`]),
  ];
  return [given, ...own].filter((part) => part !== "").join(" ");
}
