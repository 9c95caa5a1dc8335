import { Loss } from "../../../src/cosim/index.ts";
import { channel } from "../../../src/index.ts";
import { fillCommand, splitCommand } from "./command-line.ts";
import { SimulatorProcess } from "./process.ts";
import { MOSAIK_WIRE } from "./server.ts";

/** A simulator that the world starts as a process, with mosaik's API: it connects to the address that it is given. */
export interface CommandEntry {
  /** Command line, split as a POSIX shell does, or its words; `%(addr)s` becomes the address, see `fillCommand`. */
  readonly cmd: string | readonly string[];
  /** Folder to start it in; default: that of this process. */
  readonly cwd?: string;
  /** Environment variables, besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A simulator that runs already, and waits for its master to connect. */
export interface ConnectEntry {
  /** Where, as `127.0.0.1:5555`. */
  readonly connect: string;
}

/** What reaching a simulator needs of its world. */
export interface ReachOptions {
  /** Wall time until it is connected, in milliseconds. */
  readonly startTimeoutMs: number;
  readonly onLine: (line: string) => void;
  /** Gives up when it aborts. */
  readonly signal: AbortSignal;
}

/** A connection to a simulator, and its process if the world has started one. */
export interface Reached {
  readonly peer: channel.Channel;
  readonly process: SimulatorProcess | undefined;
}

/**
 * Start the simulator and wait for it, or connect to it; nothing is left behind if that fails.
 *
 * @throws Loss `ERR_BRIDGE_START` saying what became of it.
 */
export function reach(entry: CommandEntry | ConnectEntry, options: ReachOptions): Promise<Reached> {
  return "cmd" in entry ? startProcess(entry, options) : connect(entry.connect, options);
}

async function connect(address: string, { startTimeoutMs, signal }: ReachOptions): Promise<Reached> {
  try {
    const peer = await channel.open(`tcp://${address}`, { ...MOSAIK_WIRE, retryMs: startTimeoutMs, signal });
    return { peer, process: undefined };
  } catch (error) {
    const text = `could not be connected to within ${startTimeoutMs} ms: ${(error as Error).message}`;
    throw new Loss("ERR_BRIDGE_START", text, error);
  }
}

/** Words of a command, its placeholders not filled in yet. */
export function wordsOf(cmd: CommandEntry["cmd"]): readonly string[] {
  return typeof cmd === "string" ? splitCommand(cmd) : cmd;
}

async function startProcess({ cmd, cwd, env }: CommandEntry, options: ReachOptions): Promise<Reached> {
  const { startTimeoutMs, onLine, signal } = options;
  const words = wordsOf(cmd);
  const ended = new AbortController();
  let child: SimulatorProcess | undefined;
  try {
    const peer = await channel.accept("tcp://127.0.0.1:0", {
      ...MOSAIK_WIRE,
      timeoutMs: startTimeoutMs,
      signal: AbortSignal.any([signal, ended.signal]),
      onListening(address) {
        child = new SimulatorProcess(fillCommand(words, address.replace("tcp://", "")), { cwd, env, onLine });
        void child.ended.then(() => ended.abort());
      },
    });
    return { peer, process: child };
  } catch (error) {
    const isOver = ended.signal.aborted;
    await child?.end(0);
    if (child === undefined) throw error;
    const late = signal.aborted ? "the world was shut down" : `it has not connected within ${startTimeoutMs} ms`;
    const why = isOver ? child.ending : late;
    throw new Loss("ERR_BRIDGE_START", `could not be started: ${why}`, error);
  }
}
