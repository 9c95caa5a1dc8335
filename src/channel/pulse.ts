import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { Worker } from "node:worker_threads";
import { every } from "./deadline.ts";

/** Where a process tells that it lives: a UDP port of its host, and the key that makes it answer. */
export interface PulseAddress {
  readonly port: number;
  /** 16 bytes in hexadecimal. */
  readonly key: string;
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
const pulses = new Map<string, Promise<PulseAddress>>();

/**
 * Where this process tells that it lives. The first call starts a thread.
 *
 * @param host - Where it listens: the loopback address, or `0.0.0.0` or `::` for peers elsewhere.
 */
export function ownPulse(host: string): Promise<PulseAddress> {
  let pulse = pulses.get(host);
  if (pulse === undefined) {
    pulse = startPulse(host);
    pulses.set(host, pulse);
  }
  return pulse;
}

async function startPulse(host: string): Promise<PulseAddress> {
  const key = randomBytes(16).toString("hex");
  const turns = new Uint32Array(new SharedArrayBuffer(4));
  // Without the process's own options, which may say that texts are modules.
  const worker = new Worker(ANSWERER, { eval: true, execArgv: [], workerData: { host, key, turns } });
  every(TURN_MS, () => Atomics.add(turns, 0, 1));
  return new Promise((resolve, reject) => {
    worker.on("error", reject);
    worker.once("message", (port: number) => {
      worker.unref();
      resolve({ port, key });
    });
  });
}

/** Asks a peer's process whether it lives and whether its main thread turns. */
export class PulseProbe {
  readonly #socket: Socket;
  readonly #key: Buffer;
  readonly #host: string;
  readonly #port: number;
  #turns: number | undefined;
  #answers = 0;
  #moves = 0;

  /** @param host - An IP address or name of the peer's host. */
  constructor(host: string, { port, key }: PulseAddress) {
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
