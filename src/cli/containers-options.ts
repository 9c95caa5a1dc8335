import { Option } from "commander";
import type { PopulationOptions } from "../cosim/index.ts";
import { UsageError } from "./exit-code.ts";

/** Where the containers of one program can run. */
export type SpreadIsolation = NonNullable<PopulationOptions["isolation"]>;

const ISOLATIONS: readonly SpreadIsolation[] = ["inline", "thread", "process"];

/** The option `--isolation` of commands that run agents. */
export function isolationOption(): Option {
  return new Option("--isolation <where>", "where containers run; default: inline").choices(ISOLATIONS);
}

/** @throws UsageError `ERR_CLI_VALUE` unless it is a count. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count >= 1) return count;
  throw new UsageError("ERR_CLI_VALUE", `--containers must be a whole number of at least 1, got ${text}`);
}
