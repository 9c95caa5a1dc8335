/**
 * What a federate's process and its watching thread start from: JavaScript, because on Node 20 a thread cannot be started
 * from TypeScript, and tsx has to be registered before the first TypeScript is read.
 */
import { isMainThread, workerData } from "node:worker_threads";

const { typescript, main } = isMainThread ? JSON.parse(process.argv[2]) : workerData;
if (typescript) {
  for (const loader of [await import("tsx/esm/api"), await import("tsx/cjs/api")]) loader.register();
}
await import(main);
