import { Worker } from "node:worker_threads";
import { userPlace } from "../frames.ts";
import { every } from "../wall.ts";
import type { Interrupt } from "./signals.ts";

/** Wall time between two signs of life of the main thread, in milliseconds. */
const SIGN_MS = 200;

/** Wall time without one, in milliseconds, after which it is looked at. */
const STUCK_MS = 3000;

/** Words that both threads share: how often the main thread gave a sign; whether it has lost its handlers of signals. */
const SIGNS = 0;
const DISARMED = 1;

/**
 * The watchdog's program, on a thread of its own. It looks at a main thread that gives no sign by V8's debugger, which
 * interrupts even an endless loop: where it is, and for which agent. Then it takes away the handlers of signals, which such a
 * thread cannot run, so that the next signal ends the process, and lets it go on. JavaScript, as a thread starts from text.
 */
const WATCH = `
  const { writeSync } = require("node:fs");
  const { Session } = require("node:inspector");
  const { workerData: { words, stuckMs, signsAt, disarmedAt } } = require("node:worker_threads");
  const started = () => performance.now();
  let [signs, since, told] = [-1, started(), false];
  const AGENT = "typeof this === 'object' && this !== null && typeof this.id === 'string' && this.clock !== undefined" +
    " && this.id + ' ' + this.clock.time()";
  const look = (seconds) => {
    const session = new Session();
    session.connectToMainThread();
    session.on("Debugger.paused", ({ params: { callFrames } }) => {
      let [agent, method] = ["", callFrames[0].functionName];
      const ask = ([at, ...rest]) => {
        if (at === undefined) return tell();
        const expression = AGENT;
        session.post("Debugger.evaluateOnCallFrame", { callFrameId: at.callFrameId, expression, silent: true }, (_, got) => {
          const value = got?.result?.value;
          if (typeof value !== "string") return ask(rest);
          const space = value.lastIndexOf(" ");
          agent = 'agent "' + value.slice(0, space) + '" ';
          method = at.functionName + ", at " + value.slice(space + 1) + " s";
          tell();
        });
      };
      const tell = () => {
        const what = agent === "" ? "the program has been busy" : agent + "has been busy";
        const advice = "if it does not end, one signal (Ctrl-C) now ends the process";
        const expression = "globalThis[Symbol.for('cosimas.disarm')]?.(new Error().stack)";
        session.post("Debugger.evaluateOnCallFrame", { callFrameId: callFrames[0].callFrameId, expression, silent: true }, (_, got) => {
          const where = got?.result?.value ? " (" + got.result.value + ")" : "";
          writeSync(2, "cosimas: " + what + " for " + seconds + " s in " + (method || "a function") + where + "; " + advice + "\\n");
          session.post("Debugger.resume", () => session.disconnect());
        });
      };
      ask(callFrames);
    });
    session.post("Debugger.enable", () => session.post("Debugger.pause"));
  };
  setInterval(() => {
    const now = Atomics.load(words, signsAt);
    if (now !== signs) [signs, since, told] = [now, started(), false];
    const silentMs = started() - since;
    if (told || silentMs < stuckMs) return;
    told = true;
    Atomics.store(words, disarmedAt, 1);
    look(Math.round(silentMs / 1000));
  }, 250);
`;

/**
 * Watch the main thread: one that runs a single piece of code for seconds is told on standard error, with agent, method and
 * line, and can be ended by a signal. A run that computes for long is told of and goes on.
 *
 * @param interrupt - Loses its signals while the main thread cannot hear them.
 * @returns Ends the watch.
 */
export function watch(interrupt: Pick<Interrupt, "disarm" | "arm">): () => void {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(WATCH, {
    eval: true,
    execArgv: [],
    workerData: { words, stuckMs: STUCK_MS, signsAt: SIGNS, disarmedAt: DISARMED },
  });
  worker.unref();
  worker.on("error", () => {}); // a Node without a debugger: nobody watches
  const shared = globalThis as Record<symbol, unknown>;
  const key = Symbol.for("cosimas.disarm");
  shared[key] = (stack: string) => {
    interrupt.disarm();
    return userPlace(stack);
  };
  const stop = every(
    SIGN_MS,
    () => {
      Atomics.add(words, SIGNS, 1);
      if (Atomics.exchange(words, DISARMED, 0) === 1) interrupt.arm();
    },
    { idle: true },
  );
  return () => {
    stop();
    delete shared[key];
    void worker.terminate();
  };
}
