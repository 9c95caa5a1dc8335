import { writeSync } from "node:fs";
import { Container, Platform } from "../../src/index.ts";
import { Periodic } from "./closing-agents.ts";

/**
 * Removes an agent in mid-run, closes the run and goes on: `closing-program.ts container|platform [listen]`. With
 * `listen` it ends at a rejection that reaches the process.
 */
const [kind, listen] = process.argv.slice(2);
if (listen === "listen") process.on("unhandledRejection", () => process.exit(7));

const run =
  kind === "container"
    ? await Container.create()
    : await Platform.create({ module: new URL("closing-agents.ts", import.meta.url), containers: 2 });
for (const id of ["a", "b", "c"]) {
  if (run instanceof Container) run.spawn(Periodic, { id });
  else await run.spawn("Periodic", { id });
}
await run.advance(1000);
run.input("b", "quit");
await run.advance(2000);
// Turns of the event loop in which nothing of the run watches the process.
await new Promise((resolve) => setTimeout(resolve, 20));
writeSync(1, "removed\n");
await run.close();
await run.close();
await new Promise((resolve) => setTimeout(resolve, 20));
writeSync(1, "closed\n");
// What is no agent's is still an error of the program.
if (listen === undefined) void Promise.reject(new Error("of the program"));
