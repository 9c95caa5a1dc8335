/**
 * Makes `import` read TypeScript by tsx, for Node before 22.18; JavaScript, because it is needed before the first
 * TypeScript is read. Its `resolve` is a hook of Node's, which runs in a thread of its own.
 */
import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { fileURLToPath } from "node:url";

/** @throws Error `ERR_MODULE_NOT_FOUND` if tsx is not installed. */
export async function registerTypeScript() {
  // What tsx does not see as ECMAScript modules it takes for CommonJS.
  const loaders = [await import("tsx/esm/api"), await import("tsx/cjs/api")];
  // Hooks that come later are asked first: tsx asks this one.
  register(import.meta.url);
  for (const loader of loaders) loader.register();
}

/**
 * A .ts file with `import` or `export` is an ECMAScript module, whatever package.json says, as it is to Node from 22.18 on if
 * that says nothing. As CommonJS it would get a copy of this package of its own, with another class `Agent` in it.
 */
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  if (found.format || !/^file:[^?]*\.tsx?(?:\?|$)/.test(found.url)) return found;
  const text = await readFile(fileURLToPath(found.url), "utf8");
  return /^\s*(?:import|export)\b/m.test(text) ? { ...found, format: "module" } : found;
}
