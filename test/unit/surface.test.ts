import { describe, expect, it } from "vitest";

/** What users can import: a name that comes or goes has to be meant. */
describe("public surface", () => {
  it.each([
    ["cosimas", () => import("cosimas")],
    ["cosimas/channel", () => import("cosimas/channel")],
    ["cosimas/rpc", () => import("cosimas/rpc")],
    ["cosimas/clock", () => import("cosimas/clock")],
    ["cosimas/agent", () => import("cosimas/agent")],
    ["cosimas/observe", () => import("cosimas/observe")],
    ["cosimas/browser", () => import("../../src/browser/index.ts")],
    ["cosimas/mosaik", () => import("cosimas/mosaik")],
    ["cosimas/mosaik/columns", () => import("cosimas/mosaik/columns")],
    ["cosimas/helics", () => import("cosimas/helics")],
  ])("of %s", async (_name, load) => {
    expect(Object.keys(await load()).sort()).toMatchSnapshot();
  });
});
