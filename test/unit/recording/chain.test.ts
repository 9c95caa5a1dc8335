import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { Agent, Container, Recording } from "../../../src/index.ts";
import { chainOf } from "../../../src/recording/inspect.ts";

const folder = mkdtempSync(join(tmpdir(), "cosimas-chain-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

class Battery extends Agent {
  static override readonly exposed = ["offer", "award"] as const;
  offer(): string {
    return this.id;
  }
  award(): void {}
}

class Planner extends Agent {
  static override readonly exposed = ["plan"] as const;
  async plan(): Promise<void> {
    const batteries = await Promise.all(["a", "b", "c"].map((id) => this.connect<typeof Battery>(id)));
    this.log("asking");
    await Promise.all(batteries.map((battery) => battery.offer()));
    await batteries[1]!.award();
  }
}

it("a chain tells all that was awaited together, the asked agent's own answer first, and what was logged", async () => {
  const path = join(folder, "run.mcap");
  const container = await Container.create({ seed: 1, record: new Recording(path, { durable: "write" }) });
  for (const id of ["a", "b", "c"]) container.spawn(Battery, { id });
  container.spawn(Planner, { id: "planner" });
  let award = "";
  container.attach((batch) => {
    for (const event of batch) if (event.kind === "request" && event.method === "award") award = event.id;
  });
  container.input("planner", "plan", []);
  await container.advance(1);
  await container.close();
  const chain = (await chainOf(path, award))!;
  const [asked, cause] = chain;
  expect(asked!.event).toMatchObject({ kind: "request", agent: "b", method: "award" });
  expect(cause!.event).toMatchObject({ kind: "reply", agent: "planner", peer: "c", method: "offer" });
  expect(cause!.answers.map((answer) => "peer" in answer && answer.peer)).toEqual(["b", "a"]);
  expect(cause!.logs).toMatchObject([{ kind: "log", message: "asking" }]);
});
