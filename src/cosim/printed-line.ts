import type { Log, LogLevel } from "./servable.ts";

/** Levels of HELICS in what it prints, and those of a log. */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  error: "error",
  warning: "warning",
  summary: "info",
  profiling: "debug",
};

/** Lines that a core of HELICS repeats for as long as its broker is not there. */
const REPEATED = /connection refused|connection error/i;

/**
 * Log a line that a native library has printed; its level is known if it has the form of spdlog, which HELICS uses:
 * `[2026-11-29 15:19:19.466] [console] [warning] text`.
 *
 * @param whose - As `HELICS, federate "grid"`.
 */
export function printedLine(line: string, whose: string, log: Log): void {
  if (line.trim() === "") return;
  const [, level = "", text = line] = /^\[[^\]]*\] \[[^\]]*\] \[(\w+)\] (.*)$/.exec(line) ?? [];
  // Errors come as such, too, with a remedy.
  const shown = REPEATED.test(line) ? "debug" : level === "error" ? "warning" : (LEVELS[level] ?? "info");
  log(shown, `${whose}: ${text}`);
}
