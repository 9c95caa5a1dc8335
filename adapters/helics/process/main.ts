import { Worker } from "node:worker_threads";
import { FrameSocket } from "./frames.ts";
import { NativeError } from "./native.ts";
import { FAREWELL_MS, type FederateRequest, programEnded, REQUESTS_FD, type Reply, USER_ABORT } from "./protocol.ts";
import { Session } from "./session.ts";

/**
 * The process that holds HELICS: it reads a request, calls HELICS, writes the reply, until nobody asks any more.
 *
 * A process of its own, because HELICS may crash it on the way out, waits in native code that nobody can interrupt, and
 * prints on standard output.
 */
const session = new Session({ isForHelics: true });
session.onCore = (library, core) => {
  const { typescript } = JSON.parse(process.argv[2]!) as { typescript: boolean };
  const main = import.meta.url.replace(/main\.(ts|js)$/, "watch.$1");
  new Worker(new URL("./boot.js", import.meta.url), { workerData: { typescript, main, library, core, name } });
};
/** Of the federate. */
let name = "";

const requests = new FrameSocket(REQUESTS_FD);
for (;;) {
  const request = requests.read() as FederateRequest | undefined;
  if (request === undefined) break;
  if (request.op === "open") name = (JSON.parse(request.configuration) as { name: string }).name;
  // Most are requests of time, whose answer nothing is to come in between.
  if (!requests.write("library" in request ? await loaded(request) : carriedOut(request))) break;
}
// The program is gone: the others are told, unless HELICS blocks this thread; then the watching one does it.
carriedOut({ op: "fail", code: USER_ABORT, message: programEnded(name) });
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FAREWELL_MS);
// HELICS' own ends of threads may crash.
process.kill(process.pid, "SIGKILL");

async function loaded(request: FederateRequest & { readonly library: string }): Promise<Reply> {
  try {
    await session.load(request.library);
  } catch (error) {
    return refusal(request, error);
  }
  return carriedOut(request);
}

function carriedOut(request: FederateRequest): Reply {
  try {
    return { ok: true, value: session.carryOut(request) };
  } catch (error) {
    return refusal(request, error);
  }
}

function refusal(request: FederateRequest, error: unknown): Reply {
  if (error instanceof NativeError) return { ok: false, failure: error.failure };
  const { name, message } = error as Error;
  return { ok: false, failure: { function: request.op, code: 0, message: `${name}: ${message}` } };
}
