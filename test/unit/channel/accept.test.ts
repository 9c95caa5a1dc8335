import { describe, expect, it, onTestFinished } from "vitest";
import { accept, type Channel, type FailureFormat, open } from "../../../src/channel/index.ts";
import { RemoteError } from "../../../src/errors.ts";
import { rawClient } from "../../support/connected.ts";

/** A channel that was accepted, and one that connected to it; failures are numbers. */
const NUMBERS: FailureFormat = {
  form: "a number",
  accepts: (content) => typeof content === "number",
  write: (error) => (error as Error).message.length,
  read: (content, details) => new RemoteError("ERR_REMOTE", "Numbered", String(content), details),
};

async function pair(options: { failures?: FailureFormat } = {}): Promise<[Channel, Channel, string]> {
  let listening: (address: string) => void = () => {};
  const where = new Promise<string>((resolve) => {
    listening = resolve;
  });
  const accepted = accept("tcp://127.0.0.1:0", { ...options, timeoutMs: 5000, onListening: listening });
  const address = await where;
  const [left, right] = await Promise.all([open(address, options), accepted]);
  onTestFinished(async () => void (await Promise.all([left.close(), right.close()])));
  return [left, right, address];
}

describe("accept", () => {
  it("gives the channel of the first that connects, and frees the address", async () => {
    const [left, right, address] = await pair();
    right.serve((request) => request.reply(request.content));
    expect(await left.request("hello")).toBe("hello");
    await expect(open(address)).rejects.toMatchObject({ code: "ERR_CHANNEL_CONNECT" });
    const next = accept(address, { timeoutMs: 5000 });
    const client = await rawClient(address);
    const again = await next;
    client.destroy();
    await again.closed;
  });

  it("waits as long as it was told", async () => {
    await expect(accept("tcp://127.0.0.1:0", { timeoutMs: 20 })).rejects.toMatchObject({
      name: "ChannelError",
      code: "ERR_CHANNEL_ACCEPT_TIMEOUT",
      message: expect.stringMatching(/^nobody has connected to tcp:\/\/127\.0\.0\.1:\d+ within 20 ms$/),
    });
  });

  it("refuses an address beyond loopback unless told otherwise", async () => {
    const waiting = accept("tcp://0.0.0.0:0", { timeoutMs: 20 });
    await expect(waiting).rejects.toMatchObject({ code: "ERR_CHANNEL_INSECURE" });
    const insecure = accept("tcp://0.0.0.0:0", { timeoutMs: 20, insecure: true });
    await expect(insecure).rejects.toMatchObject({ code: "ERR_CHANNEL_ACCEPT_TIMEOUT" });
  });
});

describe("failures", () => {
  it("are written and read as the channel's format says", async () => {
    const [left, right] = await pair({ failures: NUMBERS });
    right.serve((request) => request.fail(new Error("four")));
    await expect(left.request(1, { method: "m" })).rejects.toMatchObject({
      name: "RemoteError",
      remoteName: "Numbered",
      message: "4",
      method: "m",
    });
  });

  it("of another form are a fault of the peer", async () => {
    const failures = { ...NUMBERS, write: () => "four" };
    let listening: (address: string) => void = () => {};
    const where = new Promise<string>((resolve) => {
      listening = resolve;
    });
    const accepted = accept("tcp://127.0.0.1:0", { failures, timeoutMs: 5000, onListening: listening });
    const [left, right] = await Promise.all([open(await where, { failures: NUMBERS }), accepted]);
    right.serve((request) => request.fail(new Error("four")));
    await expect(left.request(1)).rejects.toMatchObject({
      code: "ERR_CHANNEL_CLOSED",
      cause: { code: "ERR_CHANNEL_MESSAGE", message: expect.stringContaining("not a number") },
    });
    await right.closed;
  });
});
