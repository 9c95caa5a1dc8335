import { Platform } from "../../src/index.ts";

/** Opens a platform, names its processes, and then ends, or waits in the middle of an advance to be ended. */
const module = new URL("platform-agents.ts", import.meta.url);
const platform = await Platform.create({ module, containers: 2, isolation: "process" });
await platform.spawn("Worker", { id: "worker-1" });
process.stdout.write(`${JSON.stringify(platform.containers)}\n`, () => {
  if (process.argv[2] === "exit") process.exit(0);
});
platform.input("worker-1", "compute", [1000]);
await platform.advance(1);
setInterval(() => {}, 1000);
