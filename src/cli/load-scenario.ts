import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ScenarioError } from "../errors.ts";
import { isScenario, type Scenario } from "../scenario.ts";
import { UsageError } from "./exit-code.ts";

/** Files that stand for a folder. */
const FOLDER_FILES = ["scenario.ts", "scenario.js", "scenario.mjs"];

/**
 * Load the scenario that a module exports by default.
 *
 * @param given - Path of the module, or of a folder with a `scenario.ts` or `.js`, from the present folder.
 * @throws UsageError `ERR_SCENARIO_NOT_FOUND` if there is no such file, `ERR_SCENARIO_NO_DEFAULT` if its default export
 *   is none; {@link ScenarioError} `ERR_SCENARIO_LOAD` if the module throws while it loads.
 */
export async function loadScenario(given: string): Promise<Scenario> {
  const file = await locate(given);
  if (/\.[mc]?ts$/.test(file)) await enableTypeScript(given);
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(file).href);
  } catch (cause) {
    const text = `${given} does not load: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new ScenarioError("ERR_SCENARIO_LOAD", text, { cause });
  }
  const scenario = unwrapped(module.default);
  if (isScenario(scenario)) return scenario;
  const found = module.default === undefined ? "has no default export" : `exports ${kindOf(module.default)} by default`;
  throw new UsageError("ERR_SCENARIO_NO_DEFAULT", `${given} ${found}; write \`export default defineScenario({ … })\``);
}

async function locate(given: string): Promise<string> {
  const path = resolve(given);
  const candidates = [path, ...FOLDER_FILES.map((name) => join(path, name))];
  for (const candidate of candidates) {
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isFile()) return candidate;
  }
  const folder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  const text = folder ? `the folder ${given} has no ${FOLDER_FILES.join(" or ")}` : `there is no file ${given}`;
  throw new UsageError("ERR_SCENARIO_NOT_FOUND", text);
}

/** A module that a loader took for CommonJS has its exports one level deeper. */
function unwrapped(exported: unknown): unknown {
  if (isScenario(exported) || typeof exported !== "object" || exported === null) return exported;
  return (exported as { default?: unknown }).default;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? "an object that defineScenario has not made" : `a ${typeof value}`;
}

/**
 * Make `import` read TypeScript: Node does from 22.18 on; before that tsx does, if it is installed.
 *
 * @throws UsageError `ERR_SCENARIO_TYPESCRIPT` if neither is there.
 */
async function enableTypeScript(given: string): Promise<void> {
  const native = (process.features as { typescript?: unknown }).typescript;
  // This file runs as TypeScript itself: whoever started it has seen to that.
  if (native || import.meta.url.endsWith(".ts")) return;
  let tsx: { register(): unknown };
  try {
    tsx = await import("tsx/esm/api");
  } catch (cause) {
    const advice = "run `npm i -D tsx`, or use Node 22.18 or newer";
    const text = `${given} is TypeScript, which Node ${process.versions.node} does not run by itself: ${advice}`;
    throw Object.assign(new UsageError("ERR_SCENARIO_TYPESCRIPT", text), { cause });
  }
  tsx.register();
}
