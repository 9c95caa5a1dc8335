import { createReadStream, writeSync } from "node:fs";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type Handle, loadHelics } from "./binding.ts";
import { BrokerWatch, brokerSilent, LOOK_MS } from "./broker-watch.ts";
import { type FederationMap, gathered, waitsFor } from "./federation-map.ts";
import { NativeError } from "./native.ts";
import { FAREWELL_MS, type NativeFailure, programEnded, USER_ABORT } from "./protocol.ts";
import { Session } from "./session.ts";
import { type Noted, WaitNote } from "./wait-note.ts";

/**
 * A thread beside one that HELICS blocks (`helicsIsolation: "inline"`): it joins the federation, for HELICS looks for a
 * broker as long as it likes; says what a wait is for, ends one that takes too long, and tells the federation when the
 * program that started this one is gone.
 */
export interface InlineWatchData {
  readonly library: string;
  readonly name: string;
  /** HELICS' own JSON configuration, as text. */
  readonly configuration: string;
  readonly oneProcessor: boolean;
  /** Of a {@link WaitNote}. */
  readonly memory: SharedArrayBuffer;
  readonly warnMs: number;
  readonly lateMs: number;
  /** Wall time to leave a federation, in milliseconds. */
  readonly leaveMs: number;
  /** See {@link OpenRequest}. */
  readonly brokerSilenceMs: number | undefined;
  /** Descriptor that a program holds which looks after this one: its end is the end of the federation. */
  readonly supervisor: number | undefined;
  /** Takes {@link InlineNews}. */
  readonly news: MessagePort;
}

/** What the thread answers when it has joined, or not. */
export type JoinAnswer = { readonly fed: Handle } | { readonly failure: NativeFailure };

/** What the thread tells the one that it watches, which reads it once HELICS lets it go. */
export interface InlineNews {
  /** `late`: the wait is ended, because it took too long; `lost`: because the broker is lost. */
  readonly level: "warning" | "late" | "lost";
  readonly text: string;
}

/** Looks at a wait until somebody is told of it. */
const LOOKS = 8;
/** Wall time for HELICS to answer a question about a wait, in milliseconds. */
const ANSWER_MS = 1000;
/** Wall time for HELICS to let a thread go whose federation was aborted, in milliseconds. */
const ABORTED_MS = 3000;

const own = workerData as InlineWatchData;
const { library, name, memory, warnMs, lateMs, leaveMs, brokerSilenceMs, supervisor, news: told } = own;
const note = new WaitNote(memory);
const helics = await loadHelics(library);
/** Set once the federation is joined. */
let core: Handle = 0n;
let fed: Handle = 0n;
/** Ids and names in the federation, once the other thread has asked for them. */
let map: FederationMap = new Map();
parentPort!.on("message", (said: FederationMap | "end" | "leave") => {
  if (typeof said !== "string") map = said;
  else end(said);
});

const broker =
  brokerSilenceMs === undefined ? undefined : new BrokerWatch(() => helics.ask(core, "root", "name"), brokerSilenceMs);
let seen: number | undefined;
let sinceMs = 0;
let warned = false;
const lookMs = Math.max(1, Math.min(LOOK_MS, warnMs / LOOKS, lateMs / LOOKS));
const looking = setInterval(() => void look(), lookMs);
parentPort!.postMessage(await join());
if (supervisor !== undefined) obey(supervisor);

async function join(): Promise<JoinAnswer> {
  const session = new Session();
  await session.load(library);
  try {
    fed = session.create(own);
    core = helics.getCore(fed);
    return { fed };
  } catch (error) {
    if (error instanceof NativeError) return { failure: error.failure };
    throw error;
  }
}

/** Nobody waits any more. To leave is said of a federate that the other thread did not take, having waited long enough. */
function end(how: "end" | "leave"): void {
  if (how === "leave" && fed !== 0n) helics.disconnect(fed);
  clearInterval(looking);
  told.close();
  parentPort!.close();
}

async function look(): Promise<void> {
  const { number } = note;
  if (number === undefined || number !== seen) {
    seen = number;
    sinceMs = performance.now();
    warned = false;
    return;
  }
  const wait = note.read();
  if (wait.starts && broker?.look()) {
    seen = undefined;
    abort(programEnded(name), { level: "lost", text: brokerSilent(brokerSilenceMs!) });
    return;
  }
  const goneMs = performance.now() - sinceMs;
  if (goneMs >= (wait.leaves ? leaveMs : lateMs)) {
    seen = undefined;
    const text = wait.leaves ? "" : await said(wait, `took more than ${lateMs} ms`);
    if (note.number === number) abort(text, { level: "late", text });
  } else if (goneMs >= warnMs && !warned && !wait.leaves) {
    warned = true;
    const at = wait.timeS === undefined ? "its start" : `${wait.timeS} s`;
    const text = `federate "${name}" at ${at}: ${await said(wait, `takes more than ${warnMs} ms`)}`;
    if (note.number === number) tell({ level: "warning", text });
  }
}

async function said({ what }: Noted, how: string): Promise<string> {
  // Before all have come there is nobody whose time is waited for, and no map.
  const isEarly = map.size === 0;
  const [target, query] = isEarly ? ["root", "federates"] : [name, "global_time_debugging"];
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), ANSWER_MS));
  const answer = await Promise.race([helics.ask(core, target!, query!).catch(String), late]);
  const whom =
    answer === undefined ? ": HELICS itself does not answer" : isEarly ? gathered(answer) : waitsFor(answer, map);
  return `${what} ${how}${whom}`;
}

/** At once on standard error, since whoever keeps the log is blocked. */
function tell(news: InlineNews): void {
  if (news.level === "warning") writeSync(2, `cosimas: warning: ${news.text}\n`);
  // Of a command that is supervised, that is where its log goes.
  if (news.level === "warning" && supervisor !== undefined) return;
  told.postMessage(news);
  note.tell();
}

/** End the federation for all that this process knows: HELICS lets the other thread go, or the process ends. */
function abort(reason: string, news?: InlineNews): void {
  const { number } = note;
  if (news !== undefined) tell(news);
  helics.abort(USER_ABORT, reason.startsWith("federate ") ? reason : `federate "${name}": ${reason}`);
  if (number === undefined) return;
  setTimeout(() => {
    if (note.number !== number) return;
    writeSync(2, `cosimas: error: federate "${name}": HELICS does not let its thread go; the program is ended\n`);
    process.kill(process.pid, "SIGKILL");
  }, ABORTED_MS);
}

/** A byte is the wish to end; the end of the descriptor is that of the program that holds it. */
function obey(fd: number): void {
  const socket = createReadStream("", { fd, autoClose: false });
  socket.on("data", () => abort(programEnded(name)));
  socket.on("error", () => {});
  socket.on("end", () => {
    abort(programEnded(name));
    setTimeout(() => process.kill(process.pid, "SIGKILL"), FAREWELL_MS);
  });
}
