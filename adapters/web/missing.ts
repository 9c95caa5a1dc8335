import { ScenarioError } from "../../src/cosim/index.ts";

// The bundle for pages has this file in the place of everything that is loaded when it is asked for: threads, processes,
// simulators elsewhere, agents by URL, the page of a run. So whoever asks is told.
throw new ScenarioError(
  "ERR_SCENARIO_PAGE",
  "a page has no threads, processes, sockets and files: run this on Node, or use one Container and simulators of the page",
);
