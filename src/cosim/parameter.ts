/**
 * Parameters of a scenario or a simulator: how they are declared, which values fit, and the types that follow from a declaration.
 */

import {
  anything,
  checkOptions,
  listOf,
  number,
  type OptionCheck,
  type OptionChecks,
  oneOf,
  required,
  string,
} from "../options.ts";

interface ParameterBase {
  /** One line for `--help`: what it is, and its unit. */
  readonly help?: string;
}

/** A number; `integer` takes whole ones only. */
export interface NumberParameter extends ParameterBase {
  readonly type: "integer" | "number";
  /** Finite, within `min` and `max`. */
  readonly default: number;
  /** Smallest value allowed; default: none. */
  readonly min?: number;
  /** Largest value allowed; default: none. */
  readonly max?: number;
}

/** Yes or no: `--control` and `--no-control`. */
export interface BooleanParameter extends ParameterBase {
  readonly type: "boolean";
  readonly default: boolean;
}

/** A text. */
export interface StringParameter extends ParameterBase {
  readonly type: "string";
  readonly default: string;
  /** The only values allowed; default: any. */
  readonly choices?: readonly string[];
}

/** How a parameter is declared. */
export type ParameterDeclaration = NumberParameter | BooleanParameter | StringParameter;

/** Parameters by name; names are camelCase, options of the command line are the same in kebab-case. */
export type ParameterDeclarations = Readonly<Record<string, ParameterDeclaration>>;

type ValueOf<D extends ParameterDeclaration> = D extends BooleanParameter
  ? boolean
  : D extends NumberParameter
    ? number
    : D extends { readonly choices: readonly (infer T)[] }
      ? T
      : string;

/** Values of declared parameters. */
export type ParameterValues<P extends ParameterDeclarations> = { readonly [N in keyof P]: ValueOf<P[N]> };

/** A default is compared with the whole declaration. */
const BASE = { help: string, default: anything };
const NUMBER: OptionChecks<NumberParameter> = {
  ...BASE,
  type: required(oneOf(["integer", "number"])),
  min: number(),
  max: number(),
};
const DECLARATIONS: Readonly<Record<ParameterDeclaration["type"], Readonly<Record<string, OptionCheck>>>> = {
  integer: NUMBER,
  number: NUMBER,
  boolean: { ...BASE, type: required(string) },
  string: { ...BASE, type: required(string), choices: listOf(string) },
};

/** Who declares parameters, and the names that the command line has options of its own for there. */
const RESERVED = {
  defineScenario: [
    ...["seed", "containers", "isolation", "strict", "out", "record", "mayRecord", "force", "sweep", "jobs"],
    ...["debug", "help", "version"],
  ],
  defineSimulator: [
    ...["address", "remote", "logLevel", "timeout", "insecure", "containers", "isolation", "strict", "record", "force"],
    ...["debug", "help", "version"],
  ],
  defineFederate: [
    ...[
      "broker",
      "coreType",
      "coreInit",
      "name",
      "config",
      "library",
      "until",
      "logLevel",
      "timeout",
      "record",
      "force",
    ],
    ...["containers", "isolation", "debug", "help", "version"],
  ],
} as const;

/**
 * What is wrong with `value` for a parameter, as `must be an integer from 0 to 365`; undefined if nothing is.
 *
 * Bounds belong to the range.
 */
export function parameterProblem(declaration: ParameterDeclaration, value: unknown): string | undefined {
  switch (declaration.type) {
    case "boolean":
      return typeof value === "boolean" ? undefined : "must be true or false";
    case "string": {
      const { choices } = declaration;
      const fits = typeof value === "string" && (choices === undefined || choices.includes(value));
      return fits ? undefined : choices === undefined ? "must be a text" : `must be one of ${choices.join(", ")}`;
    }
    default: {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = declaration;
      const whole = declaration.type === "integer";
      const fits = whole ? Number.isSafeInteger(value) : Number.isFinite(value);
      if (fits && (value as number) >= min && (value as number) <= max) return undefined;
      return `must be ${whole ? "an integer" : "a finite number"}${rangeText(declaration)}`;
    }
  }
}

/** ` from 0 to 365`, or one side of it, or nothing. */
export function rangeText({ min, max }: NumberParameter): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` >= ${min}`;
  return max === undefined ? "" : ` <= ${max}`;
}

/** @throws TypeError or RangeError if the author of a scenario or simulator declared it wrong. */
export function checkDeclaration(by: keyof typeof RESERVED, name: string, declaration: ParameterDeclaration): void {
  const which = `${by}: parameter "${name}"`;
  if (!/^[a-z][a-zA-Z0-9]*$/.test(name) || /^no[A-Z]/.test(name)) {
    throw new TypeError(`${which}: a name is camelCase and does not begin with "no"`);
  }
  const reserved: readonly string[] = RESERVED[by];
  if (reserved.includes(name)) {
    throw new TypeError(
      `${which}: this option belongs to the command line; choose another name than ${reserved.join(", ")}`,
    );
  }
  const types = ["integer", "number", "boolean", "string"];
  if (!types.includes(declaration?.type)) throw new TypeError(`${which}: type must be one of ${types.join(", ")}`);
  checkOptions(which, declaration, DECLARATIONS[declaration.type] as OptionChecks<ParameterDeclaration>);
  const { min = -Infinity, max = Infinity } = declaration as Partial<NumberParameter>;
  if (min > max) throw new RangeError(`${which}: min ${min} is above max ${max}`);
  const problem = parameterProblem(declaration, declaration.default);
  if (problem !== undefined) throw new RangeError(`${which}: default ${String(declaration.default)} ${problem}`);
}
