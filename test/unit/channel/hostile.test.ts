import { once } from "node:events";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type Channel, type ChannelOptions, listen, open } from "../../../src/channel/index.ts";
import { type Raw, raw, rawClient } from "../../support/connected.ts";

async function rawPeer(options?: ChannelOptions): Promise<Raw> {
  const peer = await raw(options);
  onTestFinished(peer.close);
  return peer;
}

describe("a peer that sends", () => {
  it.each([
    ["what cannot be decoded", "c1", "ERR_CHANNEL_FRAME"],
    ["an empty frame", "", "ERR_CHANNEL_FRAME"],
    ["an extension", "930000d6ff00000000", "ERR_CHANNEL_FRAME"],
    ["an object", "80", "ERR_CHANNEL_MESSAGE"],
    ["two items", "920000", "ERR_CHANNEL_MESSAGE"],
    ["four items", "9400000000", "ERR_CHANNEL_MESSAGE"],
    ["an unknown type", "930700c0", "ERR_CHANNEL_MESSAGE"],
    ["a text for a type", "93a13000c0", "ERR_CHANNEL_MESSAGE"],
    ["a negative id", "9301ffc0", "ERR_CHANNEL_MESSAGE"],
    ["a broken id", "9301cb3fe0000000000000c0", "ERR_CHANNEL_MESSAGE"],
    ["an id of 64 bits", "9301cfffffffffffffffffc0", "ERR_CHANNEL_MESSAGE"],
    ["an exception that is no text", "930200c0", "ERR_CHANNEL_MESSAGE"],
    ["a reply to what was never asked", "930101c0", "ERR_CHANNEL_REPLY_ID"],
  ])("%s is cut off, with the reason", async (_what, payload, code) => {
    const { channel, socket, send } = await rawPeer();
    const call = channel.request(1);
    send(payload, "930100a46c617465");
    await expect(call).rejects.toMatchObject({
      code: "ERR_CHANNEL_CLOSED",
      cause: { name: "ProtocolError", code, peer: channel.peer },
    });
    expect(await channel.closed).toMatchObject({ name: "ProtocolError", code });
    socket.resume();
    if (!socket.closed) await once(socket, "close");
  });

  it("a frame too long is cut off on its header", async () => {
    const { channel, socket } = await rawPeer({ limits: { frameBytesMax: 100 } });
    socket.write(Buffer.from([0, 0, 0, 101]));
    expect(await channel.closed).toMatchObject({ name: "ProtocolError", code: "ERR_CHANNEL_FRAME_BYTES" });
  });

  it("a header of 4 GiB costs nothing", async () => {
    const { channel, socket } = await rawPeer();
    socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    expect(await channel.closed).toMatchObject({ code: "ERR_CHANNEL_FRAME_BYTES" });
  });

  it("the same reply twice is forgiven, and counted", async () => {
    const { channel, send } = await rawPeer();
    const calls = [channel.request(1), channel.request(2)];
    send("93010001", "93010009", "930200a1", "93010102");
    await expect(calls[0]).resolves.toBe(1);
    await expect(calls[1]).rejects.toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
    expect(channel.lateReplies).toBe(1);
  });

  it("half a frame and then nothing leaves no call waiting", async () => {
    const { channel, socket } = await rawPeer();
    const call = channel.request(1);
    socket.end(Buffer.from([0, 0, 0, 9, 0x93]));
    await expect(call).rejects.toMatchObject({
      code: "ERR_CHANNEL_CLOSED",
      message: expect.stringContaining("within a frame"),
    });
  });

  it("a reset leaves no call waiting", async () => {
    const { channel, socket } = await rawPeer();
    const call = channel.request(1);
    socket.resetAndDestroy();
    await expect(call).rejects.toMatchObject({
      code: "ERR_CHANNEL_CLOSED",
      message: expect.stringContaining("ECONNRESET"),
    });
  });

  it("requests byte by byte is served", async () => {
    const { channel, socket } = await rawPeer();
    channel.serve((request) => request.reply(request.content));
    for (const byte of Buffer.from("0000000493000007", "hex")) {
      socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [chunk] = (await once(socket, "data")) as [Buffer];
    expect(chunk.toString("hex")).toBe("0000000493010007");
  });
});

describe("a peer that never reads", () => {
  it("makes own requests fail, and is cut off by replies, before memory runs out", async () => {
    const { channel, socket, send } = await rawPeer({ limits: { sendQueueBytesMax: 3_000_000, sendTimeoutMs: 500 } });
    socket.pause();
    channel.serve((request) => request.reply("x".repeat(900_000)));
    // The kernel takes some megabytes off the queue, so ask until it takes no more.
    const outcomes: Promise<string>[] = [];
    let last = "";
    for (let n = 0; n < 100 && last === ""; n++) {
      const call = channel.request("x".repeat(900_000)).catch((error) => (last = error.code));
      outcomes.push(call as Promise<string>);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(last).toBe("ERR_CHANNEL_SEND_QUEUE");
    expect(channel.isOpen).toBe(true);
    send("930000c0");
    expect(await channel.closed).toMatchObject({ code: "ERR_CHANNEL_SEND_QUEUE" });
    expect(new Set(await Promise.all(outcomes))).toStrictEqual(
      new Set(["ERR_CHANNEL_CLOSED", "ERR_CHANNEL_SEND_QUEUE"]),
    );
  });

  it("does not hold up a close for long", async () => {
    const { channel, socket } = await rawPeer();
    socket.pause();
    channel.request("x".repeat(8_000_000)).catch(() => {});
    const startMs = performance.now();
    await channel.close();
    expect(performance.now() - startMs).toBeLessThan(5000);
  });
});

describe("other connections of a listener", () => {
  it("are not disturbed by a hostile one", async () => {
    const channels: Channel[] = [];
    const listener = await listen("tcp://127.0.0.1:0", (channel) => {
      channels.push(channel);
      channel.serve((request) => request.reply(request.content));
    });
    onTestFinished(() => listener.close());
    const good = await open(listener.address);
    onTestFinished(() => good.close());
    const bad = await rawClient(listener.address);
    bad.write(Buffer.from("ffffffff00", "hex"));
    bad.resume();
    await once(bad, "close");
    expect(await good.request("still here")).toBe("still here");
    await vi.waitFor(() => expect(listener.channels.size).toBe(1));
    expect(channels).toHaveLength(2);
  });
});
