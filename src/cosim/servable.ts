/**
 * What `cosimas sim` serves: a module's default export that brings its own serving function, because the core knows no
 * protocol of a co-simulation master. Adapters make it; `defineSimulator` of `cosimas/mosaik` does.
 */

import { checkArgument, object } from "../options.ts";
import type { Journal } from "../trace.ts";
import { checkDeclaration, type ParameterDeclarations, type ParameterValues } from "./parameter.ts";
import type { PopulationOptions } from "./population.ts";

/** How much is logged; each level includes those after it. Source: mosaik-api-v3's `--log-level`. */
export const LOG_LEVELS = ["trace", "debug", "info", "warning", "error", "critical"] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Who steps what is served: mosaik (`cosimas sim`) or a HELICS federation (`cosimas federate`). */
export type ServableProtocol = "mosaik" | "helics";

/** What a program gives to what it serves. */
export interface ServeContext<P extends ParameterDeclarations = ParameterDeclarations> {
  /** Values of the parameters that it declares. */
  readonly parameters: ParameterValues<P>;
  /** Address of the master, or where to wait for it, as `tcp://127.0.0.1:5678`. */
  readonly address: string;
  /** Wait for the master to connect, instead of connecting to it. */
  readonly remote: boolean;
  /** Wall time to wait for it, in milliseconds; only with `remote`. */
  readonly timeoutMs: number;
  /** With `remote`, accept a master on another machine. */
  readonly insecure: boolean;
  /** Records the run of a population of agents, if that is asked for. */
  readonly record?: Journal | undefined;
  /**
   * On how many containers a population of agents is to live, if that is asked for; what is no population refuses it by
   * ScenarioError `ERR_SCENARIO_CONTAINERS`, before it is served.
   */
  readonly population?: PopulationOptions | undefined;
  /** What the command line says besides, for the adapter that serves: its own names and values. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  /** Told once the master has said stop: what is left ends by itself within seconds, and need not be ended by a signal. */
  readonly onStop?: (() => void) | undefined;
  /**
   * Aborted when the user wants the run to end: what is served ends it in good order within seconds and is rejected, or is
   * ended with the program.
   */
  readonly signal?: AbortSignal | undefined;
  readonly log: Log;
}

/** Write a line of the log: a text, or what makes one, called only if the level is logged. */
export type Log = (level: LogLevel, text: string | (() => string)) => void;

/** Something that can be served to a co-simulation master. */
export interface Servable {
  /** Parameters that the command line takes for it. */
  readonly parameters: ParameterDeclarations;
  readonly protocol: ServableProtocol;
  /** Serve until the master ends it; rejected if it fails, or if the master is lost. */
  serve(context: ServeContext): Promise<void>;
}

/** Registered, because the program and the module may come from two copies of this package. */
const MARK = Symbol.for("cosimas.servable");

/**
 * Something that `cosimas sim` can serve by calling `serve`.
 *
 * @throws TypeError or RangeError if a parameter's declaration is wrong: its name, type, default or bounds.
 */
export function servable<const P extends ParameterDeclarations>(
  serve: (context: ServeContext<P>) => Promise<void>,
  parameters: P,
  protocol: ServableProtocol = "mosaik",
): Servable {
  const maker = protocol === "mosaik" ? "defineSimulator" : "defineFederate";
  checkArgument(maker, "parameters", parameters, object);
  for (const [name, declaration] of Object.entries(parameters)) checkDeclaration(maker, name, declaration);
  return Object.freeze({ serve: serve as Servable["serve"], parameters, protocol, [MARK]: true });
}

/** Was it made by {@link servable}, of this or another copy of this package? */
export function isServable(value: unknown): value is Servable {
  return typeof value === "object" && value !== null && MARK in value;
}
