import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, connect as netConnect, type Server, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

/** `cosimas sim` as a process, with a socket for a mosaik: how it ends, what it says, and that stdout stays empty. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = ["dist/src/cli/main.js", "sim"];
const FIXTURES = "test/interop/fixtures";
const INIT = '[0, 0, ["init", ["S"], {"time_resolution": 1.0}]]';
const step = (time: number) => `[0, 1, ["step", [${time}, {}, 4], {}]]`;
const STOP = '[0, 2, ["stop", [], {}]]';

const init = (fault: string, type = "time-based") =>
  `[0, 0, ["init", ["S"], {"time_resolution": 1.0, "fault": "${fault}", "type": "${type}"}]]`;
const CREATE = '[0, 1, ["create", [1, "M"], {}]]';
const GET = '[0, 1, ["get_data", [{"E0": ["x"]}], {}]]';
const FAILED = "ERR_BRIDGE_SIMULATOR_FAILED";

class Process {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly code: Promise<number | null>;
  /** Nothing more will be said; its exit code is known earlier. */
  #closed = false;

  constructor(args: readonly string[], atEnd: AtEnd = onTestFinished) {
    this.child = spawn(process.execPath, [...PROGRAM, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.code = new Promise((resolve) => {
      this.child.on("close", (code) => {
        this.#closed = true;
        resolve(code);
      });
    });
    atEnd(() => void this.child.kill("SIGKILL"));
  }

  /** Wait for a text on standard error. */
  async says(text: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = text.exec(this.stderr);
      if (found !== null) return found;
      if (this.#closed) throw new Error(`ended without saying ${text}: ${this.stderr}`);
      await Promise.race([once(this.child.stderr!, "data"), this.code]);
    }
  }
}

/** How something is ended: after the test, if not said otherwise. */
type AtEnd = (end: () => void) => void;

async function listening(atEnd: AtEnd = onTestFinished): Promise<{ server: Server; address: string }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => void server.close());
  return { server, address: `127.0.0.1:${(server.address() as { port: number }).port}` };
}

/** A simulator that has connected to this test, which plays mosaik. */
async function connected(
  fixture = "plain.ts",
  atEnd: AtEnd = onTestFinished,
): Promise<{ sim: Process; socket: Socket }> {
  const { server, address } = await listening(atEnd);
  const sim = new Process([`${FIXTURES}/${fixture}`, address], atEnd);
  const [socket] = (await once(server, "connection")) as [Socket];
  atEnd(() => void socket.destroy());
  socket.on("error", () => {});
  return { sim, socket };
}

function frame(text: string): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(Buffer.byteLength(text));
  return Buffer.concat([header, Buffer.from(text)]);
}

/** Send a call; resolves with the answer's text. */
async function ask(socket: Socket, text: string): Promise<string> {
  socket.write(frame(text));
  const [bytes] = (await once(socket, "data")) as [Buffer];
  return bytes.toString("utf8", 4);
}

/** All of these frames but the last are answered; that fails. @returns `name: message` of the failure. */
async function failureOf(socket: Socket, frames: readonly string[]): Promise<string> {
  for (const text of frames.slice(0, -1)) expect(await ask(socket, text)).toMatch(/^\[1,/);
  const [type, , failure] = JSON.parse(await ask(socket, frames.at(-1)!)) as [number, number, [string, string]];
  expect(type).toBe(2);
  return `${failure[0]}: ${failure[1]}`;
}

describe("cosimas sim", () => {
  it("ends with 0 after mosaik's stop, and only then", async () => {
    const { sim, socket } = await connected();
    expect(await ask(socket, INIT)).toContain('"api_version":"3.0"');
    expect(await ask(socket, step(0))).toBe("[1,1,1]");
    socket.write(frame(STOP));
    expect(await sim.code).toBe(0);
    expect(sim).toMatchObject({ stdout: "", stderr: "finalised\n" });
  });

  it("waits for mosaik with --remote, and turns others away", async () => {
    const sim = new Process([`${FIXTURES}/plain.ts`, "127.0.0.1:0", "-r", "-l", "debug", "-t", "20"]);
    const [, port] = await sim.says(/waiting for mosaik at tcp:\/\/127\.0\.0\.1:(\d+)/);
    const socket = netConnect(Number(port), "127.0.0.1");
    await once(socket, "connect");
    expect(await ask(socket, INIT)).toContain("time-based");
    const second = netConnect(Number(port), "127.0.0.1");
    const [error] = (await once(second, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
    socket.write(frame(STOP));
    expect(await sim.code).toBe(0);
    expect(sim.stdout).toBe("");
    expect(sim.stderr).toContain("cosimas: debug: mosaik says stop");
  });

  it.each<[string, (socket: Socket) => unknown, RegExp]>([
    ["F04 master killed", (socket) => socket.destroy(), /^cosimas: ERR_CHANNEL_CLOSED: .* was closed by the peer$/m],
    [
      "F04 master resets the connection",
      (socket) => socket.resetAndDestroy(),
      /^cosimas: ERR_CHANNEL_CLOSED: .*ECONNRESET/m,
    ],
    [
      "F04 master killed within a frame",
      (socket) => socket.end(frame(step(0)).subarray(0, 9)),
      /^cosimas: ERR_CHANNEL_CLOSED: .* within a frame$/m,
    ],
    ["F05 garbage", (socket) => socket.write(frame("[0, 1, gar")), /^cosimas: ERR_CHANNEL_FRAME: /m],
    [
      "F06 another protocol, a frame beyond all bounds",
      (socket) => socket.write("GET / HTTP/1.1\r\n\r\n"),
      /^cosimas: ERR_CHANNEL_FRAME_BYTES: /m,
    ],
    ["F08 a reply to nothing", (socket) => socket.write(frame("[1, 7, null]")), /^cosimas: ERR_CHANNEL_REPLY_ID: /m],
    [
      "F10 an unknown type of message",
      (socket) => socket.write(frame("[3, 1, null]")),
      /^cosimas: ERR_CHANNEL_MESSAGE: /m,
    ],
  ])("%s: finalises, and ends with 1", async (_what, act, said) => {
    const { sim, socket } = await connected();
    await ask(socket, INIT);
    act(socket);
    expect(await sim.code).toBe(1);
    expect(sim.stderr).toMatch(said);
    expect(sim.stderr).toMatch(/^finalised$/m);
    expect(sim.stdout).toBe("");
  });

  it("F04 master killed in a step that never ends: finalises, and ends with 1", async () => {
    const { sim, socket } = await connected("waits.ts");
    await ask(socket, INIT);
    socket.write(frame(step(0)));
    await sim.says(/in step/);
    socket.destroy();
    expect(await sim.code).toBe(1);
    expect(sim.stderr).toMatch(/^cosimas: ERR_CHANNEL_CLOSED: .* was closed by the peer$/m);
    expect(sim.stderr).toMatch(/^finalised$/m);
    expect(sim.stdout).toBe("");
  });

  /** The frames that lead to it; the last is answered with a failure that begins so; also said at the end. */
  it.each<[string, readonly string[], RegExp, string]>([
    [
      "F28 step throws",
      [init("an exception"), step(0)],
      /^Error: no wind$/,
      `${FAILED}: simulator S, step\\(\\) at time 0: no wind`,
    ],
    ["api 4", [init("api 4")], /ERR_BRIDGE_META: simulator S, init\(\): meta.api_version/, "ERR_BRIDGE_META"],
    [
      "a step twice, time-based",
      [init(""), step(3), step(3)],
      /ERR_BRIDGE_REPEATED: .* at time 3: /,
      "ERR_BRIDGE_REPEATED",
    ],
    [
      "a step before the last, time-based",
      [init(""), step(3), step(2)],
      /ERR_BRIDGE_REPEATED: .* at time 2: /,
      "ERR_BRIDGE_REPEATED",
    ],
    [
      "a step before the last, event-based",
      [init("", "event-based"), step(3), step(3), step(2)],
      /ERR_BRIDGE_REPEATED: /,
      "ERR_BRIDGE_REPEATED",
    ],
    [
      "a step before the last, hybrid",
      [init("", "hybrid"), step(3), step(3), step(2)],
      /ERR_BRIDGE_REPEATED: /,
      "ERR_BRIDGE_REPEATED",
    ],
    [
      "next step not later",
      [init("a next step over"), step(2)],
      /ERR_BRIDGE_NEXT_STEP: simulator S, step\(\) at time 2/,
      "ERR_BRIDGE_NEXT_STEP",
    ],
    ...["too few", "one id twice", "another model", "a child of no model"].map(
      (fault): [string, readonly string[], RegExp, string] => [
        `create makes ${fault}`,
        [init(fault), fault === "one id twice" ? CREATE.replace("[1,", "[2,") : CREATE],
        /ERR_BRIDGE_CREATE: simulator S, create\(\): /,
        "ERR_BRIDGE_CREATE",
      ],
    ),
    [
      "create makes an id again",
      [init(""), CREATE, CREATE],
      /ERR_BRIDGE_CREATE: .*"E0" is there already/,
      "ERR_BRIDGE_CREATE",
    ],
    ...["no data", "no entity", "no attribute", "an entity never created", "a value for an entity"].map(
      (fault): [string, readonly string[], RegExp, string] => [
        `getData gives ${fault}`,
        [init(fault), CREATE, step(1), GET],
        /ERR_BRIDGE_OUTPUT: simulator S, getData\(\) at time 1: /,
        "ERR_BRIDGE_OUTPUT",
      ],
    ),
    [
      "getData gives an output time over",
      [init("an output time over"), CREATE, step(1), GET],
      /ERR_BRIDGE_OUTPUT_TIME: simulator S, getData\(\) at time 1: /,
      "ERR_BRIDGE_OUTPUT_TIME",
    ],
  ])("%s: mosaik is told, and the process ends with 1 after its stop", async (_what, frames, failure, said) => {
    const { sim, socket } = await connected("faulty.ts");
    expect(await failureOf(socket, frames)).toMatch(failure);
    socket.write(frame(STOP));
    expect(await sim.code).toBe(1);
    expect(sim.stderr).toMatch(new RegExp(`^cosimas: ${said}`, "m"));
    expect(sim.stdout).toBe("");
  });

  it.each(["event-based", "hybrid"])("a step twice, %s: legal, as mosaik's same-time loops make them", async (type) => {
    const { sim, socket } = await connected("faulty.ts");
    await ask(socket, init("", type));
    for (const time of [3, 3, 4]) expect(await ask(socket, step(time))).toBe(`[1,1,${time + 1}]`);
    socket.write(frame(STOP));
    expect(await sim.code).toBe(0);
  });

  it.each(["SIGTERM", "SIGINT"] as const)("ends at once by %s, even within a step", async (signal) => {
    const { sim, socket } = await connected("waits.ts");
    await ask(socket, INIT);
    socket.write(frame(step(0)));
    await sim.says(/in step/);
    sim.child.kill(signal);
    expect(await sim.code).toBe(signal === "SIGTERM" ? 143 : 130);
    expect(sim.stdout).toBe("");
  });

  it("ends with the shell that npx starts it by, which does not pass SIGTERM on", async () => {
    const { server, address } = await listening();
    // A second command keeps the shell from becoming the first one.
    const command = [process.execPath, ...PROGRAM, `${FIXTURES}/waits.ts`, address].join(" ");
    const shell = spawn("sh", ["-c", `${command}; true`], { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
    const [socket] = (await once(server, "connection")) as [Socket];
    await ask(socket, INIT);
    socket.write(frame(step(0)));
    const [said] = (await once(shell.stderr, "data")) as [Buffer];
    expect(String(said)).toMatch(/^in step/);
    const closed = once(socket, "close");
    shell.kill("SIGTERM");
    socket.resume();
    await closed;
  });

  it.each<[string, string[], number, RegExp]>([
    [
      "bad address, no port",
      ["plain.ts", "localhost"],
      2,
      /^cosimas: ERR_CLI_VALUE: address "localhost": must be HOST:PORT/,
    ],
    ["bad address, a port beyond all", ["plain.ts", "127.0.0.1:70000"], 2, /^cosimas: ERR_CLI_VALUE: /],
    ["bad address, port 0 to connect to", ["plain.ts", "127.0.0.1:0"], 2, /^cosimas: ERR_CLI_VALUE: /],
    ["no time-out", ["plain.ts", "127.0.0.1:1", "-t", "soon"], 2, /^cosimas: ERR_CLI_VALUE: --timeout "soon"/],
    ["an unknown level", ["plain.ts", "127.0.0.1:1", "-l", "loud"], 2, /^cosimas: ERR_CLI_USAGE: /],
    ["no address", ["plain.ts"], 2, /^cosimas: ERR_CLI_USAGE: /],
    ["no such module", ["gone.ts", "127.0.0.1:1"], 2, /^cosimas: ERR_SCENARIO_NOT_FOUND: /],
    ["no simulator", ["no-simulator.ts", "127.0.0.1:1"], 2, /^cosimas: ERR_SCENARIO_NO_DEFAULT: .*defineSimulator/],
    ["nobody listening", ["plain.ts", "127.0.0.1:1"], 1, /^cosimas: ERR_CHANNEL_CONNECT: .*ECONNREFUSED/],
    [
      "nobody who connects",
      ["plain.ts", "127.0.0.1:0", "-r", "-t", "0.2"],
      1,
      /^cosimas: ERR_CHANNEL_ACCEPT_TIMEOUT: /m,
    ],
    ["an open address", ["plain.ts", "0.0.0.0:0", "--remote"], 1, /^cosimas: ERR_CHANNEL_INSECURE: /],
  ])("%s: says so, and ends", async (_what, [module = "", ...args], code, said) => {
    const sim = new Process([`${FIXTURES}/${module}`, ...args]);
    expect(await sim.code).toBe(code);
    expect(sim.stderr).toMatch(said);
    expect(sim.stdout).toBe("");
  });

  it("F17 port busy: says so, and ends with 1", async () => {
    const { address } = await listening();
    const sim = new Process([`${FIXTURES}/plain.ts`, address, "--remote"]);
    expect(await sim.code).toBe(1);
    expect(sim).toMatchObject({
      stdout: "",
      stderr: expect.stringMatching(/^cosimas: ERR_CHANNEL_ADDRESS_IN_USE: /),
    });
  });
});

/** Calls that mosaik gets wrong; one process takes them all, since it goes on after each. */
describe("cosimas sim refuses", () => {
  const ends: (() => void)[] = [];
  let sim: Process;
  let socket: Socket;
  beforeAll(async () => {
    ({ sim, socket } = await connected("faulty.ts", (end) => ends.push(end)));
  });
  afterAll(() => {
    for (const end of ends) end();
  });

  const refused = async (call: string, said: RegExp) => {
    const text = await failureOf(socket, [call]);
    expect(text).toMatch(/^BridgeError: ERR_BRIDGE_CALL: /);
    expect(text).toMatch(said);
  };

  it.each<[string, string, RegExp]>([
    ["a step before init", step(0), /step was called before init/],
    ["create before init", CREATE, /create was called before init/],
    ["init with a number as id", '[0, 1, ["init", [7], {}]]', /init takes an id/],
    ["init with a text as time resolution", '[0, 1, ["init", ["S"], {"time_resolution": "1"}]]', /init takes an id/],
  ])("%s, and goes on", async (_what, call, said) => {
    await refused(call, said);
  });

  it.each<[string, string, RegExp]>([
    ["init twice", init(""), /init was called twice/],
    ["an unknown call", '[0, 1, ["dance", [], {}]]', /has no method "dance"; extra methods: none/],
    ["a method that is not extra", '[0, 1, ["finalize", [], {}]]', /has no method "finalize"/],
    ["no call", '[0, 1, "step"]', /a request is \[name, /],
    ["an unknown model", '[0, 1, ["create", [1, "Sun"], {}]]', /has no model "Sun"; it has: M, N/],
    ["create without a number", '[0, 1, ["create", ["M"], {}]]', /create takes an integer/],
    ["create of half an entity", '[0, 1, ["create", [0.5, "M"], {}]]', /create takes an integer/],
    ["a step at no time", '[0, 1, ["step", ["now", {}, 4], {}]]', /step takes an integer time/],
    ["a step at NaN", '[0, 1, ["step", [NaN, {}, 4], {}]]', /step takes an integer time/],
    ["a step below 0", step(-1), /step takes an integer time/],
    ["wrong inputs", '[0, 1, ["step", [0, {"E0": {"x": 1}}, 4], {}]]', /step takes an integer time/],
    ["a step without max_advance", '[0, 1, ["step", [0, {}], {}]]', /step takes an integer time/],
    ["get_data of no lists", '[0, 1, ["get_data", [{"E0": "x"}], {}]]', /get_data takes lists/],
  ])("%s, and goes on", async (what, call, said) => {
    if (what === "init twice") await ask(socket, init(""));
    await refused(call, said);
  });

  it("no later call for it, and ends with 0 after mosaik's stop", async () => {
    expect(await ask(socket, step(5))).toBe("[1,1,6]");
    socket.write(frame(STOP));
    expect(await sim.code).toBe(0);
    expect(sim).toMatchObject({ stdout: "", stderr: "finalised\n" });
  });
});
