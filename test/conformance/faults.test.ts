import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  type Channel,
  type ChannelOptions,
  type ListenOptions,
  listen,
  type OpenOptions,
  open,
  type Request,
} from "../../src/channel/index.ts";
import { VersionError } from "../../src/errors.ts";
import { raw, rawClient } from "../support/connected.ts";
import { type FaultProxy, faultProxy } from "../support/fault-proxy.ts";
import { type PeerProcess, startPeer } from "../support/peer.ts";

/** The faults of the channel's layer, by their numbers, against real sockets. */

/** Liveness on a loaded machine; none of this takes a tenth of it. */
const SOON = { timeout: 20_000, interval: 5 };

interface Proxied {
  readonly proxy: FaultProxy;
  readonly client: Channel;
  /** What the server has been asked, and has not answered; it answers `"echo"` and numbers at once. */
  readonly held: Request[];
  readonly servers: Channel[];
}

async function proxied(options: ListenOptions & OpenOptions = {}): Promise<Proxied> {
  const held: Request[] = [];
  const servers: Channel[] = [];
  const serve = (channel: Channel) => {
    servers.push(channel);
    channel.serve((request) => {
      if (request.content === "hold") held.push(request);
      else request.reply(request.content);
    });
  };
  const listener = await listen("tcp://127.0.0.1:0", serve, options);
  const proxy = await faultProxy(listener.address);
  const client = await open(proxy.address, options);
  onTestFinished(async () => {
    await proxy.close();
    await Promise.all([client.close(), listener.close()]);
  });
  return { proxy, client, held, servers };
}

async function peer(options: object = {}): Promise<PeerProcess> {
  const started = await startPeer("tcp://127.0.0.1:0", options);
  onTestFinished(started.kill);
  return started;
}

async function connected(address: string, options: OpenOptions = {}): Promise<Channel> {
  const channel = await open(address, options);
  onTestFinished(() => channel.close());
  return channel;
}

/** The codes of calls, once all of them have settled. */
async function codes(calls: readonly Promise<unknown>[]): Promise<unknown[]> {
  const outcomes = await Promise.allSettled(calls);
  return outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason.code : outcome.value));
}

describe("F01: a peer that is killed", () => {
  it("rejects each pending call once, and nobody else's", async () => {
    const [victim, other] = [await peer(), await peer()];
    const channel = await connected(victim.address);
    const neighbour = await connected(other.address);
    const pending = neighbour.request({ busyMs: 50 });
    const calls = Array.from({ length: 100 }, () => channel.request("never", { method: "never" }));
    let settled = 0;
    for (const call of calls) call.catch(() => settled++);
    expect(await channel.request(1)).toBe(1);
    victim.child.kill("SIGKILL");
    expect(new Set(await codes(calls))).toStrictEqual(new Set(["ERR_CHANNEL_CLOSED"]));
    await expect(calls[0]).rejects.toMatchObject({
      peer: channel.peer,
      method: "never",
      cause: { peer: channel.peer },
    });
    expect([settled, channel.pendingCalls, channel.isOpen]).toStrictEqual([100, 0, false]);
    expect(await pending).toStrictEqual({ busyMs: 50 });
  });
});

describe("F02: a peer that is gone without a word", () => {
  const fast = { hello: { heartbeat: true }, limits: { heartbeatMs: 100, heartbeatTimeoutMs: 600 } };
  /** On a loaded machine a thread that answers may have to wait for a processor. */
  const patient = { hello: { heartbeat: true }, limits: { heartbeatMs: 100, heartbeatTimeoutMs: 2000 } };

  it("is given up when the connection is cut, though its process lives", async () => {
    const { proxy, client, servers } = await proxied(fast);
    const call = client.request("hold");
    expect(await client.request(1)).toBe(1);
    proxy.faults.halfOpen = true;
    await expect(call).rejects.toMatchObject({
      code: "ERR_CHANNEL_CLOSED",
      cause: {
        code: "ERR_CHANNEL_HEARTBEAT",
        peer: client.peer,
        message: expect.stringContaining("though its process"),
      },
    });
    await expect(servers[0]?.closed).resolves.toMatchObject({ code: "ERR_CHANNEL_HEARTBEAT" });
  });

  it("is given up when it is stopped", async () => {
    const { address, child } = await peer(fast);
    const channel = await connected(address, fast);
    const call = channel.request("never");
    expect(await channel.request(1)).toBe(1);
    child.kill("SIGSTOP");
    await expect(call).rejects.toMatchObject({
      cause: { code: "ERR_CHANNEL_HEARTBEAT", message: expect.stringContaining("does not answer either") },
    });
  });

  it("is not given up while it only computes", async () => {
    const { address } = await peer(patient);
    const channel = await connected(address, patient);
    expect(await channel.request({ busyMs: 5000 })).toStrictEqual({ busyMs: 5000 });
    expect(channel.isOpen).toBe(true);
  });

  it("is not given up while its process answers now and then, and is when that has ceased", async () => {
    const accepted: Channel[] = [];
    const listener = await listen("tcp://127.0.0.1:0", (channel) => void accepted.push(channel), fast);
    onTestFinished(() => listener.close());
    const key = randomBytes(16);
    const answerer = createSocket("udp4").bind(0, "127.0.0.1");
    onTestFinished(() => void answerer.close());
    await once(answerer, "listening");
    let questions = 0;
    let answers = true;
    answerer.on("message", (_asked, { address, port }) => {
      // The main thread has never turned meanwhile.
      if (++questions % 3 === 0 && answers) answerer.send(Buffer.concat([key, Buffer.alloc(4)]), port, address);
    });
    const client = await rawClient(listener.address);
    onTestFinished(() => void client.destroy());
    const pulse = { port: answerer.address().port, key: key.toString("hex") };
    const hello = Buffer.from(JSON.stringify({ cosimas: 1, codec: "msgpack", pulse }));
    client.write(Buffer.concat([Buffer.from([0, 0, 0, hello.length]), hello]));
    // Three times what it takes to give up a peer.
    await vi.waitFor(() => expect(questions).toBeGreaterThan(18), SOON);
    expect(accepted[0]!.isOpen).toBe(true);
    answers = false;
    await expect(accepted[0]!.closed).resolves.toMatchObject({
      code: "ERR_CHANNEL_HEARTBEAT",
      message: expect.stringContaining("does not answer either"),
    });
  });

  it("is not given up while this side computes", async () => {
    const { address } = await peer(patient);
    const channel = await connected(address, patient);
    const endMs = performance.now() + 5000;
    while (performance.now() < endMs);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await channel.request(1)).toBe(1);
  });

  it("leaves calls to their deadlines without a heartbeat, and is known at a close", async () => {
    const { proxy, client } = await proxied({ limits: { callTimeoutMs: 200 } });
    proxy.faults.halfOpen = true;
    await expect(client.request(1)).rejects.toMatchObject({ code: "ERR_CHANNEL_TIMEOUT" });
    await client.close();
  });
});

describe("F03: a slow peer", () => {
  it("times out one call; its late reply is dropped and counted, and the channel goes on", async () => {
    const { client, held } = await proxied();
    await expect(client.request("hold", { timeoutMs: 30 })).rejects.toMatchObject({ code: "ERR_CHANNEL_TIMEOUT" });
    await vi.waitFor(() => expect(held).toHaveLength(1), SOON);
    held[0]?.reply("late");
    expect(await client.request("next")).toBe("next");
    expect([client.lateReplies, client.isOpen]).toStrictEqual([1, true]);
  });

  it("is waited for when the network is slow, cuts bytes apart, or stalls", async () => {
    const { proxy, client } = await proxied();
    proxy.faults.delayMs = 20;
    expect(await client.request("delayed")).toBe("delayed");
    proxy.faults.delayMs = 0;
    proxy.faults.slice = true;
    const contents = Array.from({ length: 20 }, (_, index) => "x".repeat(index));
    expect(await Promise.all(contents.map((content) => client.request(content)))).toStrictEqual(contents);
    proxy.faults.slice = false;
    proxy.faults.stall = true;
    const call = client.request("stalled", { timeoutMs: 60_000 });
    const slow = client.request("times out", { timeoutMs: 50 });
    await expect(slow).rejects.toMatchObject({ code: "ERR_CHANNEL_TIMEOUT" });
    proxy.faults.stall = false;
    expect(await call).toBe("stalled");
  });

  it("does not mix up connections whose bytes overtake each other", async () => {
    const { proxy, client } = await proxied();
    const second = await connected(proxy.address);
    expect(await second.request(0)).toBe(0);
    proxy.faults.reorder = 2;
    for (let n = 0; n < 50; n++) {
      expect(await Promise.all([client.request(`a${n}`), second.request(`b${n}`)])).toStrictEqual([`a${n}`, `b${n}`]);
    }
    proxy.faults.reorder = 0;
  });
});

/** A raw client of a listener that also has a good client. */
async function besideAGoodOne(options: ChannelOptions = {}) {
  const listener = await listen("tcp://127.0.0.1:0", (channel) => channel.serve((r) => r.reply(r.content)), options);
  onTestFinished(() => listener.close());
  const good = await connected(listener.address, options);
  expect(await good.request(1)).toBe(1);
  const [server] = listener.channels;
  const bad = await rawClient(listener.address);
  onTestFinished(() => void bad.destroy());
  await vi.waitFor(() => expect(listener.channels.size).toBe(2), SOON);
  const badServer = [...listener.channels].find((channel) => channel !== server)!;
  return { bad, badServer, good };
}

const frame = (payload: string) => {
  const bytes = Buffer.from(payload, "hex");
  const header = Buffer.alloc(4);
  header.writeUInt32BE(bytes.length);
  return Buffer.concat([header, bytes]);
};

describe.each([
  ["F05: a corrupt frame", frame("c1c1c1"), "ERR_CHANNEL_FRAME"],
  ["F06: an oversize frame", Buffer.from("01000001", "hex"), "ERR_CHANNEL_FRAME_BYTES"],
  ["F07: deep nesting", frame(`930000${"91".repeat(70)}c0`), "ERR_CHANNEL_FRAME"],
  ["F07: endless nesting", frame(`930000${"91".repeat(200_000)}c0`), "ERR_CHANNEL_FRAME"],
  ["F08: an unknown reply id", frame("930107c0"), "ERR_CHANNEL_REPLY_ID"],
  ["F10: an unknown message type", frame("930900c0"), "ERR_CHANNEL_MESSAGE"],
])("%s", (_name, bytes, code) => {
  it("closes the connection on which it came, with the reason, and no other", async () => {
    const { bad, badServer, good } = await besideAGoodOne();
    const pending = badServer.request("never answered");
    bad.resume();
    bad.write(bytes);
    await expect(pending).rejects.toMatchObject({ code: "ERR_CHANNEL_CLOSED", cause: { name: "ProtocolError", code } });
    expect(await badServer.closed).toMatchObject({ code, peer: badServer.peer });
    if (!bad.closed) await once(bad, "close");
    expect(await good.request("still here")).toBe("still here");
  });
});

describe("F06: an oversize frame", () => {
  it("is refused where it would be sent, too", async () => {
    const { client } = await proxied({ limits: { frameBytesMax: 1000 } });
    await expect(client.request(new Uint8Array(1000))).rejects.toMatchObject({ code: "ERR_CHANNEL_FRAME_BYTES" });
    expect(await client.request(1)).toBe(1);
  });
});

describe("F08, F09: replies that nobody waits for", () => {
  it("are dropped and counted when they come twice", async () => {
    const { proxy, client } = await proxied();
    proxy.faults.duplicate = true;
    for (let n = 0; n < 10; n++) expect(await client.request(n)).toBe(n);
    await vi.waitFor(() => expect(client.lateReplies).toBe(10), SOON);
    proxy.faults.duplicate = false;
    expect(await client.request("on")).toBe("on");
  });

  it("never settle a later call, whatever id they have", async () => {
    const { channel, send, close } = await raw();
    onTestFinished(close);
    const calls = Array.from({ length: 300 }, () => channel.request(0));
    calls[5]?.catch(() => {});
    send(...Array.from({ length: 300 }, (_, id) => `9301cd${id.toString(16).padStart(4, "0")}01`));
    await Promise.all(calls);
    const late = channel.request(0, { timeoutMs: 60_000 });
    // Ids that a table of 64 to 256 places would take for that of the call that waits.
    send("9301cd002c02", "9301ccec02", "93010002", "93012c02", "9301cd012c03");
    expect(await late).toBe(3);
    expect(channel.lateReplies).toBe(4);
  });
});

describe("F11: another version in the hello", () => {
  const hello = (version: number) =>
    frame(Buffer.from(JSON.stringify({ cosimas: version, codec: "msgpack" })).toString("hex"));

  it("gives both sides a VersionError with both versions, before anything else", async () => {
    const refused: unknown[] = [];
    const onChannel = vi.fn();
    const options = { hello: {}, onRefused: (error: unknown) => refused.push(error) };
    const listener = await listen("tcp://127.0.0.1:0", onChannel, options);
    onTestFinished(() => listener.close());
    const client = await rawClient(listener.address);
    client.write(hello(2));
    const [answer] = (await once(client, "data")) as [Buffer];
    expect(JSON.parse(answer.subarray(4).toString())).toMatchObject({ cosimas: 1, accepted: false });
    await vi.waitFor(() => expect(refused).toHaveLength(1), SOON);
    expect(refused[0]).toBeInstanceOf(VersionError);
    expect(refused[0]).toMatchObject({ code: "ERR_CHANNEL_VERSION", ownVersion: 1, peerVersion: 2 });
    expect(onChannel).not.toHaveBeenCalled();
  });

  it("is found out by the side that connects, too", async () => {
    const { createServer } = await import("node:net");
    const server = createServer(
      (socket) => void socket.on("error", () => {}).once("data", () => socket.write(hello(7))),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    await expect(open(`tcp://127.0.0.1:${port}`, { hello: {} })).rejects.toMatchObject({
      name: "VersionError",
      code: "ERR_CHANNEL_VERSION",
      ownVersion: 1,
      peerVersion: 7,
    });
  });
});

describe("F17: a port in use", () => {
  it("is named", async () => {
    const { address } = await peer();
    const refused = { code: "ERR_CHANNEL_ADDRESS_IN_USE", peer: address, message: expect.stringContaining(address) };
    await expect(listen(address, () => {})).rejects.toMatchObject(refused);
    await expect(listen(address.replace("tcp", "ws"), () => {})).rejects.toMatchObject({ code: refused.code });
  });
});

describe("F19: a storm of connections", () => {
  it("is capped; silent ones make room and end in time, and an honest client gets through", async () => {
    const limits = { handshakesMax: 128, handshakeTimeoutMs: 2000 };
    const hello = { token: "secret" };
    const listener = await listen("tcp://127.0.0.1:0", (channel) => channel.serve((r) => r.reply(r.content)), {
      hello,
      limits,
    });
    onTestFinished(() => listener.close());
    const sockets = await Promise.all(Array.from({ length: 1000 }, () => rawClient(listener.address)));
    for (const socket of sockets) socket.resume();
    const open1 = () => sockets.filter((socket) => !socket.closed).length;
    await vi.waitFor(() => expect(open1()).toBeLessThanOrEqual(128), SOON);
    const client = await connected(listener.address, { hello });
    expect(await client.request("let in")).toBe("let in");
    await vi.waitFor(() => expect(open1()).toBe(0), SOON);
    expect(listener.refused).toBe(1000);
    expect(listener.channels.size).toBe(1);
    expect(await client.request("still in")).toBe("still in");
  });

  it("is capped on a wire without hello by the number of connections", async () => {
    const limits = { connectionsMax: 10 };
    const listener = await listen("tcp://127.0.0.1:0", (channel) => channel.serve((r) => r.reply(r.content)), {
      limits,
    });
    onTestFinished(() => listener.close());
    const first = await connected(listener.address);
    expect(await first.request(1)).toBe(1);
    const sockets = await Promise.all(Array.from({ length: 30 }, () => rawClient(listener.address)));
    for (const socket of sockets) socket.resume();
    await vi.waitFor(() => expect(sockets.filter((socket) => socket.closed)).toHaveLength(21), SOON);
    expect([listener.channels.size, listener.refused]).toStrictEqual([10, 21]);
    expect(await first.request(2)).toBe(2);
    for (const socket of sockets) socket.destroy();
    await vi.waitFor(() => expect(listener.channels.size).toBe(1), SOON);
    expect(await (await connected(listener.address)).request(3)).toBe(3);
  });
});

describe("F20: a client that never reads", () => {
  it("costs no more than the bound, and is closed", async () => {
    const limits = { sendQueueBytesMax: 1_000_000, sendTimeoutMs: 500 };
    const { bad, badServer, good } = await besideAGoodOne({ limits });
    bad.pause();
    badServer.serve((request) => request.reply("x".repeat(100_000)));
    const ask = frame("930001c0");
    let most = 0;
    while (badServer.isOpen) {
      bad.write(Buffer.concat(Array.from({ length: 10 }, () => ask)));
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, badServer.queuedBytes);
    }
    expect(most).toBeLessThanOrEqual(1_000_000 + 100_000 + 20); // the answer of what ran already goes on top
    expect(await badServer.closed).toMatchObject({ code: "ERR_CHANNEL_SEND_QUEUE", peer: badServer.peer });
    expect(await good.request("still here")).toBe("still here");
  });
});

describe("F20: a frame larger than the send queue", () => {
  it("goes alone, and not behind another", async () => {
    const { bad, badServer, good } = await besideAGoodOne({ limits: { sendQueueBytesMax: 1_000_000 } });
    bad.pause();
    // More than the buffers of the operating system take.
    const alone = badServer.request("x".repeat(15_000_000));
    await expect(badServer.request("behind")).rejects.toMatchObject({ code: "ERR_CHANNEL_SEND_QUEUE" });
    expect(badServer.isOpen).toBe(true);
    bad.destroy();
    await expect(alone).rejects.toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
    expect(await good.request("x".repeat(3_000_000))).toHaveLength(3_000_000);
  });
});

describe("F25: a reply to a connection that has closed", () => {
  it("goes nowhere, and throws nothing", async () => {
    const { proxy, client, held, servers } = await proxied();
    const calls = Array.from({ length: 10 }, () => client.request("hold"));
    await vi.waitFor(() => expect(held).toHaveLength(10), SOON);
    proxy.reset();
    expect(new Set(await codes(calls))).toStrictEqual(new Set(["ERR_CHANNEL_CLOSED"]));
    await servers[0]?.closed;
    for (const request of held) request.reply("too late");
    const again = await connected(proxy.address);
    expect(await again.request("on")).toBe("on");
  });
});
