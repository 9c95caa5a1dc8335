import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { Worker } from "node:worker_threads";
import { ChannelError } from "../errors.ts";
import { limitsOf } from "../limits.ts";
import { every } from "../wall.ts";
import { isLoopback, parseAddress } from "./address.ts";
import type { ChannelOptions } from "./channel.ts";
import {
  type Greeted,
  greet,
  HELLO_VERSION,
  type Hello,
  type HelloOptions,
  type LivenessAddress,
  welcome,
} from "./hello.ts";
import { codecName } from "./messages.ts";
import { ForwardingTransport, type Receiver, type Transport } from "./transports/transport.ts";

/** What both sides of a hello need. */
interface GreetingOptions extends ChannelOptions {
  readonly hello?: HelloOptions;
}

/** The transport after hello was said by the side that has connected; with a heartbeat, if both want one. */
export async function greeted(transport: Transport, options: GreetingOptions, timeoutMs: number): Promise<Transport> {
  const { token } = options.hello ?? {};
  const own = await ownHello(transport, options);
  return living(await greet(transport, { ...own, ...(token !== undefined && { token }) }, timeoutMs), own, options);
}

/** The same for the side that was connected to. */
export async function welcomed(transport: Transport, options: GreetingOptions): Promise<Transport> {
  const own = await ownHello(transport, options);
  return living(await welcome(transport, own, options.hello?.token), own, options);
}

async function ownHello({ peer }: Transport, options: GreetingOptions): Promise<Hello> {
  const own: Hello = { cosimas: HELLO_VERSION, codec: codecName(options) };
  if (options.hello?.heartbeat !== true || peer.startsWith("local:")) return own;
  return { ...own, pulse: await ownLiveness(answerHost(hostOf(peer))) };
}

function living({ transport, hello }: Greeted, own: Hello, { limits }: GreetingOptions): Transport {
  if (own.pulse === undefined || hello.pulse === undefined) return transport;
  const { heartbeatMs, heartbeatTimeoutMs } = limitsOf(limits);
  return new LiveTransport(transport, hello.pulse, heartbeatMs, heartbeatTimeoutMs);
}

/** A frame without payload: what both sides have agreed to take for a sign of life. */
const BEAT = new Uint8Array(4);

/** Ticks of silence after which the peer's process is asked. */
const SILENT_TICKS = 2;

/**
 * Ticks of one silence in which the peer's main thread was seen to turn, though nothing of it arrives here. One may be
 * that in which it comes back from a long computation; its sign of life is on the way then.
 */
const MOVES_MAX = 2;

/**
 * A connection on which both sides give signs of life. Whatever arrives is one.
 *
 * A peer that computes for long cannot send any, so its process is asked beside its main thread, once a tick. The peer is
 * given up when neither it nor its process has been heard for `timeoutMs`: on a loaded machine the thread that answers has to
 * wait for a processor, too. Where it answers and the main thread turns, but nothing arrives for so long, the connection
 * itself is dead.
 *
 * Time counts only while this process runs, tick by tick.
 */
class LiveTransport extends ForwardingTransport {
  readonly beats = true;
  readonly #probe: LivenessProbe;
  readonly #ticksMax: number;
  readonly #stop: () => void;
  #silentTicks = 0;
  /** Ticks since the peer's process has answered, or was first asked in this silence. */
  #unansweredTicks = 0;
  #paused = false;
  #moves = 0;
  #timeout: ChannelError | undefined;

  constructor(transport: Transport, pulse: LivenessAddress, intervalMs: number, timeoutMs: number) {
    super(transport);
    this.#probe = new LivenessProbe(hostOf(transport.peer), pulse);
    this.#ticksMax = Math.max(SILENT_TICKS + 1, Math.ceil(timeoutMs / intervalMs));
    this.#stop = every(intervalMs, () => this.#tick(), { idle: true });
  }

  start(receiver: Receiver): void {
    this.transport.start({
      received: (bytes) => {
        this.#silentTicks = 0;
        receiver.received(bytes);
      },
      ended: (error) => {
        this.#stop();
        this.#probe.close();
        receiver.ended(this.#timeout ?? error);
      },
    });
  }

  override pause(): void {
    this.#paused = true;
    super.pause();
  }

  override resume(): void {
    this.#paused = false;
    this.#silentTicks = 0;
    super.resume();
  }

  #tick(): void {
    if (this.transport.queuedBytes === 0) this.transport.write(BEAT);
    // Who does not read hears nothing; the peer has to take what it is sent, and is given up if it does not.
    if (this.#paused) return;
    this.#silentTicks++;
    const { answers, moves } = this.#probe.take();
    if (this.#silentTicks < SILENT_TICKS) {
      this.#moves = 0;
      return;
    }
    if (moves > 0) this.#moves++;
    this.#unansweredTicks = answers > 0 || this.#silentTicks === SILENT_TICKS ? 0 : this.#unansweredTicks + 1;
    const isGone = this.#unansweredTicks >= this.#ticksMax - SILENT_TICKS;
    if (isGone || (this.#silentTicks >= this.#ticksMax && this.#moves >= MOVES_MAX)) {
      const why = isGone ? "its process does not answer either" : "though its process lives";
      const message = `${this.peer} gave no sign of life in ${this.#silentTicks} beats, ${why}`;
      this.#timeout = new ChannelError("ERR_CHANNEL_HEARTBEAT", message, { peer: this.peer });
      this.transport.destroy();
      return;
    }
    this.#probe.ask();
  }
}

/** The host of a peer's address; a peer without one is on this machine. */
export function hostOf(peer: string): string {
  const address = parseAddress(peer);
  if (!("host" in address)) return "127.0.0.1";
  // An IPv4 peer of a socket that takes both.
  return address.host.startsWith("::ffff:") && address.host.includes(".") ? address.host.slice(7) : address.host;
}

/** Where a process listens for questions of a peer at `host`. */
function answerHost(host: string): string {
  if (isLoopback(host)) return isIPv6(host) ? "::1" : "127.0.0.1";
  return isIPv6(host) ? "::" : "0.0.0.0";
}

/** How often the main thread tells its worker that it turns, in milliseconds. */
const TURN_MS = 200;

/**
 * Runs beside the main thread and answers for it, however long that computes: the key that it knows with how often the
 * main thread has turned. Source as a text, because a worker cannot be started from TypeScript on every Node.
 */
const ANSWERER = `
  const { parentPort, workerData: { host, key, turns } } = require("node:worker_threads");
  const socket = require("node:dgram").createSocket(host.includes(":") ? "udp6" : "udp4");
  const expected = Buffer.from(key, "hex");
  socket.on("error", () => {});
  socket.on("message", (asked, { address, port }) => {
    if (!asked.equals(expected)) return;
    const answer = Buffer.alloc(20);
    asked.copy(answer);
    answer.writeUInt32BE(Atomics.load(turns, 0), 16);
    socket.send(answer, port, address);
  });
  socket.bind(0, host, () => parentPort.postMessage(socket.address().port));
`;

/** One for each host that is listened on, for the life of the process; they keep it from nothing. */
const answerers = new Map<string, Promise<LivenessAddress>>();

/**
 * Where this process tells that it lives. The first call starts a thread.
 *
 * @param host - Where it listens: the loopback address, or `0.0.0.0` or `::` for peers elsewhere.
 */
function ownLiveness(host: string): Promise<LivenessAddress> {
  let answerer = answerers.get(host);
  if (answerer === undefined) {
    answerer = startAnswerer(host);
    answerers.set(host, answerer);
  }
  return answerer;
}

async function startAnswerer(host: string): Promise<LivenessAddress> {
  const key = randomBytes(16).toString("hex");
  const turns = new Uint32Array(new SharedArrayBuffer(4));
  // Without the process's own options, which may say that texts are modules.
  const worker = new Worker(ANSWERER, { eval: true, execArgv: [], workerData: { host, key, turns } });
  every(TURN_MS, () => Atomics.add(turns, 0, 1), { idle: true });
  return new Promise((resolve, reject) => {
    worker.on("error", reject);
    worker.once("message", (port: number) => {
      worker.unref();
      resolve({ port, key });
    });
  });
}

/** Asks a peer's process whether it lives and whether its main thread turns. */
class LivenessProbe {
  readonly #socket: Socket;
  readonly #key: Buffer;
  readonly #host: string;
  readonly #port: number;
  #turns: number | undefined;
  #answers = 0;
  #moves = 0;

  /** @param host - An IP address or name of the peer's host. */
  constructor(host: string, { port, key }: LivenessAddress) {
    this.#host = host;
    this.#port = port;
    this.#key = Buffer.from(key, "hex");
    this.#socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    this.#socket.unref();
    this.#socket.on("error", () => {}); // no answer is answer enough
    this.#socket.on("message", (answer) => this.#answered(answer));
  }

  /** Ask once; no answer may come. */
  ask(): void {
    this.#socket.send(this.#key, this.#port, this.#host, () => {});
  }

  /**
   * What came since the last call: how many answers, and how many of them told that the main thread had turned since the
   * answer before.
   */
  take(): { readonly answers: number; readonly moves: number } {
    const taken = { answers: this.#answers, moves: this.#moves };
    this.#answers = 0;
    this.#moves = 0;
    return taken;
  }

  close(): void {
    this.#socket.close();
  }

  #answered(answer: Buffer): void {
    if (answer.length !== 20 || !answer.subarray(0, 16).equals(this.#key)) return;
    const turns = answer.readUInt32BE(16);
    this.#answers++;
    if (this.#turns !== undefined && turns !== this.#turns) this.#moves++;
    this.#turns = turns;
  }
}
