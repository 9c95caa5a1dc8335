import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const compiledHere = fileURLToPath(new URL("../../dist.bench/test/bench/", import.meta.url));

/** A program beside this file that runs as it is, as `peers/raw.mjs`. */
export function program(file: string): string {
  return here + file;
}

/** One of TypeScript, as `peers/population.ts`, as `build.mjs` has compiled it with the product that it measures. */
export function compiled(file: string): string {
  return compiledHere + file.replace(/ts$/, "js");
}
