import { Worker } from "node:worker_threads";
import { brokerSilent } from "./broker-watch.ts";
import { FrameSocket } from "./frames.ts";
import { NativeError } from "./native.ts";
import { FAREWELL_MS, type FederateRequest, programEnded, REQUESTS_FD, type Reply, USER_ABORT } from "./protocol.ts";
import { Session } from "./session.ts";
import { isWaitForStart, WaitNote } from "./wait-note.ts";
import type { WatchData } from "./watch.ts";

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
  const data: WatchData = { library, core, name, memory: note.memory, brokerSilenceMs };
  new Worker(new URL("./boot.js", import.meta.url), { workerData: { typescript, main, ...data } });
};
/** Of the federate. */
let name = "";
let brokerSilenceMs: number | undefined;
/** Of waits for the start: those of the run are the program's to look after, and HELICS'. */
const note = new WaitNote();
// A signal for the whole group, as Ctrl-C at a terminal, is for the program; it ends this process, which ends with it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

const requests = new FrameSocket(REQUESTS_FD);
for (;;) {
  const request = requests.read() as FederateRequest | undefined;
  if (request === undefined) break;
  if (request.op === "open") {
    ({ brokerSilenceMs } = request);
    name = (JSON.parse(request.configuration) as { name: string }).name;
  }
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
  const isStart = isWaitForStart(request.op);
  if (isStart) note.begin(request, Number.NaN);
  try {
    return { ok: true, value: session.carryOut(request) };
  } catch (error) {
    return refusal(request, error);
  } finally {
    if (isStart) note.end();
  }
}

function refusal(request: FederateRequest, error: unknown): Reply {
  if (error instanceof NativeError) {
    const { failure } = error;
    const isLost = brokerSilenceMs !== undefined && note.takeTold();
    return { ok: false, failure: isLost ? { ...failure, message: brokerSilent(brokerSilenceMs!) } : failure };
  }
  const { name, message } = error as Error;
  return { ok: false, failure: { function: request.op, code: 0, message: `${name}: ${message}` } };
}
