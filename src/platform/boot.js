/**
 * What the processes and threads of a platform start from: JavaScript, because on Node 20 a worker cannot be started from
 * TypeScript, and tsx has to be registered before the first TypeScript is read.
 */
import { rmSync } from "node:fs";
import { isMainThread, workerData } from "node:worker_threads";
import { registerTypeScript } from "./typescript.js";

const { typescript, main, folder } = isMainThread ? JSON.parse(process.argv[2]) : workerData;
if (isMainThread) {
  // The coordinator holds the other end: the input ends with it, however early and however it ended.
  process.stdin
    .on("error", () => {})
    .on("close", orphaned)
    .resume();
  process.stdin.unref?.();
}
if (typescript) await registerTypeScript();
await import(main);

function orphaned() {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  process.exit(1);
}
