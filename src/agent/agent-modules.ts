import { ScenarioError } from "../errors.ts";
import { exportsOf } from "../host.ts";
import { within } from "../wall.ts";

/** Wall time for a module to load, in milliseconds: one that waits for who loads it would otherwise do so for ever. */
const LOAD_MS = 60_000;

/**
 * What a module of agents exports: their classes, and what holds for every container that they live in.
 *
 * @param module - A URL, as `new URL("./agents.ts", import.meta.url)`, or a path from the present folder.
 * @throws ScenarioError `ERR_SCENARIO_LOAD` if it does not load, or not within a minute.
 */
export async function agentExports(module: URL | string): Promise<Readonly<Record<string, unknown>>> {
  const loading = exportsOf(module);
  try {
    if (await within(loading, LOAD_MS)) return await loading;
  } catch (cause) {
    throw refusal(module, `does not load: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  throw refusal(
    module,
    `has not loaded within ${LOAD_MS / 1000} s. If it is the program that waits for this itself, by an await at its top ` +
      "level, put the agents into a module of their own",
  );
}

function refusal(module: URL | string, what: string, cause?: unknown): ScenarioError {
  return new ScenarioError("ERR_SCENARIO_LOAD", `the module of agents ${module} ${what}`, { cause });
}
