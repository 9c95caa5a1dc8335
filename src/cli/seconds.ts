import { UsageError } from "./exit-code.ts";

/** Longest time that a Node timer can measure, in seconds. */
const TIMEOUT_S_MAX = 2_147_483;

/** Value of an option that is a time-out in seconds. @throws UsageError `ERR_CLI_VALUE`. */
export function parseSeconds(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds > 0 && seconds <= TIMEOUT_S_MAX) return seconds;
  const range = `a number of seconds > 0 and <= ${TIMEOUT_S_MAX}`;
  throw new UsageError("ERR_CLI_VALUE", `--timeout ${JSON.stringify(text)}: must be ${range}`);
}
