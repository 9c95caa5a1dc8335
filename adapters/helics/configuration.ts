import { readFileSync } from "node:fs";
import { suggestion } from "../../src/cosim/index.ts";
import { HelicsError } from "./errors.ts";

/** HELICS' own JSON configuration of a federate. */
export interface HelicsConfiguration {
  readonly name?: string;
  readonly publications?: readonly InterfaceConfiguration[];
  readonly subscriptions?: readonly InterfaceConfiguration[];
  readonly inputs?: readonly InterfaceConfiguration[];
  readonly endpoints?: readonly InterfaceConfiguration[];
  readonly [key: string]: unknown;
}

/** An interface in a {@link HelicsConfiguration}. */
export interface InterfaceConfiguration {
  readonly key?: string;
  readonly name?: string;
  readonly type?: string;
  readonly global?: boolean;
  /** Which attribute of which agent it is, as `pv-1.p_mw`. HELICS passes it on without a look. */
  readonly info?: string;
  readonly [key: string]: unknown;
}

/** Keys that HELICS knows; it takes each in snake_case, in camelCase and in lower case. Source: HELICS 3.6, "Configuration Options Reference". */
const FEDERATE_KEYS = `name core_type core_name core_init_string autobroker connection_required connection_optional
  strict_input_type_checking terminate_on_error source_only observer reentrant dynamic only_update_on_change
  only_transmit_on_change broker_key broker brokers broker_name broker_address broker_port broker_init broker_init_string
  key separator force_new_core default_global globals tags aliases alias json use_json_serialization allow_remote_control
  disable_remote_control logfile log_level logging force_logging_flush file_log_level console_log_level dump_log logbuffer
  ignore_time_mismatch_warnings uninterruptible interruptible period offset time_delta min_time_delta input_delay
  output_delay real_time rt_tolerance rt_lag rt_lead grant_timeout max_cosim_duration stop_time
  wait_for_current_time_update restrictive_time_policy slow_responding event_triggered rollback max_iterations
  forward_compute index_group interface_network reuse_address noack maxsize maxcount network_retries osport server_mode
  interface port local_port port_start encrypted encryption_config encryption_password profiling profiler
  strict_config_checking time_monitor helics publications subscriptions inputs endpoints filters translators
  description comments`;
const VALUE_KEYS = `key name type unit units global connection_optional connection_required tolerance minimum_change
  target targets destination_target destination_targets source_target source_targets buffer_data strict_input_type_checking
  strict_type_checking alias aliases ignore_unit_mismatch ignore_interrupts info tags required optional reconnectable
  time_restricted description`;
const INTERFACE_KEYS: Readonly<Record<string, string>> = {
  publications: `${VALUE_KEYS} only_transmit_on_change only_update_on_change`,
  subscriptions: `${VALUE_KEYS} only_update_on_change default`,
  inputs: `${VALUE_KEYS} only_update_on_change default connections input_priority_location clear_priority_list
    single_connection_only multiple_connections_allowed multi_input_handling_method`,
  endpoints: `key name type global destination default_destination target targets destination_target destination_targets
    source_target source_targets alias aliases subscription subscriptions filter filters source_filters
    destination_filters targeted required optional receive_only source_only info tags known_destinations description`,
  filters: `name key source_target source_targets destination_target destination_targets info tags operation properties
    cloning delivery global input_type output_type inputtype outputtype endpoints description`,
  translators: `name key source_target source_targets destination_target destination_targets info tags type global
    description`,
};

/** As HELICS compares keys: without case and underscores. */
const plain = (key: string): string => key.toLowerCase().replaceAll("_", "");
const keysOf = (text: string): ReadonlyMap<string, string> =>
  new Map(text.split(/\s+/).map((key) => [plain(key), key]));

const KNOWN = keysOf(FEDERATE_KEYS);
const KNOWN_OF = new Map(Object.entries(INTERFACE_KEYS).map(([list, text]) => [list, keysOf(text)]));

/** Seconds in the units of time that HELICS knows. Source: HELICS 3.6.1, tried. */
const UNIT_S: Readonly<Record<string, number>> = {
  ...{ ps: 1e-12, ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1, sec: 1, second: 1, seconds: 1 },
  ...{ min: 60, minute: 60, minutes: 60, hr: 3600, hour: 3600, hours: 3600, day: 86_400, days: 86_400 },
};

/** A time with its unit, as `15 min`. */
const TIME = /^\s*([-+.\deE]+)\s*([a-z]*)\s*$/;

/**
 * A configuration with HELICS' usual spelling of its keys: from a file, or from what it says. Throws as these do.
 *
 * @param federate - Name for errors; without it that in the configuration.
 */
export function configurationFrom(given: unknown, federate?: string): HelicsConfiguration | undefined {
  if (given === undefined) return undefined;
  if (typeof given === "string") return readConfiguration(given, federate);
  return checkConfiguration(given, "option configuration", federate);
}

/**
 * Read a configuration from a file of HELICS: JSON, comments allowed.
 *
 * @param federate - Name for errors; without it that in the file.
 * @throws {@link HelicsError} `ERR_HELICS_CONFIGURATION` if it cannot be read, or has a key that HELICS does not know.
 */
export function readConfiguration(file: string, federate?: string): HelicsConfiguration {
  let read: unknown;
  try {
    read = JSON.parse(withoutComments(readFileSync(file, "utf8")));
  } catch (cause) {
    const remedy = "give the path of a file with HELICS' configuration of the federate, as JSON";
    const text = `${file} cannot be read: ${(cause as Error).message}`;
    throw new HelicsError("ERR_HELICS_CONFIGURATION", text, { ...(federate && { federate }), remedy, cause });
  }
  return checkConfiguration(read, file, federate);
}

/**
 * A configuration with HELICS' usual spelling of its keys, from any that HELICS takes.
 *
 * @param where - Names it in errors.
 * @param federate - Name for errors; without it that in the configuration.
 * @throws {@link HelicsError} `ERR_HELICS_CONFIGURATION` for a key that HELICS does not know, which it would pass over
 *   itself; for a period or an offset that is no time.
 */
export function checkConfiguration(given: unknown, where: string, federate = nameIn(given)): HelicsConfiguration {
  const refuse = (problem: string, remedy = `correct it in ${where}`) =>
    new HelicsError("ERR_HELICS_CONFIGURATION", `${where}: ${problem}`, { ...(federate && { federate }), remedy });
  const spelled = (object: unknown, known: ReadonlyMap<string, string>, what: string): Record<string, unknown> => {
    if (typeof object !== "object" || object === null || Array.isArray(object)) {
      throw refuse(`${what} is an object, got ${JSON.stringify(object)}`);
    }
    const entries = Object.entries(object).map(([key, value]) => {
      const name = known.get(plain(key));
      if (name !== undefined) return [name, value] as const;
      throw refuse(`${what} has the key "${key}", which HELICS does not know`, suggestion(key, [...known.values()]));
    });
    return Object.fromEntries(entries);
  };
  const { helics, ...outer } = spelled(given, KNOWN, "the federate");
  // HELICS takes a part of that name, in a file that others have keys in as well.
  const configuration = { ...outer, ...(helics !== undefined && spelled(helics, KNOWN, "helics")) };
  for (const key of ["period", "offset"] as const) {
    if (configuration[key] === undefined) continue;
    const seconds = secondsOf(configuration[key]);
    if (seconds === undefined) {
      throw refuse(`${key} is a time, as 900 or "15 min", got ${JSON.stringify(configuration[key])}`);
    }
    configuration[key] = seconds;
  }
  const { uninterruptible } = configuration;
  if (uninterruptible !== undefined && typeof uninterruptible !== "boolean") {
    throw refuse(`uninterruptible is true or false, got ${JSON.stringify(uninterruptible)}`);
  }
  for (const [list, known] of KNOWN_OF) {
    const items = configuration[list];
    if (items === undefined) continue;
    if (!Array.isArray(items)) throw refuse(`${list} is an array, got ${JSON.stringify(items)}`);
    configuration[list] = items.map((item, i) => spelled(item, known, `${list}[${i}]`));
  }
  return configuration as HelicsConfiguration;
}

function nameIn(configuration: unknown): string | undefined {
  const { name } = (configuration ?? {}) as { readonly name?: unknown };
  return typeof name === "string" ? name : undefined;
}

/** Seconds of a time as HELICS takes it: a number, a text with a unit, or both as an object; undefined if it is none. */
function secondsOf(given: unknown): number | undefined {
  if (typeof given === "number") return given >= 0 && given < Infinity ? given : undefined;
  if (typeof given === "object" && given !== null) {
    const { value, unit, units = unit ?? "s" } = given as Readonly<Record<string, unknown>>;
    return secondsOf(`${value} ${units}`);
  }
  const [, number, unit] = (typeof given === "string" && TIME.exec(given)) || [];
  const unitS = UNIT_S[unit || "s"];
  return unitS === undefined || number === undefined ? undefined : secondsOf(Number(number) * unitS);
}

/** HELICS' parser takes comments as in C++, and with `#`; those in strings are none. */
function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\//g, (part) =>
    part.startsWith('"') ? part : " ",
  );
}
