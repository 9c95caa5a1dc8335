import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Kinds of test and how long one test of the kind may take, in milliseconds; in the order in which they start. */
const kinds = { scenario: 600_000, interop: 300_000, conformance: 120_000, property: 120_000, unit: 60_000 };

/** Tests run the sources, not `dist`; those that start the command line start the built program. */
const resolve = { conditions: ["cosimas:source", "node", "import", "module", "default"] };
const BUILT: readonly string[] = ["scenario", "interop", "conformance"];

/** Files of long tests first, so that no core is left with one of them at the end. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = Object.keys(kinds);
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => order.indexOf(a.project.name) - order.indexOf(b.project.name));
  }
}

export default defineConfig({
  test: {
    // vitest leaves one core free, if it is not told otherwise: of two, half of all.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: LongFirst },
    projects: Object.entries(kinds).map(([name, testTimeout]) => ({
      resolve,
      ssr: { resolve },
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        testTimeout,
        hookTimeout: 600_000,
        passWithNoTests: true,
        globalSetup: BUILT.includes(name) ? ["test/support/build.ts"] : [],
        setupFiles: process.env["COSIMAS_HEAVY"] === "1" ? ["test/support/heavy-setup.ts"] : [],
      },
    })),
  },
});
