import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type Channel, listen, open } from "../../../src/channel/index.ts";
import { rawClient } from "../../support/connected.ts";

/** Listens, says where, and accepts nobody. */
const DEAF = `
  const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    require("node:fs").writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

describe("listen", () => {
  it("takes a free port and says which", async () => {
    const listener = await listen("tcp://127.0.0.1:0", () => {});
    onTestFinished(() => listener.close());
    expect(listener.address).toMatch(/^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/);
  });

  it("refuses an address in use, and names it", async () => {
    const first = await listen("tcp://127.0.0.1:0", () => {});
    onTestFinished(() => first.close());
    await expect(listen(first.address, () => {})).rejects.toMatchObject({
      name: "ChannelError",
      code: "ERR_CHANNEL_ADDRESS_IN_USE",
      peer: first.address,
      message: expect.stringContaining(first.address),
    });
  });

  it.each(["tcp://0.0.0.0:0", "tcp://[::]:0", "tcp://192.0.2.1:0", "tcp://example.org:0"])(
    "refuses %s unless told otherwise",
    async (address) => {
      await expect(listen(address, () => {})).rejects.toMatchObject({ code: "ERR_CHANNEL_INSECURE" });
    },
  );

  it("listens beyond loopback if told so", async () => {
    const listener = await listen("tcp://0.0.0.0:0", () => {}, { insecure: true });
    onTestFinished(() => listener.close());
    expect(listener.address).toMatch(/^tcp:\/\/0\.0\.0\.0:/);
  });

  it("reports an address that this machine does not have", async () => {
    await expect(listen("tcp://192.0.2.1:0", () => {}, { insecure: true })).rejects.toMatchObject({
      code: "ERR_CHANNEL_LISTEN",
    });
  });

  it("closes its channels, frees the address, and may close twice", async () => {
    const listener = await listen("tcp://127.0.0.1:0", (channel) => channel.serve(() => {}));
    const channel = await open(listener.address);
    const call = channel.request(1).catch((error) => error.code);
    await Promise.all([listener.close(), listener.close()]);
    expect(await call).toBe("ERR_CHANNEL_CLOSED");
    expect(listener.channels.size).toBe(0);
    const again = await listen(listener.address, () => {});
    await again.close();
  });

  it("closes a channel that its callback did not want", async () => {
    const listener = await listen("tcp://127.0.0.1:0", () => {
      throw new Error("not you");
    });
    onTestFinished(() => listener.close());
    const socket = await rawClient(listener.address);
    socket.resume();
    await once(socket, "close");
    await vi.waitFor(() => expect(listener.channels.size).toBe(0));
  });
});

describe("open", () => {
  it("reports that nobody listens, and leaves nothing behind", async () => {
    const listener = await listen("tcp://127.0.0.1:0", () => {});
    await listener.close();
    await expect(open(listener.address)).rejects.toMatchObject({
      name: "ChannelError",
      code: "ERR_CHANNEL_CONNECT",
      peer: listener.address,
      message: expect.stringContaining("ECONNREFUSED"),
    });
    const again = await listen(listener.address, () => {});
    onTestFinished(() => again.close());
    const channel = await open(listener.address);
    await channel.close();
  });

  it("gives up after limits.connectTimeoutMs", async () => {
    const child = spawn(process.execPath, ["-e", DEAF], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [port] = (await once(child.stdout, "data")) as [Buffer];
    // The operating system takes a few connections before it stops answering.
    const opened: Channel[] = [];
    onTestFinished(async () => void (await Promise.all(opened.map((channel) => channel.close()))));
    const tries = Array.from({ length: 8 }, () => {
      const opening = open(`tcp://127.0.0.1:${port}`, { limits: { connectTimeoutMs: 100 } });
      return opening.then(
        (channel) => void opened.push(channel),
        (error) => error.code,
      );
    });
    const outcomes = await Promise.all(tries);
    child.kill("SIGKILL"); // else it holds up the close of what was opened
    expect(outcomes).toContain("ERR_CHANNEL_CONNECT_TIMEOUT");
  });

  it("gives up when a signal aborts", async () => {
    const abort = new AbortController();
    const opening = open("tcp://127.0.0.1:9", { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
  });

  it("takes no malformed address", async () => {
    await expect(open("127.0.0.1:5555")).rejects.toThrow(TypeError);
    await expect(listen("5555", () => {})).rejects.toThrow(TypeError);
  });
});
