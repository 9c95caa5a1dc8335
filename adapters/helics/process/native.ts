import { isMainThread } from "node:worker_threads";
import type { NativeFailure } from "./protocol.ts";

/** HELICS has refused something, or cannot be called. */
export class NativeError extends Error {
  readonly failure: NativeFailure;

  constructor(failure: NativeFailure) {
    super(`${failure.function}: ${failure.message}`);
    this.failure = failure;
  }
}

type Koffi = typeof import("koffi");
// biome-ignore lint/suspicious/noExplicitAny: each is declared in C by who asks for it
export type Native = (...args: any[]) => any;

/**
 * koffi, which calls C; loaded when asked for, here and nowhere else.
 *
 * @throws {@link NativeError} with function `koffi` and code 0 if it is not there.
 */
export async function loadKoffi(): Promise<Koffi> {
  try {
    return (await import("koffi")).default as unknown as Koffi;
  } catch (error) {
    throw new NativeError({ function: "koffi", code: 0, message: (error as Error).message });
  }
}

/** Functions of the C library by their declarations; undefined if it lacks one, as another system's may. */
async function cLibrary<Name extends string>(
  declarations: Readonly<Record<Name, string>>,
): Promise<Readonly<Record<Name, Native>> | undefined> {
  const koffi = await loadKoffi();
  try {
    const own = koffi.load(null);
    const functions = Object.entries<string>(declarations).map(([name, c]) => [name, own.func(c)]);
    return Object.fromEntries(functions) as Record<Name, Native>;
  } catch {
    return undefined;
  }
}

/** Bytes of a set of processors, one bit each: more than Linux allows, which ignores those that it does not know. */
const PROCESSOR_SET_BYTES = 1024;
const BITS = 8;

/**
 * Get a function that lets the thread which calls it stay on the processor on which it runs, with the threads that it starts
 * from then on; what that gives lets the thread itself run where it could before. Threads that hand over to each other all
 * the time do it faster on one processor, for a hop to another costs more than what they do. Linux only; elsewhere, and
 * where the system does not allow it, nothing changes.
 */
export async function processorKeeper(): Promise<() => () => void> {
  const own =
    process.platform === "linux"
      ? await cLibrary({
          current: "int sched_getcpu()",
          read: "int sched_getaffinity(int thread, size_t bytes, void *set)",
          keep: "int sched_setaffinity(int thread, size_t bytes, const void *set)",
        })
      : undefined;
  return () => {
    const before = new Uint8Array(PROCESSOR_SET_BYTES);
    // 0 is the thread that calls; the system call gives the number of bytes it knows, the C library 0.
    if (own === undefined || own.read(0, before.length, before) < 0) return () => {};
    const processor: number = own.current();
    const one = new Uint8Array(PROCESSOR_SET_BYTES);
    one[Math.floor(processor / BITS)] = 1 << (processor % BITS);
    if (processor < 0 || own.keep(0, one.length, one) !== 0) return () => {};
    return () => own.keep(0, before.length, before);
  };
}

/**
 * Let the end of the program, whenever and however it ends, be the last that runs of it, after what others do on `exit`:
 * threads of HELICS outlive what Node and the C library take down from then on, and crash (5 of 18 programs).
 */
export async function endWithoutHelics(): Promise<void> {
  if (endsAtOnce || !isMainThread) return;
  endsAtOnce = true;
  const own = await cLibrary({ end: "void _exit(int code)" });
  if (own === undefined) return; // HELICS' own end is what there is.
  const last = (code: number): void => {
    const all = process.listeners("exit");
    for (const listener of all.slice(all.indexOf(last) + 1)) listener.call(process, code);
    own.end(process.exitCode ?? code);
  };
  process.on("exit", last);
}
let endsAtOnce = false;
