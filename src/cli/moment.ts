import { UsageError } from "./exit-code.ts";

/** A simulation time in seconds, at least 0. @throws UsageError `ERR_CLI_VALUE`. */
export function parseMoment(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new UsageError("ERR_CLI_VALUE", `"${text}" must be a simulation time in seconds, at least 0`);
}
