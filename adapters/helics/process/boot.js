/**
 * What a federate's process and its watching thread start from: JavaScript, because on Node 20 a thread cannot be started
 * from TypeScript, and tsx has to be registered before the first TypeScript is read.
 */
import { isMainThread, workerData } from "node:worker_threads";
import { registerTypeScript } from "../../../src/platform/typescript.js";

const { typescript, main } = isMainThread ? JSON.parse(process.argv[2]) : workerData;
if (typescript) await registerTypeScript();
await import(main);
