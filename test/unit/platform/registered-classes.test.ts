import { describe, expect, it, onTestFinished } from "vitest";
import { Agent, type Isolation, Platform } from "../../../src/index.ts";
import { classes } from "../../support/unexported-agents.ts";

// A file of its own: what is registered is known to all platforms of a process.
describe("classes of agents", () => {
  it.each<[Isolation, number]>([
    ["inline", 1],
    ["inline", 3],
    ["process", 2],
  ])("finds classes that were registered, or are exported by another name: %s, %i", async (isolation, containers) => {
    const url = new URL("../../support/unexported-agents.ts", import.meta.url);
    const platform = await Platform.create({ module: url, isolation, containers });
    onTestFinished(() => platform.close());
    await platform.spawn(classes.Hidden, { id: "hidden-1" });
    await platform.spawn("Hidden", { id: "hidden-2" });
    await platform.spawn(classes.Inner, { id: "inner-1" });
    await platform.spawn("Outer", { id: "inner-2" });
    await expect(platform.spawn("Inner", { id: "x" })).rejects.toMatchObject({ code: "ERR_AGENT_CLASS" });
    await expect(platform.spawn(class Stranger extends Agent {}, { id: "x" })).rejects.toMatchObject({
      code: "ERR_AGENT_CLASS",
      message: expect.stringContaining("does not export the class Stranger: export it there"),
    });
    for (const n of [1, 2, 3, 4]) platform.input("hidden-1", "grow", [`child-${n}`]);
    await platform.advance(0);
    const ids = ["hidden-1", "hidden-2", "inner-1", "inner-2", "child-1", "child-2", "child-3", "child-4"];
    const values = await platform.read(new Map(ids.map((id) => [id, ["value"]])));
    expect([...values.values()].map(({ value }) => value)).toEqual([1, 1, 2, 2, 1, 1, 1, 1]);
  });
});
