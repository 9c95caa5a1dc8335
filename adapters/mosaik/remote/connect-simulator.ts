import { Loss } from "../../../src/cosim/index.ts";
import { channel } from "../../../src/index.ts";
import { type CommandEntry, type ConnectEntry, fillCommand, wordsOf } from "./command-line.ts";
import { MOSAIK_WIRE } from "./failures.ts";
import { FloatCodec } from "./float-codec.ts";
import { SimulatorProcess } from "./process.ts";

/** What connecting to a simulator needs of its world. */
export interface ConnectSimulatorOptions {
  /** Wall time until it is connected, in milliseconds. */
  readonly startTimeoutMs: number;
  readonly onLine: (line: string) => void;
  /** Gives up when it aborts. */
  readonly signal: AbortSignal;
}

/** How values and failures stand on the wire of one connection. */
function wire() {
  const codec = new FloatCodec();
  return { codec, options: { ...MOSAIK_WIRE, codec } };
}

/** A connection to a simulator, and its process if the world has started one. */
export interface Connected {
  readonly peer: channel.Channel;
  readonly codec: FloatCodec;
  readonly process: SimulatorProcess | undefined;
}

/**
 * Start the simulator and wait for it, or connect to it; nothing is left behind if that fails.
 *
 * @throws Loss `ERR_BRIDGE_START` saying what became of it.
 */
export function connectSimulator(
  entry: CommandEntry | ConnectEntry,
  options: ConnectSimulatorOptions,
): Promise<Connected> {
  return "cmd" in entry ? startProcess(entry, options) : connect(entry.connect, options);
}

async function connect(address: string, { startTimeoutMs, signal }: ConnectSimulatorOptions): Promise<Connected> {
  const { codec, options } = wire();
  try {
    const peer = await channel.open(`tcp://${address}`, { ...options, retryMs: startTimeoutMs, signal });
    return { peer, codec, process: undefined };
  } catch (error) {
    const text = `could not be connected to within ${startTimeoutMs} ms: ${(error as Error).message}`;
    throw new Loss("ERR_BRIDGE_START", text, error);
  }
}

async function startProcess({ cmd, cwd, env }: CommandEntry, options: ConnectSimulatorOptions): Promise<Connected> {
  const { startTimeoutMs, onLine, signal } = options;
  const words = wordsOf(cmd);
  const { codec, options: wireOptions } = wire();
  const ended = new AbortController();
  let child: SimulatorProcess | undefined;
  try {
    const peer = await channel.accept("tcp://127.0.0.1:0", {
      ...wireOptions,
      timeoutMs: startTimeoutMs,
      signal: AbortSignal.any([signal, ended.signal]),
      onListening(address) {
        child = new SimulatorProcess(fillCommand(words, address.replace("tcp://", "")), { cwd, env, onLine });
        void child.ended.then(() => ended.abort());
      },
    });
    return { peer, codec, process: child };
  } catch (error) {
    const isOver = ended.signal.aborted;
    await child?.end(0);
    if (child === undefined) throw error;
    const late = signal.aborted ? "the world was shut down" : `it has not connected within ${startTimeoutMs} ms`;
    const why = isOver ? child.ending : late;
    throw new Loss("ERR_BRIDGE_START", `could not be started: ${why}`, error);
  }
}
