import { populationSuite } from "../../support/population-suite.ts";

// In threads and processes: `test/conformance/populations.test.ts`.
populationSuite({ name: "a container", spread: undefined });
populationSuite({ name: "a platform, inline", spread: { containers: 3, isolation: "inline" } });
