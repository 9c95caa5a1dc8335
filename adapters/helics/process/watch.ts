import { createReadStream } from "node:fs";
import { workerData } from "node:worker_threads";
import { type Handle, loadHelics } from "./binding.ts";
import { BrokerWatch, LOOK_MS } from "./broker-watch.ts";
import { FrameReader, FrameSocket } from "./frames.ts";
import { FAREWELL_MS, programEnded, USER_ABORT, WATCH_FD, type WatchRequest } from "./protocol.ts";
import { WaitNote } from "./wait-note.ts";

/**
 * A thread beside HELICS: it asks HELICS what a grant waits for, aborts the federation, also if the broker is lost before the
 * run, and ends the process when its program is gone, so that no federate is left and the others are told.
 */
export interface WatchData {
  readonly library: string;
  readonly core: Handle;
  readonly name: string;
  /** Of a {@link WaitNote} with waits for the start alone. */
  readonly memory: SharedArrayBuffer;
  /** See {@link OpenRequest}. */
  readonly brokerSilenceMs: number | undefined;
}

const { library, core, name, memory, brokerSilenceMs } = workerData as WatchData;
const helics = await loadHelics(library);
const answers = new FrameSocket(WATCH_FD);
const questions = createReadStream("", { fd: WATCH_FD, autoClose: false });
const reader = new FrameReader((request) => carryOut(request as WatchRequest));
questions.on("data", (chunk) => reader.push(chunk as Buffer));
for (const end of ["end", "error"]) questions.on(end, programIsGone);
if (brokerSilenceMs !== undefined) watchStart(brokerSilenceMs);

function programIsGone(): void {
  helics.abort(USER_ABORT, programEnded(name));
  setTimeout(() => process.kill(process.pid, "SIGKILL"), FAREWELL_MS);
}

function carryOut(request: WatchRequest): void {
  if (request.op === "abort") helics.abort(request.code, request.message);
  else
    void helics
      .ask(core, request.target, request.query)
      .catch(String)
      .then((answer) => answers.write(answer));
}

function watchStart(silenceMs: number): void {
  const note = new WaitNote(memory);
  const broker = new BrokerWatch(() => helics.ask(core, "root", "name"), silenceMs);
  const looking = setInterval(() => {
    if (note.number === undefined || !broker.look()) return;
    clearInterval(looking);
    note.tell();
    helics.abort(USER_ABORT, programEnded(name));
  }, LOOK_MS);
}
