import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonEnvironment } from "../support/python.ts";
import { type Figure, figure } from "./figure.ts";
import { type Load, Peer, type PeerCommands } from "./peer.ts";
import { compiled, program } from "./programs.ts";

/** Rounds in which all peers are measured in turn, after one that does not count. */
const ROUNDS = 5;

/** Calls in flight, and seconds that a round of one peer is to take. */
const WIDTHS = [1, 100, 1000];
const ROUND_S = 0.7;

/** A first guess of how many calls that is. */
const CALLS_FIRST = 2000;

const node = (file: string, ...args: string[]) => {
  const path = file.endsWith(".ts") ? compiled(file) : program(file);
  return [process.execPath, ...process.execArgv, path, ...args];
};

function peer(name: string, file: string, ...more: string[]): PeerCommands {
  return {
    name,
    server: node(file, "server", "", ...more),
    client: (address) => node(file, "client", address, ...more),
  };
}

function ours(scheme: string, address: string): PeerCommands {
  const client = (at: string) => node("peers/cosimas.ts", "client", at);
  return { name: `cosimas over ${scheme}`, server: node("peers/cosimas.ts", "server", address), client };
}

const OURS = [
  ours("tcp", "tcp://127.0.0.1:0"),
  ours("ipc", `ipc://${join(tmpdir(), `cosimas-bench-${process.pid}`)}`),
  ours("ws", "ws://127.0.0.1:0"),
];
const PEERS = [
  peer("birpc over ws", "peers/birpc.mjs"),
  peer("capnweb over ws", "peers/capnweb.mjs"),
  peer("gRPC stream", "peers/grpc.mjs", "stream"),
  peer("gRPC unary", "peers/grpc.mjs", "unary"),
  peer("raw socket", "peers/raw.mjs"),
  peer("the floor: a length-prefixed echo", "floors/echo.ts"),
];

async function aiomas(): Promise<PeerCommands | undefined> {
  const { python, reason } = await pythonEnvironment("aiomas");
  if (python === undefined) {
    console.error(`without aiomas: ${reason}`);
    return undefined;
  }
  const command = (...args: string[]) => [python, program("peers/aiomas_load.py"), ...args];
  return { name: "aiomas", server: command("server"), client: (address) => command("client", address) };
}

/** The others' packages are no part of the product's: they are installed here, when they are first needed. */
function installPeers(): void {
  if (existsSync(program("node_modules/.package-lock.json"))) return;
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: program(""), stdio: "ignore" });
}

/**
 * Remote calls between two processes on this machine, with 1, 100 and 1000 in flight: ours with all checks, limits and
 * deadlines on, and the libraries that a user may take instead. Every answer is looked at.
 */
export async function rpc(report: (figure: Figure) => void): Promise<void> {
  installPeers();
  const python = await aiomas();
  const commands = [...OURS, ...PEERS, ...(python === undefined ? [] : [python])];
  const peers: Peer[] = [];
  try {
    for (const each of commands) peers.push(await Peer.start(each));
    for (const width of WIDTHS) {
      const loads = await measure(peers, width);
      for (const { name } of OURS) {
        for (const other of commands.filter((each) => !OURS.includes(each))) {
          const speed = (which: string) => loads.get(which)!.map(({ callsPerS }) => callsPerS);
          const title = `${name}, ${width} in flight`;
          report(figure(title, "calls/s", other.name, speed(name), speed(other.name)));
        }
        const cpu = (which: keyof Load) => loads.get(name)!.map((load) => load[which]);
        report(figure(`${name}, ${width} in flight, CPU`, "us/call", "its server", cpu("clientUs"), cpu("serverUs")));
      }
    }
  } finally {
    for (const each of peers) each.end();
  }
}

async function measure(peers: readonly Peer[], width: number): Promise<Map<string, Load[]>> {
  const loads = new Map<string, Load[]>();
  const calls = new Map<string, number>();
  for (const each of peers) {
    const { callsPerS } = await each.call(CALLS_FIRST, width);
    calls.set(each.name, Math.max(width, Math.round((callsPerS * ROUND_S) / width) * width));
    loads.set(each.name, []);
  }
  for (let round = -1; round < ROUNDS; round++) {
    for (const each of peers) {
      const load = await each.call(calls.get(each.name)!, width);
      if (round >= 0) loads.get(each.name)!.push(load);
    }
  }
  return loads;
}
