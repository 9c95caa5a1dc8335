/**
 * The least that a master's step can cost on this machine: `world-steps.ts JSON`, a peer of `npm run bench -- world` as
 * peers/world-ours.ts is, with the same scenarios. It calls the same simulators from a loop written for them: in process
 * plain function calls and inputs filled by plain code, remote one message for each call over a bare socket, which reads into
 * one buffer, with the engine's own JSON. Requests come in mosaik's order: nobody is ahead of who gets its outputs by more
 * than a step. It knows no plan, check, failure, deadline or order but this one, and a float is a number.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { InputData, OutputData, Simulator } from "../../../adapters/mosaik/index.ts";
import { readingSocket } from "../../../src/channel/transports/accepted-socket.ts";
import { Local, type Scenario } from "../peers/world-simulator.ts";

/** What the first simulator of the chain, and every other one, is asked for: that which the next is connected to. */
interface Shape {
  readonly eids: readonly string[];
  readonly request: Record<string, string[]>;
  /** Of each entity's input, the entity that gives it. */
  readonly givers: readonly string[];
  readonly sources: readonly string[];
}

function shapesOf({ chain, entities }: Scenario): Shape[] {
  return Array.from({ length: chain }, (_, i) => {
    const count = (at: number) => (at > 0 ? entities : 1);
    const eids = Array.from({ length: count(i) }, (_, k) => `e${k}`);
    const givers = i === 0 ? [] : eids.map((_, k) => `e${k % count(i - 1)}`);
    const asked = new Set(Array.from({ length: i + 1 < chain ? count(i + 1) : 0 }, (_, k) => `e${k % count(i)}`));
    const request = Object.fromEntries([...asked].map((eid) => [eid, ["x"]]));
    return { eids, request, givers, sources: givers.map((eid) => `S-${i - 1}.${eid}`) };
  });
}

/** The objects that a step gets: each of its own, since the simulator may keep them. */
function inputsOf({ eids, givers, sources }: Shape, data: OutputData): InputData {
  const inputs: InputData = {};
  for (let k = 0; k < givers.length; k++) {
    const y: Record<string, unknown> = {};
    y[sources[k]!] = (data[givers[k]!] as Record<string, unknown>)["x"];
    inputs[eids[k]!] = { y };
  }
  return inputs;
}

function runLocal(scenario: Scenario): number {
  const shapes = shapesOf(scenario);
  const sims: Simulator[] = shapes.map(() => new Local());
  let steps = 0;
  for (let time = 0; time < scenario.until; time++) {
    let data: OutputData = {};
    for (let i = 0; i < sims.length; i++) {
      sims[i]!.step(time, inputsOf(shapes[i]!, data), scenario.until);
      steps++;
      if (i + 1 < sims.length) data = sims[i]!.getData(shapes[i]!.request) as OutputData;
    }
  }
  return steps;
}

/** One simulator at the other end of a socket; it answers in the order in which it is asked. */
class Remote {
  readonly #socket: Socket;
  readonly #waiting: ((answer: unknown) => void)[] = [];
  #pending: Buffer = Buffer.alloc(0);
  #id = 0;

  constructor(accepted: Socket) {
    const [socket, reading] = readingSocket(accepted);
    if (reading === undefined) throw new Error("this Node's sockets are made otherwise");
    this.#socket = socket;
    reading.start(socket, (chunk) => this.#take(chunk as Buffer));
  }

  ask(content: unknown, answered: (answer: unknown) => void): void {
    this.#waiting.push(answered);
    const text = JSON.stringify([0, this.#id++, content]);
    const frame = Buffer.allocUnsafe(4 + text.length);
    frame.writeUInt32BE(text.length);
    frame.write(text, 4, "latin1");
    this.#socket.write(frame);
  }

  #take(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 4) {
      const end = 4 + this.#pending.readUInt32BE(0);
      if (this.#pending.length < end) break;
      const [type, , content] = JSON.parse(this.#pending.toString("latin1", 4, end)) as [number, number, unknown];
      this.#pending = this.#pending.subarray(end);
      if (type !== 1) throw new Error(`a simulator answers ${JSON.stringify(content)}`);
      this.#waiting.shift()!(content);
    }
    // What was read is the next reader's afterwards.
    if (this.#pending.length > 0 && this.#pending.buffer === chunk.buffer) this.#pending = Buffer.from(this.#pending);
  }
}

/** Start the simulators, and make what `init`, `create` and `setup_done` are for. */
async function startRemote({ chain, entities, remote }: Scenario) {
  const sims: Remote[] = [];
  let all = () => {};
  const connected = new Promise<void>((resolve) => {
    all = resolve;
  });
  const server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
    if (sims.push(new Remote(socket)) === chain) all();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const program = fileURLToPath(new URL("../peers/world_simulator.py", import.meta.url));
  const start = () => spawn(remote!, [program, `127.0.0.1:${port}`], { stdio: "ignore" });
  const processes: ChildProcess[] = Array.from({ length: chain }, start);
  await connected;
  server.close();
  for (const [i, sim] of sims.entries()) {
    const call = (content: unknown) => new Promise((resolve) => sim.ask(content, resolve));
    await call(["init", [`S-${i}`], { time_resolution: 1 }]);
    await call(["create", [i > 0 ? entities : 1, "M"], {}]);
    await call(["setup_done", [], {}]);
  }
  return { sims, processes };
}

/** Each steps as soon as the one before it has put out that time's values, and the one behind it has taken those before. */
function runRemote(scenario: Scenario, sims: readonly Remote[]): Promise<number> {
  const { until, chain } = scenario;
  const shapes = shapesOf(scenario);
  /** Of each, times that are over, and what was put out at those that the next one has not taken. */
  const done = new Array<number>(chain).fill(0);
  const out = sims.map(() => [] as OutputData[]);
  const busy = new Array<boolean>(chain).fill(false);
  return new Promise((resolve) => {
    const go = (i: number): void => {
      const time = done[i]!;
      if (busy[i] || time >= until || (i > 0 && out[i - 1]!.length === 0)) return;
      if (i + 1 < chain && done[i + 1]! < time) return;
      busy[i] = true;
      const inputs = i === 0 ? {} : inputsOf(shapes[i]!, out[i - 1]!.shift()!);
      sims[i]!.ask(["step", [time, inputs, until], {}], () => {
        if (i + 1 < chain) sims[i]!.ask(["get_data", [shapes[i]!.request], {}], (data) => over(i, data as OutputData));
        else over(i, undefined);
      });
    };
    const over = (i: number, data: OutputData | undefined): void => {
      busy[i] = false;
      done[i]!++;
      if (i > 0) go(i - 1);
      if (data !== undefined) {
        out[i]!.push(data);
        go(i + 1);
      } else if (done[i] === until) resolve(until * chain);
      go(i);
    };
    go(0);
  });
}

const scenario = JSON.parse(process.argv[2]!) as Scenario;
const remote = scenario.remote === null ? undefined : await startRemote(scenario);
const run = () => (remote === undefined ? runLocal(scenario) : runRemote(scenario, remote.sims));
await run();
const cpu = process.cpuUsage();
const wallMs = performance.now();
const steps = await run();
const { user, system } = process.cpuUsage(cpu);
const wallUs = (performance.now() - wallMs) * 1000;
process.stdout.write(`${JSON.stringify({ cpuUs: user + system, wallUs, steps })}\n`);
for (const child of remote?.processes ?? []) child.kill();
process.exit();
