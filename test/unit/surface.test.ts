import { describe, expect, it } from "vitest";

/** What of `cosimas` and `cosimas/mosaik` no page has: connections, processes, files, the command line. */
const NOT_IN_A_PAGE: readonly string[] = [
  "EXPORT_FORMATS",
  "LOG_LEVELS",
  "Platform",
  "PopulationPart",
  "Recording",
  "RunIndex",
  "RunWriter",
  "betweenPopulations",
  "causesOf",
  "channel",
  "combinedTraceHash",
  "compareRuns",
  "defineSimulator",
  "eventsOf",
  "exportRun",
  "inspectRun",
  "isServable",
  "joinPlatform",
  "openRun",
  "populationOf",
  "recoverRun",
  "replay",
  "rpc",
  "servable",
];

/** What users can import: a name that comes or goes has to be meant. */
describe("public surface", () => {
  it.each([
    ["cosimas", () => import("cosimas")],
    ["cosimas/channel", () => import("cosimas/channel")],
    ["cosimas/rpc", () => import("cosimas/rpc")],
    ["cosimas/clock", () => import("cosimas/clock")],
    ["cosimas/agent", () => import("cosimas/agent")],
    ["cosimas/observe", () => import("cosimas/observe")],
    ["cosimas/browser", () => import("../../adapters/web/index.ts")],
    ["cosimas/browser/client", () => import("../../src/browser/index.ts")],
    ["cosimas/browser/engine", () => import("../../adapters/web/engine.ts")],
    ["cosimas/mosaik", () => import("cosimas/mosaik")],
    ["cosimas/mosaik/columns", () => import("cosimas/mosaik/columns")],
    ["cosimas/helics", () => import("cosimas/helics")],
  ])("of %s", async (_name, load) => {
    expect(Object.keys(await load()).sort()).toMatchSnapshot();
  });

  it("has in a page, under the same names, all that needs no connections and files", async () => {
    const here = { ...(await import("cosimas")), ...(await import("cosimas/mosaik")) } as Record<string, unknown>;
    const page = (await import("../../adapters/web/engine.ts")) as Record<string, unknown>;
    const client = (await import("../../src/browser/index.ts")) as Record<string, unknown>;
    expect(Object.keys(page).filter((name) => page[name] !== here[name])).toEqual([]);
    const missing = Object.keys(here).filter((name) => !(name in page) && !(name in client));
    expect(missing.sort()).toEqual(NOT_IN_A_PAGE);
  });
});
