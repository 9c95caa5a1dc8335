/** Whether this is a long search, `npm run test:heavy`. */
export const HEAVY = process.env["COSIMAS_HEAVY"] === "1";

/** Not more than this of a search, where it only has to be shown that it runs: `.ci/run` on a second Node. */
const MAX = Number(process.env["COSIMAS_RUNS_MAX"] ?? Infinity);

/** How often, how many: in `npm test`, or in `npm run test:heavy`. Says what it is then. */
export function count(what: string, usual: number, heavy: number): number {
  if (HEAVY) process.stderr.write(`search: ${what}: ${heavy} (npm test: ${usual})\n`);
  return Math.min(HEAVY ? heavy : usual, MAX);
}
