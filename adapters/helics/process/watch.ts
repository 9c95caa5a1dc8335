import { workerData } from "node:worker_threads";
import { type Handle, loadHelics } from "./binding.ts";
import { FrameSocket } from "./frames.ts";
import { NativeError } from "./native.ts";
import { FAREWELL_MS, programEnded, USER_ABORT, WATCH_FD, type WatchRequest } from "./protocol.ts";

/**
 * A thread beside HELICS: it asks HELICS what a grant waits for, aborts the federation, and ends the process when its
 * program is gone, so that no federate is left and the others are told.
 */
const { library, core, name } = workerData as { library: string; core: Handle; name: string };
const helics = await loadHelics(library);
const questions = new FrameSocket(WATCH_FD);

for (;;) {
  const request = questions.read() as WatchRequest | undefined;
  if (request === undefined) break;
  if (request.op === "abort") helics.abort(request.code, request.message);
  else questions.write(ask(request.target, request.query));
}
helics.abort(USER_ABORT, programEnded(name));
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FAREWELL_MS);
process.kill(process.pid, "SIGKILL");

function ask(target: string, text: string): string {
  const query: Handle = helics.createQuery(target, text);
  try {
    return helics.queryCore(query, core);
  } catch (error) {
    return error instanceof NativeError ? error.message : String(error);
  } finally {
    helics.freeQuery(query);
  }
}
