import { CODE_REMOTE, type channel, describeError, RemoteError } from "../../../src/index.ts";

/** Bounds that keep a failure small: characters of its message, lines of its trace, characters of such a line. */
const MESSAGE_CHARS_MAX = 16_384;
const TRACE_LINES_MAX = 64;
const LINE_CHARS_MAX = 512;

/**
 * Failures as mosaik's Python API writes them: `[name, message, ...lines of the trace]`, two texts at least.
 *
 * mosaik shows all of it to the scenario's author, so the stack goes along, unlike between agents. An error's code
 * stands before its message. Source: mosaik-api-v3 `connection.py`; a plain text, as mosaik's documentation shows, is
 * read too.
 */
export const PYTHON_FAILURES: channel.FailureFormat = {
  form: "a text or an array of texts",
  accepts: (content) =>
    typeof content === "string" ||
    (Array.isArray(content) && content.length > 0 && content.every((item) => typeof item === "string")),
  write(error) {
    const [code, name, message] = describeError(error);
    const text = code === CODE_REMOTE ? message : `${code}: ${message}`;
    return [name === "" ? "Error" : name, cut(text, MESSAGE_CHARS_MAX), ...traceLines(error)];
  },
  read(content, details) {
    if (typeof content === "string") return new RemoteError(CODE_REMOTE, "Error", content, details);
    const [name = "Error", message = ""] = content as string[];
    return new RemoteError(CODE_REMOTE, name, message, details);
  },
};

function traceLines(error: unknown): string[] {
  const stack = error instanceof Error ? error.stack : undefined;
  const lines = stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  return lines.slice(0, TRACE_LINES_MAX).map((line) => cut(`${line.trim()}\n`, LINE_CHARS_MAX));
}

function cut(text: string, most: number): string {
  return text.length <= most ? text.toWellFormed() : `${text.slice(0, most - 1)}…`.toWellFormed();
}

/** How values and failures stand on mosaik's wire. Source: mosaik-api-v3 `connection.py`. */
export const MOSAIK_WIRE = { codec: "mosaik-json", failures: PYTHON_FAILURES } as const;
