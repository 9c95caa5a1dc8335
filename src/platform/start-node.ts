import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/** The program that containers elsewhere start with. */
export const CONTAINER_MAIN = new URL(
  `./container-main.${isTypeScript(import.meta.url) ? "ts" : "js"}`,
  import.meta.url,
);

/**
 * Modules with which a container can load its module of agents: loaders for TypeScript where Node reads none by itself.
 *
 * @param part - Of tsx: `tsx` for a process, which is told to import it; for a thread, where that has no effect, what
 *   registers it.
 * @throws Error if tsx is needed and not installed.
 */
export function loadersFor(module: string, part: "tsx" | "tsx/esm/api"): string[] {
  const native = (process.features as { typescript?: unknown }).typescript;
  if (native || !(isTypeScript(module) || isTypeScript(CONTAINER_MAIN.href))) return [];
  return [pathToFileURL(createRequire(import.meta.url).resolve(part)).href];
}

function isTypeScript(url: string): boolean {
  return /\.[mc]?ts$/.test(url);
}
