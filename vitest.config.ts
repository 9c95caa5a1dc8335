import { defineConfig } from "vitest/config";

/** Kinds of test and how long one test of the kind may take, in milliseconds. */
const kinds = { unit: 10_000, property: 120_000, conformance: 120_000, interop: 300_000, scenario: 600_000 };

/** Tests run the sources, not `dist`; the command line's own tests start the built program. */
const resolve = { conditions: ["cosimas:source", "node", "import", "module", "default"] };

export default defineConfig({
  test: {
    projects: Object.entries(kinds).map(([name, testTimeout]) => ({
      resolve,
      ssr: { resolve },
      test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout, hookTimeout: 600_000, passWithNoTests: true },
    })),
  },
});
