/**
 * A command whose event loop may stand still, as that of a federate while HELICS waits, runs in a child; the program that
 * the user has started looks after it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { printedLine } from "../cosim/printed-line.ts";
import type { Log } from "../cosim/servable.ts";
import { after } from "../wall.ts";
import { EXIT_FAILED, EXIT_SIGNAL } from "./errors.ts";

/** Descriptors of the child: what ends it while its event loop stands still, and the standard output of its program. */
const WISH_FD = 3;
const OUTPUT_FD = 4;
/** Says in the environment that a program is supervised. */
const SUPERVISED = "COSIMAS_SUPERVISED";
/** Wall time for a program to end in good order after a signal, in milliseconds. */
const END_MS = 5000;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Options of Node that are of one process, which the child could not have as well. */
const OF_ONE = /^--(?:inspect|cpu-prof|heap-prof|prof|watch|test)/;

/** Whether this program can be run by a child. */
export function canBeSupervised(): boolean {
  return !process.execArgv.some((option) => OF_ONE.test(option));
}

/** A signal has come: `end` the program if it has not ended in good order in time, and log that. */
export function endInTime(log: Log, end: () => void): void {
  const expired = () => {
    const text = `it has not ended within ${END_MS / 1000} s of the signal, and is ended now; \`cosimas recover\` makes its recording whole`;
    log("error", text);
    end();
  };
  after(END_MS, expired, { idle: true });
}

/** What a supervised program knows of that which looks after it. */
export interface Supervised {
  /** A byte, or the end of the other side, is the wish that this program ends; some thread may read it. */
  readonly fd: number;
  /** A thread reads the descriptor, and ends this program in good order when the other one is gone. */
  taken(): void;
}

/**
 * Whether this program is one that {@link supervise} has started. It gets signals as any other, and until its descriptor is
 * taken it ends with the program that looks after it.
 */
export function asSupervised(): Supervised | undefined {
  const isSupervised = process.env[SUPERVISED] !== undefined;
  delete process.env[SUPERVISED];
  if (!isSupervised) return undefined;
  // Descriptor 1 has what native code prints.
  const stdout = new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      writeSync(OUTPUT_FD, chunk);
      done();
    },
  });
  Object.defineProperty(process, "stdout", { value: stdout, configurable: true });
  let isTaken = false;
  process.on("disconnect", () => {
    if (!isTaken) process.exit(EXIT_FAILED);
  });
  process.channel?.unref();
  return {
    fd: WISH_FD,
    taken: () => {
      isTaken = true;
    },
  };
}

/**
 * Run this command once more as a child whose event loop may stand still: signals end it through its descriptor, what native
 * code prints goes to the log, and nothing of it is left when this program is gone.
 *
 * @param what - What prints, as `HELICS`.
 * @returns With what to exit.
 */
export async function supervise(what: string, log: Log): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ["inherit", "pipe", "inherit", "pipe", 1, "ipc"],
    env: { ...process.env, [SUPERVISED]: "1" },
  });
  const wish = child.stdio[WISH_FD] as Writable;
  wish.on("error", () => {}); // told by its end
  createInterface({ input: child.stdout! }).on("line", (line) => printedLine(line, what, log));
  let interrupted: number | undefined;
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (interrupted !== undefined) child.kill("SIGKILL");
      interrupted = EXIT_SIGNAL + constants.signals[name];
      child.kill(name);
      wish.write("!");
      endInTime(log, () => child.kill("SIGKILL"));
    });
  }
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  if (interrupted !== undefined) return interrupted;
  if (signal === null) return code!;
  log("error", `the process of this federate was ended by ${signal}; \`cosimas recover\` makes its recording whole`);
  return EXIT_FAILED;
}
