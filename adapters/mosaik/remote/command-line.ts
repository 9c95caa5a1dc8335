import { ScenarioError } from "../../../src/cosim/index.ts";

/** A simulator that the world starts as a process, with mosaik's API: it connects to the address that it is given. */
export interface CommandEntry {
  /** Command line, split as a POSIX shell does, or its words; `%(addr)s` becomes the address, see `fillCommand`. */
  readonly cmd: string | readonly string[];
  /** Folder to start it in; default: that of this process. */
  readonly cwd?: string;
  /** Environment variables, besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A simulator that runs already, and waits for its master to connect. */
export interface ConnectEntry {
  /** Where, as `127.0.0.1:5555`. */
  readonly connect: string;
}

/** A part of a word: in double quotes, in single ones, escaped, or plain. */
const PART = /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|([^\s"'\\]+)/sy;

/**
 * The words of a command line, as a POSIX shell takes it without its expansions: words in quotes may hold spaces, a
 * backslash takes the next character as it is, but not within single quotes.
 *
 * @throws `ScenarioError` `ERR_SCENARIO_COMMAND` if it is empty, or a quote is not closed.
 *
 * Source: Python's `shlex.split`, which mosaik uses.
 */
export function splitCommand(text: string): string[] {
  const words: string[] = [];
  let at = 0;
  let inWord = false;
  while (at < text.length) {
    PART.lastIndex = at;
    const part = PART.exec(text);
    if (part === null) {
      if (!/\s/.test(text[at]!)) {
        throw new ScenarioError("ERR_SCENARIO_COMMAND", `a quote or backslash is open at the end of: ${text}`);
      }
      inWord = false;
      at++;
      continue;
    }
    const [whole, double, single, escaped, plain] = part;
    if (!inWord) words.push("");
    inWord = true;
    words[words.length - 1] += double?.replace(/\\(["\\$`])/g, "$1") ?? single ?? escaped ?? plain!;
    at += whole.length;
  }
  if (words.length === 0) throw new ScenarioError("ERR_SCENARIO_COMMAND", "the command is empty");
  return words;
}

/**
 * The words of a command with mosaik's placeholders filled in: `%(addr)s` is where the simulator connects to, as
 * `127.0.0.1:5555`; `%(python)s` is `python3` (`python` on Windows); `%(node)s` is this Node.
 *
 * @throws `ScenarioError` `ERR_SCENARIO_COMMAND` for another placeholder, or without `%(addr)s`.
 */
export function fillCommand(words: readonly string[], address: string): string[] {
  const python = process.platform === "win32" ? "python" : "python3";
  const values: Record<string, string> = { addr: address, python, node: process.execPath };
  let addressed = false;
  const filled = words.map((word) =>
    word.replace(/%\((\w+)\)s/g, (placeholder, name: string) => {
      addressed ||= name === "addr";
      if (Object.hasOwn(values, name)) return values[name]!;
      const text = `unknown placeholder ${placeholder}; there are: %(addr)s, %(node)s, %(python)s`;
      throw new ScenarioError("ERR_SCENARIO_COMMAND", text);
    }),
  );
  if (addressed) return filled;
  const text = `the command does not say where to connect to, by %(addr)s: ${words.join(" ")}`;
  throw new ScenarioError("ERR_SCENARIO_COMMAND", text);
}

/** Words of a command, its placeholders not filled in yet. */
export function wordsOf(cmd: CommandEntry["cmd"]): readonly string[] {
  return typeof cmd === "string" ? splitCommand(cmd) : cmd;
}
