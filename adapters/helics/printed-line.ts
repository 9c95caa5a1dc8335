import type { Log, LogLevel } from "../../src/cosim/index.ts";

/** Levels of HELICS in what it prints, and those of a log. */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  error: "error",
  warning: "warning",
  summary: "info",
  profiling: "debug",
};

/** Lines that a core repeats for as long as its broker is not there. */
const REPEATED = /connection refused|connection error/i;

/** Log a line that HELICS has printed, as `[2026-11-29 15:19:19.466] [console] [warning] text`. */
export function printedLine(line: string, federate: string, log: Log): void {
  const [, level = "", text = line] = /^\[[^\]]*\] \[[^\]]*\] \[(\w+)\] (.*)$/.exec(line) ?? [];
  // Errors come as such, too, with a remedy.
  const shown = REPEATED.test(line) ? "debug" : level === "error" ? "warning" : (LEVELS[level] ?? "info");
  log(shown, `HELICS, federate "${federate}": ${text}`);
}
