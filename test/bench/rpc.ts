import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonEnvironment } from "../support/python.ts";
import { type Figure, figure, type Suite } from "./figure.ts";
import { type Load, Peer, type PeerCommands } from "./peer.ts";
import { compiled, program } from "./programs.ts";

/**
 * Rounds in which all peers are measured in turn, each with processes of its own: with one call in flight, two pairs of the
 * same program differ by up to a fifth for as long as they live.
 */
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

/** Ours over one transport, and the least that a call over it can cost. */
interface Measured extends PeerCommands {
  readonly floors: readonly PeerCommands[];
}

function ours(scheme: string, address: string, ...floors: readonly PeerCommands[]): Measured {
  const client = (at: string) => node("peers/cosimas.ts", "client", at);
  return { name: `cosimas over ${scheme}`, server: node("peers/cosimas.ts", "server", address), client, floors };
}

/** An echo alone over the same sockets, listening at `path` or on a port. */
function echo(name: string, path = ""): PeerCommands {
  const client = (address: string) => node("floors/echo.ts", "client", address);
  return { name, server: node("floors/echo.ts", "server", path), client };
}

const socket = (name: string) => join(tmpdir(), `cosimas-bench-${name}-${process.pid}`);
const OURS = [
  ours("tcp", "tcp://127.0.0.1:0", echo("the floor: a length-prefixed echo")),
  ours("ipc", `ipc://${socket("ours")}`, echo("the floor: a length-prefixed echo over ipc", socket("echo"))),
  ours(
    "ws",
    "ws://127.0.0.1:0",
    peer("the floor: ws alone, each call a message", "floors/ws-echo.ts", "each"),
    peer("the floor: ws alone, the calls of a turn in one message", "floors/ws-echo.ts", "together"),
  ),
];
const PEERS = [
  peer("birpc over ws", "peers/birpc.mjs"),
  peer("capnweb over ws", "peers/capnweb.mjs"),
  peer("gRPC stream", "peers/grpc.mjs", "stream"),
  peer("gRPC unary", "peers/grpc.mjs", "unary"),
  peer("raw socket", "peers/raw.mjs"),
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
 * deadlines on, the floors of its transports, and the libraries that a user may take instead. Every answer is looked at.
 */
export const rpc: Suite = async (report, wants) => {
  installPeers();
  const python = await aiomas();
  const others = [...PEERS, ...(python === undefined ? [] : [python])];
  const wanted = WIDTHS.map((width) => ({ width, all: OURS.filter(({ name }) => wants(titleOf(name, width))) }));
  const started = allOf(
    OURS.filter((each) => wanted.some(({ all }) => all.includes(each))),
    others,
  );
  const loads = new Map(WIDTHS.map((width) => [width, new Map<string, Load[]>()]));
  for (let round = 0; round < ROUNDS; round++) {
    const peers: Peer[] = [];
    try {
      for (const each of started) peers.push(await Peer.start(each));
      for (const { width, all } of wanted) {
        const names = new Set(allOf(all, others).map(({ name }) => name));
        for (const each of peers) if (names.has(each.name)) await measure(each, width, loads.get(width)!);
      }
    } finally {
      for (const each of peers) each.end();
    }
  }
  for (const { width, all } of wanted) for (const each of all) reportOf(each, others, width, loads.get(width)!, report);
};

const titleOf = (name: string, width: number) => `${name}, ${width} in flight`;

/** What is measured in turn; nothing if nothing of ours is. */
function allOf(measured: readonly Measured[], others: readonly PeerCommands[]): PeerCommands[] {
  return measured.length === 0 ? [] : [...measured, ...measured.flatMap(({ floors }) => floors), ...others];
}

/** Calls a second against every floor and peer; CPU against the floors, and how it is spread. */
function reportOf(
  { name, floors }: Measured,
  others: readonly PeerCommands[],
  width: number,
  loads: ReadonlyMap<string, readonly Load[]>,
  report: (figure: Figure) => void,
): void {
  const title = titleOf(name, width);
  const compare = (what: string, unit: string, other: string, value: (load: Load) => number) =>
    report(figure(what, unit, other, loads.get(name)!.map(value), loads.get(other)!.map(value)));
  for (const other of [...floors, ...others]) compare(title, "calls/s", other.name, ({ callsPerS }) => callsPerS);
  for (const floor of floors) {
    compare(`${title}, CPU`, "us/call", floor.name, ({ clientUs, serverUs }) => clientUs + serverUs);
    compare(`${title}, CPU of the client`, "us/call", floor.name, ({ clientUs }) => clientUs);
    compare(`${title}, CPU of the server`, "us/call", floor.name, ({ serverUs }) => serverUs);
  }
}

/** Add what one peer does with so many calls in flight. */
async function measure(peer: Peer, width: number, loads: Map<string, Load[]>): Promise<void> {
  // The first calls are slow until they are compiled.
  let count = CALLS_FIRST;
  for (const seconds of [ROUND_S / 2, ROUND_S]) {
    const { callsPerS } = await peer.call(count, width);
    count = Math.max(width, Math.round((callsPerS * seconds) / width) * width);
  }
  const load = await peer.call(count, width);
  const before = loads.get(peer.name);
  if (before === undefined) loads.set(peer.name, [load]);
  else before.push(load);
}
