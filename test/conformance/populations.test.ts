import { populationSuite } from "../support/population-suite.ts";

populationSuite({ name: "a platform, threads", spread: { containers: 2, isolation: "thread" } });
populationSuite({ name: "a platform, processes", spread: { containers: 2, isolation: "process" } });
