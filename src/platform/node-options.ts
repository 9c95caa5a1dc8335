import type { ResourceLimits } from "node:worker_threads";

/** The program that containers elsewhere start with. */
export const BOOT = new URL("./boot.js", import.meta.url);

let readsTypeScript = false;

/**
 * Make `import` in this program read TypeScript by tsx, from now on.
 *
 * @throws Error `ERR_MODULE_NOT_FOUND` if tsx is not installed.
 */
export async function readTypeScript(): Promise<void> {
  if (readsTypeScript) return; // hooks add up
  const file = new URL("./typescript.js", import.meta.url).href;
  await ((await import(file)) as { registerTypeScript(): Promise<void> }).registerTypeScript();
  readsTypeScript = true;
}

/** Variable of the environment that tells a process its assignment, in JSON; it is not passed on. */
export const ASSIGNMENT_VARIABLE = "COSIMAS_CONTAINER";

/** What that program is told: with what to go on, and whether Node needs tsx to read that or the module of agents. */
export function bootOptions(module: string): { readonly main: string; readonly typescript: boolean } {
  const own = isTypeScript(import.meta.url);
  const main = new URL(`./container-main.${own ? "ts" : "js"}`, import.meta.url).href;
  const native = (process.features as { typescript?: unknown }).typescript;
  return { main, typescript: !native && (own || isTypeScript(module)) };
}

/** Options of Node with which containers start. */
export interface NodeOptions {
  readonly execArgv: readonly string[];
  /** Whether they were asked for; else they are those of this process. */
  readonly given: boolean;
}

/** Options of this process that are its own affair: debuggers and profilers of several processes get in their way. */
const OWN = /^--(?:inspect|cpu-prof|heap-prof|prof|watch|test)/;

/** The options that were asked for, or else those of this process. */
export function nodeOptions(execArgv: readonly string[] | undefined): NodeOptions {
  if (execArgv !== undefined) return { execArgv, given: true };
  return { execArgv: process.execArgv.filter((option) => !OWN.test(option)), given: false };
}

/**
 * Options of V8 that size one heap, and what a thread has in their place, in MiB. The young generation is three
 * semi-spaces. Source: Node's documentation of `Worker`, "resourceLimits"; V8's `Heap::YoungGenerationSizeFromSemiSpaceSize`.
 */
const HEAP_SIZES: Readonly<Record<string, readonly [limit: keyof ResourceLimits, factor: number]>> = {
  "--max-old-space-size": ["maxOldGenerationSizeMb", 1],
  "--max-semi-space-size": ["maxYoungGenerationSizeMb", 3],
};

/** The same for a thread, which has no options of V8 of its own: heap sizes become limits of its heap. */
export function threadOptions({ execArgv }: NodeOptions): { execArgv: string[]; resourceLimits: ResourceLimits } {
  const resourceLimits: ResourceLimits = {};
  const others = execArgv.filter((option) => {
    const [name = "", value] = option.replaceAll("_", "-").split("=");
    const known = HEAP_SIZES[name];
    if (known === undefined || value === undefined) return true;
    const [limit, factor] = known;
    resourceLimits[limit] = Number(value) * factor;
    return false;
  });
  return { execArgv: others, resourceLimits };
}

function isTypeScript(url: string): boolean {
  return /\.[mc]?ts$/.test(url);
}
