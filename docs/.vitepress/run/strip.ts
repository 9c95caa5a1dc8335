import { transform } from "sucrase";

/**
 * TypeScript as a page can run it: without types, line by line as it was written, its imports as `require` and its exports as
 * `exports`, so that it can be the body of an async function.
 *
 * @throws SyntaxError whose message has line and column.
 */
export function strip(code: string): string {
  return transform(code, {
    transforms: ["typescript", "imports"],
    disableESTransforms: true,
    preserveDynamicImport: true,
  }).code;
}
