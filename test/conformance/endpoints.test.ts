import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as tlsConnect } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type Listener, type ListenOptions, listen, type OpenOptions, open } from "../../src/channel/index.ts";
import { makeCertificates } from "../support/certificates.ts";
import { rawClient } from "../support/connected.ts";
import { startPeer } from "../support/peer.ts";

/** What is particular to one way to connect; what all have in common is in `transports.test.ts`. */

const SOON = { timeout: 20_000, interval: 5 };
const certificates = await makeCertificates();
const { good, stranger, elsewhere } = certificates;
const folder = await mkdtemp(join(tmpdir(), "cosimas-ipc-"));
afterAll(async () => {
  await certificates.remove();
  await rm(folder, { recursive: true });
});

async function echo(address: string, options: ListenOptions = {}): Promise<Listener> {
  const listener = await listen(address, (channel) => channel.serve((r) => r.reply(r.content)), options);
  onTestFinished(() => listener.close());
  return listener;
}

async function ask(address: string, options: OpenOptions = {}): Promise<unknown> {
  const channel = await open(address, options);
  try {
    return await channel.request("hello");
  } finally {
    await channel.close();
  }
}

describe("F18: a Unix socket", () => {
  it("that a dead program has left behind is replaced", async () => {
    const address = `ipc://${join(folder, "stale")}`;
    const peer = await startPeer(address);
    await peer.kill();
    expect(existsSync(join(folder, "stale"))).toBe(true);
    await expect(ask(address)).rejects.toMatchObject({ code: "ERR_CHANNEL_CONNECT" });
    await echo(address);
    expect(await ask(address)).toBe("hello");
  });

  it("at which somebody listens is not", async () => {
    const address = `ipc://${join(folder, "used")}`;
    await echo(address);
    await expect(listen(address, () => {})).rejects.toMatchObject({
      code: "ERR_CHANNEL_ADDRESS_IN_USE",
      peer: address,
    });
    expect(await ask(address)).toBe("hello");
  });

  it("is never put in the place of another file", async () => {
    const path = join(folder, "precious");
    await writeFile(path, "data");
    await expect(listen(`ipc://${path}`, () => {})).rejects.toMatchObject({ code: "ERR_CHANNEL_ADDRESS_IN_USE" });
    expect(await readFile(path, "utf8")).toBe("data");
  });

  it("is removed when it is closed", async () => {
    const path = join(folder, "closed");
    const listener = await listen(`ipc://${path}`, () => {});
    expect(existsSync(path)).toBe(true);
    await listener.close();
    expect(existsSync(path)).toBe(false);
  });

  it("cannot be where there is no folder, or at a path that the operating system would cut off", async () => {
    const nowhere = `ipc://${join(folder, "no", "folder")}`;
    await expect(listen(nowhere, () => {})).rejects.toMatchObject({ code: "ERR_CHANNEL_LISTEN" });
    await expect(open(nowhere)).rejects.toMatchObject({ code: "ERR_CHANNEL_CONNECT" });
    const long = `ipc://${join(folder, "x".repeat(100))}`;
    await expect(listen(long, () => {})).rejects.toThrow(RangeError);
    await expect(open(long)).rejects.toThrow(RangeError);
  });
});

describe("a local queue", () => {
  it("has one listener, and none once that is closed", async () => {
    const listener = await listen("local://one", () => {});
    await expect(listen("local://one", () => {})).rejects.toMatchObject({ code: "ERR_CHANNEL_ADDRESS_IN_USE" });
    await listener.close();
    await expect(open("local://one")).rejects.toMatchObject({ code: "ERR_CHANNEL_CONNECT", peer: "local://one" });
    await (await listen("local://one", () => {})).close();
  });

  it("takes as many connections as its limits say", async () => {
    const listener = await echo("local://few", { limits: { connectionsMax: 1 } });
    const first = await open("local://few");
    await expect(open("local://few")).rejects.toMatchObject({ code: "ERR_CHANNEL_CONNECT" });
    await first.close();
    await vi.waitFor(() => expect(listener.channels.size).toBe(0), SOON);
    expect(await ask("local://few")).toBe("hello");
  });
});

describe.each(["tls://127.0.0.1:0", "wss://127.0.0.1:0"])("TLS at %s", (address) => {
  it("shows a certificate on both sides, and takes IPv4, IPv6 and names", async () => {
    const listener = await echo(address, { tls: good });
    expect(await ask(listener.address, { tls: good })).toBe("hello");
    expect(await ask(listener.address.replace("127.0.0.1", "localhost"), { tls: good })).toBe("hello");
  });

  it.each([
    ["a client that another authority has signed", good, stranger],
    ["a server that another authority has signed", stranger, good],
    ["a server that is another host", elsewhere, good],
  ])("does not connect %s", async (_who, server, client) => {
    const listener = await echo(address, { tls: server });
    // With TLS 1.3 a client is connected before the server has looked at its certificate.
    await expect(ask(listener.address, { tls: client })).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_CHANNEL_(CONNECT|CLOSED)$/),
    });
    await vi.waitFor(() => expect(listener.channels.size).toBe(0), SOON);
  });

  it("does not connect a client without a certificate, or with TLS 1.1, or without TLS", async () => {
    const seen = vi.fn();
    const listener = await listen(address, seen, { tls: good });
    onTestFinished(() => listener.close());
    const port = Number(listener.address.split(":").at(-1));
    const ca = await readFile(good.cafile);
    const own = { cert: await readFile(good.certfile), key: await readFile(good.keyfile) };
    for (const options of [{}, { ...own, minVersion: "TLSv1.1", maxVersion: "TLSv1.1" } as const]) {
      const socket = tlsConnect({ host: "127.0.0.1", port, ca, ...options });
      socket.on("error", () => {});
      socket.resume();
      await new Promise((resolve) => socket.on("close", resolve));
    }
    const plain = await rawClient(listener.address);
    plain.resume();
    plain.write("GET / HTTP/1.1\r\n\r\n");
    await once(plain, "close");
    expect(seen).not.toHaveBeenCalled();
  });

  it("ends a handshake that takes too long", async () => {
    const listener = await echo(address, { tls: good, limits: { handshakeTimeoutMs: 100 } });
    const socket = await rawClient(listener.address);
    socket.resume();
    await once(socket, "close");
    expect(listener.refused).toBe(1);
  });

  it("needs its files", async () => {
    await expect(listen(address, () => {})).rejects.toThrow(TypeError);
    await expect(open(address.replace(":0", ":1"))).rejects.toThrow(TypeError);
    const tls = { ...good, keyfile: join(folder, "none") };
    await expect(listen(address, () => {}, { tls })).rejects.toMatchObject({ code: "ERR_CHANNEL_TLS_FILES" });
  });
});

describe("an address beyond loopback", () => {
  it.each(["tcp://0.0.0.0:0", "ws://0.0.0.0:0"])("%s needs TLS, a token, or a word", async (address) => {
    await expect(listen(address, () => {})).rejects.toMatchObject({ code: "ERR_CHANNEL_INSECURE" });
    await expect(listen(address, () => {}, { hello: {} })).rejects.toMatchObject({ code: "ERR_CHANNEL_INSECURE" });
    for (const options of [{ insecure: true }, { hello: { token: "secret" } }]) {
      await (await listen(address, () => {}, options)).close();
    }
    if (address.startsWith("tcp")) await (await listen(address, () => {}, { tls: good })).close();
  });

  it("takes no certificates where nothing is encrypted", async () => {
    for (const address of ["ws://127.0.0.1:0", "ipc:///tmp/x", "local://x"]) {
      await expect(listen(address, () => {}, { tls: good })).rejects.toThrow(TypeError);
    }
  });
});

describe("a WebSocket listener", () => {
  /** The status of a handshake with these headers. */
  async function status(address: string, headers: Record<string, string>): Promise<number | undefined> {
    const request = get({
      port: Number(address.split(":").at(-1)),
      host: "127.0.0.1",
      headers: { "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", ...headers },
    });
    const [response] = (await Promise.race([once(request, "response"), once(request, "upgrade")])) as [
      { statusCode?: number },
    ];
    request.destroy();
    return response.statusCode;
  }
  const upgrade = { connection: "upgrade", upgrade: "websocket" };

  it("refuses pages that are not on its list, and answers other requests with 426", async () => {
    const { address } = await echo("ws://127.0.0.1:0", { origins: ["https://grid.example"] });
    expect(await status(address, { ...upgrade, origin: "http://evil.example" })).toBe(403);
    expect(await status(address, { ...upgrade, origin: "https://grid.example.evil.example" })).toBe(403);
    expect(await status(address, { ...upgrade, origin: "https://grid.example" })).toBe(101);
    expect(await status(address, upgrade)).toBe(101);
    expect(await status(address, {})).toBe(426);
  });

  /** A client that says what it likes; frames without a mask key of any use. */
  async function rawSocket(address: string) {
    const socket = await rawClient(address);
    const key = "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
    socket.write(`GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n${key}\r\n\r\n`);
    await once(socket, "data");
    return socket;
  }
  const mask = Buffer.alloc(4);

  it.each([
    ["text", Buffer.concat([Buffer.from([0x81, 0x84]), mask, Buffer.from("text")])],
    ["a message beyond the largest frame", Buffer.concat([Buffer.from("82ff0000000001000005", "hex"), mask])],
    [
      "a message in tiny fragments",
      Buffer.concat([
        Buffer.concat([Buffer.from([0x02, 0x81]), mask, Buffer.alloc(1)]),
        ...Array.from({ length: 100 }, () => Buffer.concat([Buffer.from([0x00, 0x81]), mask, Buffer.alloc(1)])),
      ]),
    ],
    ["a compressed message", Buffer.concat([Buffer.from([0xc2, 0x81]), mask, Buffer.alloc(1)])],
  ])("closes the connection of a client that sends %s", async (_what, bytes) => {
    const listener = await echo("ws://127.0.0.1:0");
    const socket = await rawSocket(listener.address);
    const [channel] = listener.channels;
    socket.resume();
    socket.write(bytes);
    expect(await channel?.closed).toMatchObject({ code: "ERR_CHANNEL_CLOSED", cause: expect.any(Error) });
    socket.destroy();
    expect(await ask(listener.address)).toBe("hello");
  });

  it("ends handshakes that take too long, and clients that only look", async () => {
    const listener = await echo("ws://127.0.0.1:0", { limits: { handshakeTimeoutMs: 100 } });
    const silent = await rawClient(listener.address);
    silent.resume();
    await once(silent, "close");
    expect([listener.refused, listener.channels.size]).toStrictEqual([1, 0]);
  });

  it("is no server of another kind", async () => {
    const http = createHttpServer((_request, response) => response.end("hi")).listen(0, "127.0.0.1");
    await once(http, "listening");
    onTestFinished(() => void http.close());
    const { port } = http.address() as { port: number };
    await expect(open(`ws://127.0.0.1:${port}`)).rejects.toMatchObject({ code: "ERR_CHANNEL_CONNECT" });
  });

  it("can be talked with by a browser's WebSocket", async () => {
    const { address } = await echo("ws://127.0.0.1:0");
    const script = fileURLToPath(new URL("../support/browser-client.ts", import.meta.url));
    const flags = process.versions.node.startsWith("20.") ? ["--experimental-websocket"] : [];
    const args = [...flags, "--conditions=cosimas:source", "--import", "tsx", script, address];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(JSON.parse(stdout)).toStrictEqual({ echoed: 1000, bytes: 300_000, closed: "ERR_CHANNEL_CLOSED" });
  });
});

describe("a hello", () => {
  const hello = { token: "secret" };

  it.each(["tcp://127.0.0.1:0", "ws://127.0.0.1:0", `ipc://${join(folder, "hello")}`, "local://hello"])(
    "at %s lets in who knows the token, and tells who does not",
    async (address) => {
      const refused: unknown[] = [];
      const listener = await echo(address, { hello, onRefused: (error) => refused.push(error.code) });
      expect(await ask(listener.address, { hello })).toBe("hello");
      // An empty token is none: it does not get as far as the listener.
      await expect(ask(listener.address, { hello: { token: "" } })).rejects.toMatchObject({ code: "ERR_OPTION_TYPE" });
      for (const wrong of [{}, { token: "s" }, { token: "Secret" }]) {
        await expect(ask(listener.address, { hello: wrong })).rejects.toMatchObject({ code: "ERR_CHANNEL_TOKEN" });
      }
      await vi.waitFor(() => expect(refused).toStrictEqual(Array(3).fill("ERR_CHANNEL_TOKEN")), SOON);
      await vi.waitFor(() => expect(listener.channels.size).toBe(0), SOON);
    },
  );

  it("finds out that the codecs differ", async () => {
    const { address } = await echo("tcp://127.0.0.1:0", { hello, codec: "json" });
    await expect(ask(address, { hello })).rejects.toMatchObject({
      code: "ERR_CHANNEL_HELLO",
      message: expect.stringContaining("json"),
    });
  });

  it("is missed by either side", async () => {
    const refused: unknown[] = [];
    const strict = await echo("tcp://127.0.0.1:0", { hello, onRefused: (error) => refused.push(error.code) });
    await expect(ask(strict.address)).rejects.toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
    expect(refused).toStrictEqual(["ERR_CHANNEL_HELLO"]);
    const plain = await echo("tcp://127.0.0.1:0");
    await expect(ask(plain.address, { hello })).rejects.toMatchObject({ code: "ERR_CHANNEL_HELLO" });
  });

  it.each([
    "",
    "null",
    "[]",
    "{}",
    '{"cosimas":"1"}',
    '{"cosimas":1,"codec":"msgpack","token":5}',
    "\xff",
    "x".repeat(5000),
  ])("that is %j is none", async (text) => {
    const refused: unknown[] = [];
    const listener = await echo("tcp://127.0.0.1:0", { hello, onRefused: (error) => refused.push(error.code) });
    const socket = await rawClient(listener.address);
    socket.resume();
    const header = Buffer.alloc(4);
    header.writeUInt32BE(Buffer.byteLength(text));
    socket.write(Buffer.concat([header, Buffer.from(text)]));
    await once(socket, "close");
    expect(refused).toStrictEqual(["ERR_CHANNEL_HELLO"]);
  });

  it("that comes byte by byte, with a request behind it, is one", async () => {
    const { address } = await echo("tcp://127.0.0.1:0", { hello });
    const socket = await rawClient(address);
    const text = JSON.stringify({ cosimas: 1, codec: "msgpack", token: "secret" });
    const bytes = Buffer.concat([
      Buffer.from([0, 0, 0, text.length]),
      Buffer.from(text),
      Buffer.from("0000000493000007", "hex"),
    ]);
    for (const byte of bytes) socket.write(Uint8Array.of(byte));
    let answer = "";
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("hex");
    });
    await vi.waitFor(() => expect(answer).toMatch(/93010007$/), SOON);
    socket.destroy();
  });

  it("with a heartbeat on one side only is without", async () => {
    const heartbeat = { heartbeat: true };
    const { address } = await echo("tcp://127.0.0.1:0", {
      hello: heartbeat,
      limits: { heartbeatMs: 10, heartbeatTimeoutMs: 50 },
    });
    const channel = await open(address, { hello: {} });
    onTestFinished(() => channel.close());
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await channel.request(1)).toBe(1);
  });
});

describe("a process with an open heartbeat", () => {
  it("ends when its work has ended", async () => {
    const script = `
      import { listen, open } from "cosimas/channel";
      const hello = { heartbeat: true };
      const listener = await listen("tcp://127.0.0.1:0", () => {}, { hello });
      const channel = await open(listener.address, { hello });
      await channel.close();
      await listener.close();
    `;
    const args = ["--conditions=cosimas:source", "--import", "tsx", "--input-type=module", "-e", script];
    const child = spawn(process.execPath, args, {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      stdio: "inherit",
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });
});

it("a port that nobody listens on is refused by all that have ports", async () => {
  const listener = await listen("tcp://127.0.0.1:0", () => {});
  const { address } = listener;
  await listener.close();
  for (const at of [address, address.replace("tcp", "ws")]) {
    await expect(open(at)).rejects.toMatchObject({ code: "ERR_CHANNEL_CONNECT", peer: at });
  }
});
