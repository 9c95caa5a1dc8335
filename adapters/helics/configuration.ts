import { readFileSync } from "node:fs";
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

/**
 * Read a configuration from a file of HELICS: JSON, comments allowed.
 *
 * @throws {@link HelicsError} `ERR_HELICS_CONFIGURATION` if it cannot be read, or has a key that HELICS does not know.
 */
export function readConfiguration(file: string): HelicsConfiguration {
  let read: unknown;
  try {
    read = JSON.parse(withoutComments(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new HelicsError("ERR_HELICS_CONFIGURATION", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return checkConfiguration(read, file);
}

/**
 * A configuration with HELICS' usual spelling of its keys, from any that HELICS takes.
 *
 * @param where - Names it in errors.
 * @throws {@link HelicsError} `ERR_HELICS_CONFIGURATION` for a key that HELICS does not know: HELICS itself would pass over it.
 */
export function checkConfiguration(given: unknown, where: string): HelicsConfiguration {
  const refuse = (problem: string, remedy?: string) =>
    new HelicsError("ERR_HELICS_CONFIGURATION", `${where}: ${problem}`, remedy === undefined ? {} : { remedy });
  const spelled = (object: unknown, known: ReadonlyMap<string, string>, what: string): Record<string, unknown> => {
    if (typeof object !== "object" || object === null || Array.isArray(object)) {
      throw refuse(`${what} is an object, got ${JSON.stringify(object)}`);
    }
    const entries = Object.entries(object).map(([key, value]) => {
      const name = known.get(plain(key));
      if (name !== undefined) return [name, value] as const;
      const near = nearest(plain(key), known);
      const remedy = near === undefined ? `known are ${[...known.values()].join(", ")}` : `did you mean "${near}"?`;
      throw refuse(`${what} has the key "${key}", which HELICS does not know`, remedy);
    });
    return Object.fromEntries(entries);
  };
  const configuration = spelled(given, KNOWN, "the federate");
  for (const [list, known] of KNOWN_OF) {
    const items = configuration[list];
    if (items === undefined) continue;
    if (!Array.isArray(items)) throw refuse(`${list} is an array, got ${JSON.stringify(items)}`);
    configuration[list] = items.map((item, i) => spelled(item, known, `${list}[${i}]`));
  }
  return configuration as HelicsConfiguration;
}

/** The known key that differs in the fewest places, if that are few. */
function nearest(key: string, known: ReadonlyMap<string, string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(key.length / 3)) + 1;
  for (const [candidate, name] of known) {
    const distance = distanceOf(key, candidate);
    if (distance >= least) continue;
    least = distance;
    best = name;
  }
  return best;
}

/** Levenshtein's distance. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[other.length]!;
}

/** HELICS' parser takes comments as in C++, and with `#`; those in strings are none. */
function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\//g, (part) =>
    part.startsWith('"') ? part : " ",
  );
}
