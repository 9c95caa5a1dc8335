import { isNativeError } from "node:util/types";
import { failurePlace } from "../kernel/faults.ts";

/** The run did what it should. */
export const EXIT_FINE = 0;

/** The run failed, or its module could not be loaded. */
export const EXIT_FAILED = 1;

/** The command line is wrong: an unknown option, a bad value, no such scenario. */
export const EXIT_USAGE = 2;

/** Added to the number of the signal that ended the run, as shells do; SIGINT gives 130. */
export const EXIT_SIGNAL = 128;

/** The command line is wrong; `exitCode` says how the program ends. */
export class UsageError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "UsageError";
    this.code = code;
  }
}

/** Causes that are followed: a chain may be a ring. */
const CAUSES_MAX = 16;

/**
 * What a user reads of an error: `cosimas: <code>: <message>`, then its causes, a line each.
 *
 * @param debug - Add the stack of each.
 */
export function errorLines(error: unknown, debug: boolean): string[] {
  const lines: string[] = [];
  let prefix = "cosimas: ";
  let said = { code: "Error", message: "" };
  let current: unknown = error;
  for (let depth = 0; depth < CAUSES_MAX; depth++) {
    const { code, message, stack } = describe(current);
    // A cause whose words are in its wrapper's adds a line, but no news.
    const repeated = depth > 0 && (code === "Error" || code === said.code) && said.message.includes(message);
    if (!repeated || debug) lines.push(...`${prefix}${code}: ${message}`.split("\n"));
    if (debug && stack !== undefined) lines.push(stack);
    else if (isError(current) && !repeated) {
      const place = failurePlace(current);
      if (place !== undefined) lines.push(`    at ${place}`);
    }
    if (current instanceof AggregateError) {
      for (const part of current.errors) lines.push(`  with ${describe(part).code}: ${describe(part).message}`);
    }
    said = { code, message };
    current = isError(current) ? current.cause : undefined;
    if (current === undefined || current === null) break;
    prefix = "  caused by ";
  }
  return lines;
}

/** Errors of other realms (a worker, a vm) are errors, too. */
function isError(value: unknown): value is Error {
  return value instanceof Error || isNativeError(value);
}

function describe(error: unknown): { code: string; message: string; stack?: string | undefined } {
  if (!isError(error)) return { code: "Error", message: `${String(error)} (thrown, but no error)` };
  const { code } = error as { code?: unknown };
  const text = error.message === "" ? "no message" : error.message;
  return { code: typeof code === "string" ? code : error.name, message: text, stack: frames(error.stack) };
}

/** The stack without the message that stands above it. */
function frames(stack: string | undefined): string | undefined {
  const lines = stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  return lines.length === 0 ? undefined : lines.join("\n");
}
