import { writeSync } from "node:fs";
import { Container, Platform } from "../../src/index.ts";
import { Stubborn, WAYS } from "./closing-agents.ts";

/** Closes a run of agents that go on whatever ends their waits: `stubborn-program.ts container|platform`. */
const run =
  process.argv[2] === "container"
    ? await Container.create()
    : await Platform.create({ module: new URL("closing-agents.ts", import.meta.url), containers: 2 });
for (const way of WAYS) {
  if (run instanceof Container) run.spawn(Stubborn, { id: way, args: [way] });
  else await run.spawn(Stubborn, { id: way, args: [way] });
}
await run.advance(3);
await run.close();
await new Promise((resolve) => setTimeout(resolve, 20));
writeSync(1, "closed\n");
