import type { Value } from "../codec/index.ts";
import { CODE_REMOTE, describeError, type ErrorDetails, RemoteError } from "../errors.ts";

/** How a failure stands on the wire: the content of a message of type EXCEPTION. */
export interface FailureFormat {
  /** What such a content is, for errors: `a text`. */
  readonly form: string;
  /** Whether a peer's content has that form. */
  accepts(content: Value): boolean;
  /** Content that tells of `error`, whatever was thrown; it must fit a frame. */
  write(error: unknown): Value;
  /** The error that an accepted content tells of. */
  read(content: Value, details: ErrorDetails): RemoteError;
}

/** A failure as one text: aiomas's way. */
export const TEXT_FAILURES: FailureFormat = {
  form: "a text",
  accepts: (content) => typeof content === "string",
  write: writeError,
  read: (content, details) => readError(content as string, details),
};

/** Characters of an error's message that cross; what is beyond is cut off, so that a failure always fits a frame. */
const MESSAGE_CHARS_MAX = 16_384;
/** Characters of its name, and of its code. */
const NAME_CHARS_MAX = 128;

/** `Name [CODE]: message`, or `Name: message` if the code is {@link CODE_REMOTE}. */
const OURS = /^([^[\]:\n]*)(?: \[([^[\]:\n]*)\])?: (.*)$/s;

const TRACEBACK = "Traceback (most recent call last):\n";
/** `module.Name: message`, or only the name. */
const PYTHONS = /^([\w.]+)(?:: (.*))?$/s;

/**
 * How an error stands in an EXCEPTION message: one text that people can read, never with a stack.
 *
 * Name and code lose brackets, colons and line ends, the message of an error without a code loses line ends at its end;
 * otherwise {@link readError} gives back exactly what went in.
 */
export function writeError(error: unknown): string {
  const [code, name, message] = describeError(error);
  const mark = code === CODE_REMOTE ? "" : ` [${label(code)}]`;
  const text = `${label(name)}${mark}: ${cut(message, MESSAGE_CHARS_MAX)}`;
  return mark === "" ? text.replace(/\n+$/, "") : text;
}

/** The error that an EXCEPTION message tells of, written by {@link writeError} or by a Python peer as a traceback. */
export function readError(text: string, details: ErrorDetails): RemoteError {
  const ours = OURS.exec(text);
  // Python's always ends with a line end, ours never does without a code; what was never raised has no traceback there.
  if (ours !== null && (ours[2] !== undefined || !text.endsWith("\n")))
    return new RemoteError(ours[2] ?? CODE_REMOTE, ours[1]!, ours[3]!, details);
  const python = PYTHONS.exec(afterTraceback(text));
  if (python === null) return new RemoteError(CODE_REMOTE, "Error", text.trimEnd(), details);
  return new RemoteError(CODE_REMOTE, python[1]!.split(".").at(-1)!, python[2] ?? "", details);
}

/** What follows the lines of the last traceback, which are all indented: name and message, which may have many lines. */
function afterTraceback(text: string): string {
  const start = text.lastIndexOf(TRACEBACK);
  const lines = text.slice(start < 0 ? 0 : start + TRACEBACK.length).split("\n");
  const first = lines.findIndex((line) => !line.startsWith(" "));
  return lines.slice(first).join("\n").trimEnd();
}

function label(text: string): string {
  return cut(text.replace(/[[\]:\n]/g, "_"), NAME_CHARS_MAX);
}

/** At most `max` characters, never half of a surrogate pair. */
function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
