import { type Command, Option } from "commander";
import {
  type ParameterDeclaration,
  type ParameterDeclarations,
  type ParameterValues,
  parameterProblem,
  rangeText,
} from "../cosim/parameter.ts";
import { UsageError } from "./errors.ts";

/** Columns of help: those of a terminal as it opens. */
export const HELP_COLUMNS = 80;

/** The seed's own declaration; it is an option of every scenario. */
export const SEED: ParameterDeclaration = {
  type: "integer",
  default: 1,
  min: 0,
  help: "seed of all random numbers",
};

/** Option of a parameter without its dashes: `maxLoading` gives `max-loading`. */
export function optionName(parameter: string): string {
  return parameter.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * The value that a text on the command line stands for.
 *
 * @throws UsageError `ERR_CLI_VALUE` naming option, text and what is allowed.
 */
export function parseValue(option: string, declaration: ParameterDeclaration, text: string): unknown {
  const value = declaration.type === "string" ? text : parseNumber(text);
  const problem = parameterProblem(declaration, value);
  if (problem === undefined) return value;
  throw new UsageError("ERR_CLI_VALUE", `--${option} ${quoted(text)}: ${problem}`);
}

/** Decimal notation only: `Number` would also take an empty text for 0, and hexadecimal ones. */
function parseNumber(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

/** What `--help` says about a parameter besides its help line: `an integer from 0 to 365`. */
export function describeValue(declaration: ParameterDeclaration): string {
  switch (declaration.type) {
    case "boolean":
      return "";
    case "string":
      return declaration.choices === undefined ? "" : `one of ${declaration.choices.join(", ")}`;
    default:
      return `${declaration.type === "integer" ? "integer" : "number"}${rangeText(declaration)}`;
  }
}

/** The command that makes the same run again, every parameter spelled out. */
export function reproduceCommand(
  scenario: string,
  seed: number,
  declarations: ParameterDeclarations,
  values: Readonly<Record<string, unknown>>,
): string {
  const words = ["cosimas", "run", scenario, ...optionWords(seed, declarations, values)];
  return words.map(quoted).join(" ");
}

/** Options of a run, every parameter spelled out but those `without`, which are named as options. */
export function optionWords(
  seed: number,
  declarations: ParameterDeclarations,
  values: Readonly<Record<string, unknown>>,
  without: ReadonlySet<string> = new Set(),
): string[] {
  const words = without.has("seed") ? [] : ["--seed", String(seed)];
  for (const [name, { type }] of Object.entries(declarations)) {
    const option = optionName(name);
    if (!without.has(option)) words.push(...wordsOf(option, type, values[name]));
  }
  return words;
}

function wordsOf(option: string, type: ParameterDeclaration["type"], value: unknown): string[] {
  if (type === "boolean") return [value === true ? `--${option}` : `--no-${option}`];
  return [`--${option}`, String(value)];
}

/** A word as a POSIX shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Give a command an option for each parameter.
 *
 * @returns Finds the parameters' values among those of the command, each of which has passed its declaration's check.
 */
export function addParameters(
  command: Command,
  declarations: ParameterDeclarations,
): (values: Readonly<Record<string, unknown>>) => ParameterValues<ParameterDeclarations> {
  const keys = Object.entries(declarations).map(
    ([name, declaration]) => [name, addParameter(command, optionName(name), declaration)] as const,
  );
  return (values) =>
    Object.fromEntries(keys.map(([name, key]) => [name, values[key]])) as ParameterValues<ParameterDeclarations>;
}

/** @returns The name by which the command knows the option's value. */
export function addParameter(command: Command, name: string, declaration: ParameterDeclaration): string {
  const { help = "" } = declaration;
  if (declaration.type === "boolean") {
    const [yes, no] = [new Option(`--${name}`, help), new Option(`--no-${name}`, help)];
    // Both are taken; help shows the one that changes something.
    (declaration.default ? yes : no).hideHelp();
    if (declaration.default) no.description = help === "" ? `not ${name}` : `not: ${help}`;
    command.addOption(yes.default(declaration.default)).addOption(no);
    return yes.attributeName();
  }
  const kind = declaration.type === "string" ? "text" : declaration.type;
  const about = [help, describeValue(declaration)].filter((text) => text !== "").join("; ");
  const option = new Option(`--${name} <${kind}>`, about).default(declaration.default);
  command.addOption(option.argParser((text: string) => parseValue(name, declaration, text)));
  return option.attributeName();
}
