import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { type Isolation, Platform } from "../../src/index.ts";
import { figure, type Suite } from "./figure.ts";
import { childrenOf, cpuOf } from "./processes.ts";
import { compiled, program } from "./programs.ts";

/** Rounds of one advance, below the bound of rounds at one time. */
const ROUNDS = 900;
/** Measurements of each kind, after some that do not count. */
const TIMES = 9;
const WARM_UP = 5;

const module = pathToFileURL(compiled("peers/round-agents.ts"));

interface Kind {
  readonly isolation: Isolation;
  readonly link?: "ipc" | "tcp";
  readonly containers: number;
}

const KINDS: readonly Kind[] = [
  { isolation: "inline", containers: 1 },
  { isolation: "inline", containers: 2 },
  { isolation: "thread", containers: 2 },
  { isolation: "thread", containers: 4 },
  { isolation: "process", link: "ipc", containers: 1 },
  { isolation: "process", link: "ipc", containers: 2 },
  { isolation: "process", link: "ipc", containers: 4 },
  { isolation: "process", link: "tcp", containers: 2 },
  { isolation: "process", link: "tcp", containers: 4 },
];

/**
 * A round of a platform in which every container has something to do, and nothing for the others or a message to another
 * one, beside a star of as many raw processes (or threads), which all get eight bytes and send them back before the next round; wall time,
 * and the CPU of the coordinator and of all its processes. The work is counted: an agent for each container has to have had
 * all its messages.
 */
export const rounds: Suite = async (report, wants) => {
  for (const kind of KINDS) {
    const whats = (kind.containers === 1 ? [0] : [0, 1]).filter((apart) => wants(nameOf(kind, apart)));
    if (whats.length === 0) continue;
    const { isolation, link, containers } = kind;
    const isApart = isolation === "process";
    const others = childrenOf(process.pid);
    const platform = await Platform.create({ module, ...kind });
    const own = childrenOf(process.pid).filter((pid) => !others.includes(pid));
    const raw = isolation === "thread" ? threadStar(containers) : await star(link ?? "ipc", isApart ? containers : 1);
    const ids = Array.from({ length: containers }, (_, i) => `runner-${i}`);
    for (const id of ids) await platform.spawn("Runner", { id });
    let due = 0;
    for (const apart of whats) {
      const ours: Cost[] = [];
      const theirs: Cost[] = [];
      for (let i = 0; i < WARM_UP + TIMES; i++) {
        ids.forEach((id, k) => {
          platform.input(id, "run", [ROUNDS, ids[(k + apart) % containers]]);
        });
        const cost = await costOf(own, () => platform.advance(platform.clock.time() + 1));
        const base = await costOf(raw.pids, () => raw.exchange(ROUNDS));
        if (i < WARM_UP) continue;
        ours.push(cost);
        theirs.push(base);
      }
      due += (WARM_UP + TIMES) * ROUNDS;
      for (const id of ids) {
        const { rounds: done } = await platform.outputs(id, ["rounds"]);
        if (done !== due) throw new Error(`${id} has made ${done} rounds instead of ${due}`);
      }
      const floor =
        isolation === "thread"
          ? `${containers} raw threads, a message each`
          : `${isApart ? containers : 1} raw processes, a frame each over ${link ?? "ipc"}`;
      const name = nameOf(kind, apart);
      for (const [what, value] of COSTS) {
        if (what !== "" && own.length === 0) continue; // in one process the CPU is the wall time
        report(figure(name + what, "us", floor, ours.map(value), theirs.map(value)));
      }
    }
    await raw.close();
    await platform.close();
  }
};

function nameOf({ isolation, link, containers }: Kind, apart: number): string {
  const where = `${containers} x ${isolation}${link === undefined ? "" : ` over ${link}`}`;
  return `a round, ${where}, ${apart === 0 ? "nothing for others" : "a message to another each"}`;
}

/** Of a round, in microseconds. */
interface Cost {
  readonly wall: number;
  readonly coordinator: number;
  /** CPU of all other processes together. */
  readonly members: number;
}

const COSTS: readonly (readonly [what: string, value: (cost: Cost) => number])[] = [
  ["", ({ wall }) => wall],
  [", CPU of the coordinator", ({ coordinator }) => coordinator],
  [", CPU of the containers", ({ members }) => members],
];

async function costOf(pids: readonly number[], work: () => Promise<unknown>): Promise<Cost> {
  const cpuBefore = cpuOf(pids);
  const own = process.cpuUsage();
  const start = process.hrtime.bigint();
  await work();
  const wall = Number(process.hrtime.bigint() - start) / 1000;
  const { user, system } = process.cpuUsage(own);
  const members = cpuOf(pids) - cpuBefore;
  return { wall: wall / ROUNDS, coordinator: (user + system) / ROUNDS, members: members / ROUNDS };
}

/** So many rounds: a message to each, and one back from each before the next round. */
function inTurns<T extends Socket | MessagePort>(times: number, peers: readonly T[], send: (peer: T) => void) {
  const event = peers[0] instanceof Socket ? "data" : "message";
  return new Promise<void>((resolve) => {
    let left = times;
    let missing = peers.length;
    const sendAll = () => {
      missing = peers.length;
      for (const peer of peers) send(peer);
    };
    const onAnswer = () => {
      if (--missing > 0) return;
      if (--left > 0) return sendAll();
      for (const peer of peers) peer.off(event, onAnswer);
      resolve();
    };
    for (const peer of peers) peer.on(event, onAnswer);
    sendAll();
  });
}

/** Threads behind ports that echo. */
function threadStar(threads: number) {
  const echo = `require("node:worker_threads").workerData.on("message", function (bytes) { this.postMessage(bytes); });`;
  const ports = Array.from({ length: threads }, () => {
    const { port1, port2 } = new MessageChannel();
    new Worker(echo, { eval: true, workerData: port2, transferList: [port2] }).unref();
    return port1;
  });
  const bytes = new Uint8Array(8);
  return {
    pids: [],
    exchange: (times: number) => inTurns(times, ports, (port) => port.postMessage(bytes)),
    async close(): Promise<void> {
      for (const port of ports) port.close();
    },
  };
}

/** Processes behind sockets that echo. */
async function star(link: "ipc" | "tcp", processes: number) {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-bench-"));
  const server = createServer({ noDelay: true });
  if (link === "ipc") server.listen(join(folder, "raw"));
  else server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const where = link === "ipc" ? join(folder, "raw") : String((server.address() as AddressInfo).port);
  const sockets: Socket[] = [];
  const children: ChildProcess[] = [];
  for (let i = 0; i < processes; i++) {
    children.push(spawn(process.execPath, [program("peers/echo.mjs"), where]));
    sockets.push(...((await once(server, "connection")) as [Socket]));
  }
  const bytes = Buffer.alloc(8);
  return {
    pids: children.map(({ pid }) => pid!),
    exchange: (times: number) => inTurns(times, sockets, (socket) => socket.write(bytes)),
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      server.close();
      for (const child of children) child.kill();
      rmSync(folder, { recursive: true });
    },
  };
}
