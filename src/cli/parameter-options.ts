import { type Command, Option } from "commander";
import type { ParameterDeclaration, ParameterDeclarations, ParameterValues } from "../cosim/parameter.ts";
import { describeValue, optionName, parseValue } from "./parameters.ts";

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
