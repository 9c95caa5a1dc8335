import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, connect as netConnect, type Server, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

/** `cosimas sim` as a process, with a socket for a mosaik: how it ends, what it says, and that stdout stays empty. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = ["--conditions=cosimas:source", "--import", "tsx", "src/cli/main.ts", "sim"];
const FIXTURES = "test/interop/fixtures";
const INIT = '[0, 0, ["init", ["S"], {"time_resolution": 1.0}]]';
const STEP = '[0, 1, ["step", [0, {}, 4], {}]]';
const STOP = '[0, 2, ["stop", [], {}]]';

class Process {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly code: Promise<number | null>;

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [...PROGRAM, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.code = new Promise((resolve) => this.child.on("close", resolve));
    onTestFinished(() => void this.child.kill("SIGKILL"));
  }

  /** Wait for a text on standard error. */
  async says(text: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = text.exec(this.stderr);
      if (found !== null) return found;
      if (this.child.exitCode !== null) throw new Error(`ended without saying ${text}: ${this.stderr}`);
      await Promise.race([once(this.child.stderr!, "data"), this.code]);
    }
  }
}

async function listening(): Promise<{ server: Server; address: string }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { server, address: `127.0.0.1:${(server.address() as { port: number }).port}` };
}

/** A simulator that has connected to this test, which plays mosaik. */
async function connected(fixture = "plain.ts", ...options: string[]): Promise<{ sim: Process; socket: Socket }> {
  const { server, address } = await listening();
  const sim = new Process(`${FIXTURES}/${fixture}`, address, ...options);
  const [socket] = (await once(server, "connection")) as [Socket];
  onTestFinished(() => void socket.destroy());
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

describe("cosimas sim", () => {
  it("ends with 0 after mosaik's stop, and only then", async () => {
    const { sim, socket } = await connected();
    expect(await ask(socket, INIT)).toContain('"api_version":"3.0"');
    expect(await ask(socket, STEP)).toBe("[1,1,1]");
    socket.write(frame(STOP));
    expect(await sim.code).toBe(0);
    expect(sim).toMatchObject({ stdout: "", stderr: "finalised\n" });
  });

  it("waits for mosaik with --remote, and turns others away", async () => {
    const sim = new Process(`${FIXTURES}/plain.ts`, "127.0.0.1:0", "-r", "-l", "debug", "-t", "20");
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
    ["is killed", (socket) => socket.destroy(), /^cosimas: ERR_CHANNEL_CLOSED: .* was closed by the peer$/m],
    ["resets the connection", (socket) => socket.resetAndDestroy(), /^cosimas: ERR_CHANNEL_CLOSED: .*ECONNRESET/m],
    [
      "is killed within a frame",
      (socket) => socket.end(frame(STEP).subarray(0, 9)),
      /^cosimas: ERR_CHANNEL_CLOSED: .* within a frame$/m,
    ],
    ["sends garbage", (socket) => socket.write(frame("[0, 1, gar")), /^cosimas: ERR_CHANNEL_FRAME: /m],
    [
      "sends another protocol",
      (socket) => socket.write("GET / HTTP/1.1\r\n\r\n"),
      /^cosimas: ERR_CHANNEL_FRAME_BYTES: /m,
    ],
  ])("ends with 1, and finalises, if mosaik %s", async (_what, act, said) => {
    const { sim, socket } = await connected();
    await ask(socket, INIT);
    act(socket);
    expect(await sim.code).toBe(1);
    expect(sim.stderr).toMatch(said);
    expect(sim.stderr).toMatch(/^finalised$/m);
    expect(sim.stdout).toBe("");
  });

  it("ends with 1 after the stop that follows its own failure; mosaik is told, too", async () => {
    const { sim, socket } = await connected("throws.ts");
    await ask(socket, INIT);
    expect(await ask(socket, STEP)).toMatch(/^\[2,1,\["Error","no wind","at /);
    socket.write(frame(STOP));
    expect(await sim.code).toBe(1);
    expect(sim.stderr).toBe("cosimas: ERR_BRIDGE_SIMULATOR_FAILED: simulator S, step() at time 0: no wind\n");
    expect(sim.stdout).toBe("");
  });

  it("goes on after a call that it does not know", async () => {
    const { sim, socket } = await connected();
    await ask(socket, INIT);
    expect(await ask(socket, '[0, 1, ["dance", [], {}]]')).toMatch(/^\[2,1,\["BridgeError","ERR_BRIDGE_CALL: /);
    socket.write(frame(STOP));
    expect(await sim.code).toBe(0);
  });

  it("ends with 1 after the stop of a mosaik that does not take its API version", async () => {
    const { sim, socket } = await connected("api-4.ts");
    expect(await ask(socket, INIT)).toMatch(/^\[2,0,\["BridgeError","ERR_BRIDGE_META: .*api_version/);
    socket.write(frame(STOP));
    expect(await sim.code).toBe(1);
    expect(sim.stderr).toMatch(/^cosimas: ERR_BRIDGE_META: /);
  });

  it.each(["SIGTERM", "SIGINT"] as const)("ends at once by %s, even within a step", async (signal) => {
    const { sim, socket } = await connected("waits.ts");
    await ask(socket, INIT);
    socket.write(frame(STEP));
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
    socket.write(frame(STEP));
    const [said] = (await once(shell.stderr, "data")) as [Buffer];
    expect(String(said)).toMatch(/^in step/);
    const closed = once(socket, "close");
    shell.kill("SIGTERM");
    socket.resume();
    await closed;
  });

  it.each<[string, string[], number, RegExp]>([
    ["no port", ["plain.ts", "localhost"], 2, /^cosimas: ERR_CLI_VALUE: address "localhost": must be HOST:PORT/],
    ["a port beyond all", ["plain.ts", "127.0.0.1:70000"], 2, /^cosimas: ERR_CLI_VALUE: /],
    ["port 0 to connect to", ["plain.ts", "127.0.0.1:0"], 2, /^cosimas: ERR_CLI_VALUE: /],
    ["no time-out", ["plain.ts", "127.0.0.1:1", "-t", "soon"], 2, /^cosimas: ERR_CLI_VALUE: --timeout "soon"/],
    ["an unknown level", ["plain.ts", "127.0.0.1:1", "-l", "loud"], 2, /^cosimas: ERR_CLI_USAGE: /],
    ["no address", ["plain.ts"], 2, /^cosimas: ERR_CLI_USAGE: /],
    ["no such module", ["gone.ts", "127.0.0.1:1"], 2, /^cosimas: ERR_SCENARIO_NOT_FOUND: /],
    ["no simulator", ["no-simulator.ts", "127.0.0.1:1"], 2, /^cosimas: ERR_SCENARIO_NO_DEFAULT: .*defineSimulator/],
    ["nobody there", ["plain.ts", "127.0.0.1:1"], 1, /^cosimas: ERR_CHANNEL_CONNECT: .*ECONNREFUSED/],
    ["nobody who comes", ["plain.ts", "127.0.0.1:0", "-r", "-t", "0.2"], 1, /^cosimas: ERR_CHANNEL_ACCEPT_TIMEOUT: /m],
    ["an open address", ["plain.ts", "0.0.0.0:0", "--remote"], 1, /^cosimas: ERR_CHANNEL_INSECURE: /],
  ])("with %s says so, and ends", async (_what, [module = "", ...args], code, said) => {
    const sim = new Process(`${FIXTURES}/${module}`, ...args);
    expect(await sim.code).toBe(code);
    expect(sim.stderr).toMatch(said);
    expect(sim.stdout).toBe("");
  });

  it("says so if its port is busy", async () => {
    const { address } = await listening();
    const sim = new Process(`${FIXTURES}/plain.ts`, address, "--remote");
    expect(await sim.code).toBe(1);
    expect(sim).toMatchObject({
      stdout: "",
      stderr: expect.stringMatching(/^cosimas: ERR_CHANNEL_ADDRESS_IN_USE: /),
    });
  });
});
