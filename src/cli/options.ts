import { type Command, Option } from "commander";
import { parseAddress } from "../channel/index.ts";
import type { PopulationOptions } from "../cosim/index.ts";
import { LOG_LEVELS, type Log, type LogLevel } from "../cosim/servable.ts";
import { EVENT_KINDS } from "../observe/filter.ts";
import { type Moment, secondsOf } from "../observe/moment.ts";
import type { RunFilter } from "../recording/index.ts";
import { UsageError } from "./errors.ts";

/** Forms of a moment in help. */
export const MOMENT_FORMS = "seconds, 18:00, or ISO 8601";

/** A simulation time: seconds, or a time that a recording's calendar gives them. @throws UsageError `ERR_CLI_VALUE`. */
export function parseMoment(text: string): Moment {
  // Any start will do to see whether it is a time at all.
  const seconds = secondsOf(text, "0000-01-01T00:00:00Z");
  if (seconds !== undefined && seconds >= 0) return /^[\d.e+]+$/i.test(text.trim()) ? Number(text) : text;
  const forms = "seconds since the start, at least 0, a time of day as 18:00, or ISO 8601 as 2026-06-01T18:00";
  throw new UsageError("ERR_CLI_VALUE", `"${text}" must be a simulation time: ${forms}`);
}

/** Longest time that a Node timer can measure, in seconds. */
const TIMEOUT_S_MAX = 2_147_483;

/** Value of an option that is a time-out in seconds. @throws UsageError `ERR_CLI_VALUE`. */
export function parseSeconds(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds > 0 && seconds <= TIMEOUT_S_MAX) return seconds;
  const range = `a number of seconds > 0 and <= ${TIMEOUT_S_MAX}`;
  throw new UsageError("ERR_CLI_VALUE", `--timeout ${JSON.stringify(text)}: must be ${range}`);
}

/** Value of `--until`: seconds of simulation, of which there may be many years. @throws UsageError `ERR_CLI_VALUE`. */
export function parseUntil(text: string): number {
  const seconds = /^\d+(\.\d+)?(e\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (seconds > 0 && seconds < Infinity) return seconds;
  throw new UsageError(
    "ERR_CLI_VALUE",
    `--until ${JSON.stringify(text)}: must be a number of seconds of simulation > 0`,
  );
}

/**
 * `tcp://HOST:PORT` of an argument.
 *
 * @param listens - Whether it is listened on: then the port may be 0, any free one.
 * @throws UsageError `ERR_CLI_VALUE`.
 */
export function parseHostPort(text: string, listens: boolean): string {
  try {
    const address = `tcp://${text}`;
    const parsed = parseAddress(address);
    if (listens || (parsed.scheme === "tcp" && parsed.port > 0)) return address;
  } catch {
    // Told below, in the terms of the command line.
  }
  const form = `HOST:PORT with a port from ${listens ? 0 : 1} to 65535, and IPv6 in brackets`;
  throw new UsageError("ERR_CLI_VALUE", `address ${JSON.stringify(text)}: must be ${form}`);
}

/** Options by which events are chosen. */
export interface FilterOptions {
  readonly agent?: readonly string[];
  readonly method?: readonly string[];
  readonly kind?: readonly string[];
  readonly from?: Moment;
  readonly to?: Moment;
  readonly causedBy?: string;
}

/** Add them to a command. */
export function addFilterOptions(command: Command): Command {
  return command
    .option("--agent <id...>", "events of these agents, or of their peers")
    .option("--method <name...>", "messages and answers of these methods")
    .addOption(new Option("--kind <kind...>", "events of these kinds").choices(EVENT_KINDS))
    .option("--from <time>", `events from this time on: ${MOMENT_FORMS}`, parseMoment)
    .option("--to <time>", "events up to this time", parseMoment)
    .option("--caused-by <event>", "the event of this id, and all that it led to");
}

/** The filter that was asked for. */
export function filterOf({ agent, method, kind, from, to, causedBy }: FilterOptions): RunFilter {
  return {
    ...(agent && { agents: agent }),
    ...(method && { methods: method }),
    ...(kind && { kinds: kind }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(causedBy !== undefined && { causedBy }),
  };
}

/** @throws UsageError `ERR_CLI_VALUE` unless it is a count: a parser for an option of that name. */
export function parseCount(option: string): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count >= 1) return count;
    throw new UsageError("ERR_CLI_VALUE", `--${option} must be a whole number of at least 1, got ${text}`);
  };
}

/** Where the containers of one program can run. */
export type SpreadIsolation = NonNullable<PopulationOptions["isolation"]>;

const ISOLATIONS: readonly SpreadIsolation[] = ["inline", "thread", "process"];

/** The option `--isolation` of commands that run agents. */
export function isolationOption(): Option {
  return new Option("--isolation <where>", "where containers run; default: inline").choices(ISOLATIONS);
}

/** A log on standard error, of this level and what is more urgent. */
export function logFrom(lowest: LogLevel): Log {
  const threshold = LOG_LEVELS.indexOf(lowest);
  return (level, text) => {
    if (LOG_LEVELS.indexOf(level) < threshold) return;
    process.stderr.write(`cosimas: ${level}: ${typeof text === "string" ? text : text()}\n`);
  };
}
