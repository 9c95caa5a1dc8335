import type { Value } from "../codec/index.ts";
import type { ErrorDetails, RemoteError } from "../errors.ts";
import { readError, writeError } from "./wire-error.ts";

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
