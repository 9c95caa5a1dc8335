/**
 * In `npm run test:heavy` every property says its seed and how many runs it has had. `COSIMAS_SEED=<seed>` and the same
 * test repeat it.
 */
import fc from "fast-check";
import { expect } from "vitest";

const given = process.env["COSIMAS_SEED"];
const seed = given === undefined ? Date.now() % 2 ** 31 : Number(given);

function said({ seed, numRuns, numSkips }: fc.RunDetails<unknown>): void {
  const test = expect.getState().currentTestName ?? "(no test)";
  const skipped = numSkips === 0 ? "" : `, ${numSkips} left out`;
  process.stderr.write(`search: ${test}: ${numRuns} runs${skipped}, COSIMAS_SEED=${seed}\n`);
}

fc.configureGlobal({
  seed,
  reporter: (details) => {
    said(details);
    if (details.failed) throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
  },
});
