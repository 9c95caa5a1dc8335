/**
 * Options are checked when they are given: by name, since a misspelt one would be ignored without a word, and by kind and
 * range, since a bound of NaN bounds nothing. One table of checks for each kind of options, beside its interface:
 *
 * ```ts
 * const CHECKS: OptionChecks<ServeOptions> = { codec: oneOf(CODEC_NAMES), limits: LIMITS, onFailure: func };
 * checkOptions("rpc.serve", options, CHECKS);
 * ```
 *
 * A refusal is a TypeError, or a RangeError for a number of the right kind, with a `code` of `docs/errors.md`: it names
 * the call, the option, what was given and what is allowed.
 */
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";

/** What one option may be. */
export interface OptionCheck {
  /** What is allowed, to stand after "must be": `a number > 0, in milliseconds`. */
  readonly allowed: string;
  accepts(value: unknown): boolean;
  /** Whether a value that is not accepted is out of range only: a RangeError then. */
  isKind?(value: unknown): boolean;
  /** Look into a value that is accepted. */
  inside?(of: string, path: string, value: unknown): void;
  /** Names among which it is one. */
  readonly names?: readonly string[];
  /** It may not be left out. */
  readonly required?: boolean;
  /** Its value is in no message. */
  readonly secret?: boolean;
}

/** A check for every option of `O`: one that is added without a check does not compile. */
export type OptionChecks<O> = { readonly [K in keyof O]-?: OptionCheck };

/**
 * Check options by their names and values; `undefined` is as good as left out.
 *
 * @param of - The call that gets them, as its user writes it: `rpc.serve`.
 * @throws TypeError `ERR_OPTION_UNKNOWN` with the nearest name, `ERR_OPTION_TYPE`; RangeError `ERR_OPTION_RANGE`.
 */
export function checkOptions<O extends object>(of: string, options: O | undefined, checks: OptionChecks<O>): void {
  checkFields(of, "", options, checks as Readonly<Record<string, OptionCheck>>);
}

/** Check one value that has no name among options, as an argument. Throws as {@link checkOptions}. */
export function checkArgument(of: string, name: string, value: unknown, check: OptionCheck): void {
  checkField(of, name, value, { required: true, ...check });
}

function checkFields(of: string, under: string, options: unknown, checks: Readonly<Record<string, OptionCheck>>): void {
  if (options === undefined) options = {};
  if (!isObject(options)) throw refused(of, under === "" ? "options" : under, "an object", options);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(checks, name)) throw unknown(of, under, name, Object.keys(checks));
  }
  for (const name of Object.keys(checks)) {
    checkField(of, under === "" ? name : `${under}.${name}`, (options as Record<string, unknown>)[name], checks[name]!);
  }
}

function checkField(of: string, path: string, value: unknown, check: OptionCheck): void {
  if (value === undefined && check.required !== true) return;
  if (!check.accepts(value)) throw refused(of, path, check.allowed, value, check);
  check.inside?.(of, path, value);
}

function unknown(of: string, under: string, name: string, known: readonly string[]): TypeError {
  const where = under === "" ? "" : ` in ${under}`;
  const message = `${of}: there is no option ${shown(name)}${where}; ${suggestion(name, known)}`;
  return Object.assign(new TypeError(message), { code: "ERR_OPTION_UNKNOWN" });
}

function refused(
  of: string,
  path: string,
  allowed: string,
  value: unknown,
  check: Partial<OptionCheck> = {},
): TypeError {
  const given = check.secret ? `a ${typeof value} of another kind` : shown(value);
  const near = typeof value === "string" && check.names !== undefined ? nearest(value, check.names) : undefined;
  const hint = near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`;
  const message = `${of}: ${path} must be ${allowed}, got ${given}${hint}`;
  if (check.isKind?.(value)) return Object.assign(new RangeError(message), { code: "ERR_OPTION_RANGE" });
  return Object.assign(new TypeError(message), { code: "ERR_OPTION_TYPE" });
}

/** A number: `integer`, from `min` on or `above` a value, up to `max`, perhaps Infinity; `unit` is told. */
export function number(
  range: { min?: number; above?: number; max?: number; integer?: boolean; infinite?: boolean; unit?: string } = {},
): OptionCheck {
  const { min = Number.NEGATIVE_INFINITY, above = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = range;
  const { integer = false, infinite = false, unit } = range;
  const bounds = [
    ...(range.above === undefined ? [] : [`> ${above}`]),
    ...(range.min === undefined ? [] : [`>= ${min}`]),
    ...(range.max === undefined ? [] : [`<= ${max}`]),
  ].join(" and ");
  const what = integer ? "an integer" : infinite ? "a number" : "a finite number";
  const text = [what, bounds, unit].filter((part) => part !== undefined && part !== "").join(" ");
  return {
    allowed: infinite ? `${text}, or Infinity` : text,
    isKind: (value) => typeof value === "number",
    accepts: (value) => {
      if (typeof value !== "number") return false;
      if (infinite && value === Number.POSITIVE_INFINITY) return true;
      return (
        (integer ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
        value >= min &&
        value > above &&
        value <= max
      );
    },
  };
}

export const boolean: OptionCheck = { allowed: "true or false", accepts: (value) => typeof value === "boolean" };
export const func: OptionCheck = { allowed: "a function", accepts: (value) => typeof value === "function" };
/** Any text, the empty one included. */
export const string: OptionCheck = { allowed: "a string", accepts: (value) => typeof value === "string" };
/** A text that is not empty. */
export const text: OptionCheck = {
  allowed: "a string that is not empty",
  accepts: (value) => typeof value === "string" && value !== "",
};
/** A token: an empty one, or one of blanks alone, is what a variable that was never set leaves, so that it is none. */
export const token: OptionCheck = {
  allowed: "a token, which is a string and not empty",
  accepts: (value) => typeof value === "string" && value.trim() !== "",
  secret: true,
};
export const signal: OptionCheck = { allowed: "an AbortSignal", accepts: (value) => value instanceof AbortSignal };
/** Whatever is given: for what is checked where it is used. */
export const anything: OptionCheck = { allowed: "anything", accepts: () => true };
/** An object or function that is no array, of whatever class. */
export const object: OptionCheck = {
  allowed: "an object",
  accepts: (value) => isObject(value) || typeof value === "function",
};

/** One of these names. */
export function oneOf(names: readonly string[]): OptionCheck {
  const allowed = `one of ${names.map((name) => JSON.stringify(name)).join(", ")}`;
  return { allowed, names, accepts: (value) => typeof value === "string" && names.includes(value) };
}

/** Something with these methods, whichever copy of this package its class is of: "`what`, with a method …". */
export function withMethods(what: string, ...methods: readonly string[]): OptionCheck {
  return {
    allowed: what,
    accepts: (value) =>
      isObject(value) && methods.every((method) => typeof (value as Record<string, unknown>)[method] === "function"),
  };
}

/** A list of what passes `check`. */
export function listOf(check: OptionCheck): OptionCheck {
  const item = required(check);
  return {
    allowed: `an array, of ${check.allowed} each`,
    accepts: (value) => Array.isArray(value),
    inside: (of, path, value) => {
      const items = value as readonly unknown[];
      for (let i = 0; i < items.length; i++) {
        // A path is made only for what is refused, or looked into.
        if (check.inside !== undefined || !check.accepts(items[i])) checkField(of, `${path}[${i}]`, items[i], item);
      }
    },
  };
}

/** Options in options: names and values are checked as there. */
export function nested<O extends object>(checks: OptionChecks<O>): OptionCheck {
  return {
    allowed: "an object",
    accepts: isObject,
    inside: (of, path, value) => checkFields(of, path, value, checks as Readonly<Record<string, OptionCheck>>),
  };
}

/** Whatever passes one of `checks`; the first that accepts a value looks into it. */
export function either(...checks: readonly OptionCheck[]): OptionCheck {
  return {
    allowed: checks.map(({ allowed }) => allowed).join(", or "),
    names: checks.flatMap(({ names = [] }) => names),
    accepts: (value) => checks.some((check) => check.accepts(value)),
    isKind: (value) => checks.some((check) => check.isKind?.(value)),
    inside: (of, path, value) => checks.find((check) => check.accepts(value))?.inside?.(of, path, value),
  };
}

/** The option may not be left out. */
export function required(check: OptionCheck): OptionCheck {
  return { ...check, required: true };
}

/** Bounds of which 0 makes sense: nothing of it, or for digits no bound, as in Python. */
const MAY_BE_ZERO: ReadonlySet<string> = new Set<keyof Limits>([
  "integerDigitsMax",
  "sendQueueBytesMax",
  "passedServicesMax",
  "remoteServicesMax",
  "setupInboxMax",
  "outsideCallsMax",
  "outputEventsMax",
  "recordingNamesMax",
]);

/** Highest value of a bound that the wire gives. */
const MAX: Partial<Record<string, number>> = { frameBytesMax: 2 ** 32 - 1 };

function limitCheck(name: string): OptionCheck {
  if (name.endsWith("Ms")) return number({ above: 0, infinite: name === "callTimeoutMs", unit: "milliseconds" });
  const max = MAX[name];
  return number({ integer: true, min: MAY_BE_ZERO.has(name) ? 0 : 1, ...(max === undefined ? {} : { max }) });
}

/** The bounds of `Limits`: whole numbers, and milliseconds above 0; only `callTimeoutMs` may be Infinity. */
export const LIMITS: OptionCheck = nested(
  Object.fromEntries(Object.keys(DEFAULT_LIMITS).map((name) => [name, limitCheck(name)])) as OptionChecks<Limits>,
);

/** What to write instead of `name`: the nearest of the known names, or all of them. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  if (near !== undefined) return `did you mean ${JSON.stringify(near)}?`;
  return known.length === 0 ? "there are none" : `there are ${known.join(", ")}`;
}

/** The known name that `name` most likely stands for, if one is near: case, `_` and `-` count for nothing. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[_-]/g, "");
  const given = plain(name.slice(0, 64));
  let best: string | undefined;
  let least = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const candidate of known) {
    const steps = distance(given, plain(candidate));
    if (steps < least) [best, least] = [candidate, steps];
  }
  return best;
}

/** Letters to insert, drop, replace, or swap with their neighbour. Source: optimal string alignment, Damerau 1964. */
function distance(from: string, to: string): number {
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + same);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    before = above;
    above = row;
  }
  return above[to.length]!;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Letters of a given text that a message has. */
const SHOWN_MAX = 60;

/** A value in a message: short, whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === "string") {
    return value.length > SHOWN_MAX ? `${JSON.stringify(value.slice(0, SHOWN_MAX))}…` : JSON.stringify(value);
  }
  if (typeof value === "function") return value.name === "" ? "a function" : `the function ${value.name}`;
  if (typeof value === "symbol") return "a symbol";
  if (typeof value === "bigint") return `${value}n`.slice(0, SHOWN_MAX);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (!isObject(value)) return Object.is(value, -0) ? "-0" : String(value);
  const maker = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor?.name;
  return typeof maker === "string" && maker !== "Object" ? `an instance of ${maker}` : "an object";
}
