import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { ChannelOptions, Request } from "../../src/channel/index.ts";
import { RemoteError } from "../../src/errors.ts";
import type { Connect, Connected } from "./connected.ts";

/** The error of a call that fails later than it is awaited. */
const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

/** What channels do over every transport. */
export function channelSuite(name: string, connect: Connect): void {
  describe(`channels over ${name}`, () => channelTests(connect));
}

function channelTests(connect: Connect): void {
  async function connected(options?: ChannelOptions): Promise<Connected> {
    const pair = await connect(options);
    onTestFinished(pair.close);
    return pair;
  }

  it.each(["msgpack", "json"] as const)("carry a request and its reply in %s, both ways", async (codec) => {
    const { left, right } = await connected({ codec });
    left.serve((request) => request.reply(["left", request.content]));
    right.serve((request) => request.reply(["right", request.content]));
    expect(await left.request({ a: [1, null] })).toStrictEqual(["right", { a: [1, null] }]);
    expect(await right.request(Number.NaN)).toStrictEqual(["left", Number.NaN]);
  });

  it("match replies with requests in any order", async () => {
    const { left, right, settled } = await connected();
    const held: Request[] = [];
    right.serve((request) => void held.push(request));
    const calls = [left.request("a"), left.request("b"), left.request("c")];
    while (held.length < 3) await new Promise((resolve) => setImmediate(resolve));
    for (const request of held.reverse()) request.reply(`${request.content}!`);
    expect(await Promise.all(calls)).toStrictEqual(["a!", "b!", "c!"]);
    right.serve((request) => request.reply(null));
    await settled();
    expect(left.pendingCalls).toBe(0);
  });

  it.each(["msgpack", "json"] as const)(
    "write in %s what sends something itself while it is written",
    async (codec) => {
      const { left, right } = await connected({ codec });
      right.serve((request) => request.reply(request.content));
      const inner: Promise<unknown>[] = [];
      const outer = (text: string) => ({
        get a() {
          inner.push(left.request(`in ${text}`));
          return text;
        },
      });
      const calls = [left.request("first"), left.request(outer("second")), left.request(outer("x".repeat(100_000)))];
      const bad = left.request([outer("third"), () => {}]);
      await expect(bad).rejects.toThrow(expect.objectContaining({ code: "ERR_VALUE_TYPE" }));
      const last = left.request("last");
      expect(await Promise.all(calls)).toStrictEqual(["first", { a: "second" }, { a: "x".repeat(100_000) }]);
      expect(await last).toBe("last");
      expect(await Promise.all(inner)).toContain("in second");
      expect(left.pendingCalls).toBe(0);
    },
  );

  it("hand out requests in the order in which they were made", async () => {
    const { left, right } = await connected();
    const seen: unknown[] = [];
    right.serve((request) => {
      seen.push(request.content);
      request.reply(null);
    });
    const big = "x".repeat(100_000);
    await Promise.all([1, big, 2, big, 3].map((content) => left.request(content)));
    expect(seen).toStrictEqual([1, big, 2, big, 3]);
  });

  it("keep what was sent as it was when it was sent", async () => {
    const { left, right } = await connected();
    right.serve((request) => request.reply(request.content));
    const content = { list: [1] };
    const call = left.request(content);
    content.list.push(2);
    expect(await call).toStrictEqual({ list: [1] });
  });

  it("bring failures back with code, name and message, without a stack", async () => {
    const { left, right } = await connected();
    right.serve((request) => request.fail(Object.assign(new RangeError("too far"), { code: "ERR_FAR" })));
    const error = await left.request(1, { method: "move" }).catch((reason) => reason);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({ code: "ERR_FAR", remoteName: "RangeError", message: "too far", method: "move" });
    expect(error.peer).toBe(left.peer);
  });

  it("make a failure of what the one who serves throws, or cannot send", async () => {
    const { left, right } = await connected({ limits: { frameBytesMax: 30_000 } });
    right.serve((request) => {
      if (request.content === "throw") throw new TypeError("thrown");
      request.reply(request.content === "function" ? { f: () => 1 } : "x".repeat(40_000));
    });
    await expect(left.request("throw")).rejects.toMatchObject({ remoteName: "TypeError", message: "thrown" });
    await expect(left.request("function")).rejects.toMatchObject({
      code: "ERR_VALUE_TYPE",
      message: expect.stringContaining("$.f: a function"),
    });
    await expect(left.request("long")).rejects.toMatchObject({ code: "ERR_CHANNEL_FRAME_BYTES" });
    await expect(left.request("throw")).rejects.toMatchObject({ remoteName: "TypeError" });
  });

  it("let only the first reply count", async () => {
    const { left, right, settled } = await connected();
    right.serve((request) => {
      request.reply(1);
      request.reply(2);
      request.fail(new Error("no"));
    });
    expect(await left.request(0)).toBe(1);
    await settled();
    expect(left.lateReplies).toBe(0);
  });

  it("refuse requests as long as nobody serves", async () => {
    const { left } = await connected();
    await expect(left.request(1)).rejects.toMatchObject({ code: "ERR_CHANNEL_NO_REQUESTS" });
  });

  it("refuse what cannot be sent, and stay usable", async () => {
    const { left, right } = await connected({ limits: { frameBytesMax: 20_000 } });
    right.serve((request) => request.reply(request.content));
    await expect(left.request([() => 1])).rejects.toMatchObject({ code: "ERR_VALUE_TYPE", path: "$[0]" });
    await expect(left.request("x".repeat(20_001))).rejects.toMatchObject({ code: "ERR_CHANNEL_FRAME_BYTES" });
    expect(await left.request(1)).toBe(1);
  });

  it("carry content of nestingMax levels, not of one more", async () => {
    const { left, right } = await connected({ limits: { nestingMax: 3 } });
    right.serve((request) => request.reply(request.content));
    expect(await left.request([[[1]]])).toStrictEqual([[[1]]]);
    await expect(left.request([[[[1]]]])).rejects.toMatchObject({ code: "ERR_VALUE_NESTING" });
  });

  it("drop and count a reply that comes after the deadline; other calls go on", async () => {
    const { left, right } = await connected();
    const held: Request[] = [];
    right.serve((request) => (request.content === "slow" ? held.push(request) : request.reply(request.content)));
    const slow = left.request("slow", { timeoutMs: 20, method: "wait" });
    await expect(slow).rejects.toMatchObject({
      code: "ERR_CHANNEL_TIMEOUT",
      method: "wait",
      message: expect.stringContaining("within 20 ms"),
    });
    // On a busy machine the deadline may come before the request.
    await vi.waitFor(() => expect(held).toHaveLength(1), 10_000);
    held[0]!.reply("late");
    expect(await left.request("next")).toBe("next");
    expect(left.lateReplies).toBe(1);
    expect(left.isOpen).toBe(true);
  });

  it("give every call the deadline of limits.callTimeoutMs", async () => {
    const { left, right } = await connected({ limits: { callTimeoutMs: 500 } });
    right.serve((request) => (request.content === "answer" ? request.reply(1) : undefined));
    const startMs = performance.now();
    const patient = failure(left.request("patient", { timeoutMs: Number.POSITIVE_INFINITY }));
    const call = left.request("never");
    expect(await left.request("answer")).toBe(1);
    await expect(call).rejects.toMatchObject({ code: "ERR_CHANNEL_TIMEOUT" });
    expect(performance.now() - startMs).toBeGreaterThan(490);
    expect(left.pendingCalls).toBe(1);
    await left.close();
    expect(await patient).toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
  });

  it("stop waiting when a signal aborts", async () => {
    const { left, right } = await connected();
    right.serve(() => {});
    const abort = new AbortController();
    const call = left.request(1, { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
    await expect(left.request(1, { signal: abort.signal })).rejects.toThrow("enough");
    expect(left.pendingCalls).toBe(0);
  });

  it.each([0, -1, Number.NaN])("take no deadline of %f ms", async (timeoutMs) => {
    const { left } = await connected();
    await expect(left.request(1, { timeoutMs })).rejects.toThrow(RangeError);
  });

  it("let no more calls wait than limits.pendingCallsMax", async () => {
    const { left, right } = await connected({ limits: { pendingCallsMax: 2 } });
    const held: Request[] = [];
    right.serve((request) => void held.push(request));
    const calls = [left.request(1), left.request(2)];
    await expect(left.request(3)).rejects.toMatchObject({ code: "ERR_CHANNEL_PENDING" });
    while (held.length < 2) await new Promise((resolve) => setImmediate(resolve));
    for (const request of held) request.reply(request.content);
    expect(await Promise.all(calls)).toStrictEqual([1, 2]);
  });

  it("handle no more requests at once than limits.openRequestsMax", async () => {
    const { left, right } = await connected({ limits: { openRequestsMax: 1 } });
    const held: Request[] = [];
    right.serve((request) => void held.push(request));
    const first = left.request(1);
    await expect(left.request(2)).rejects.toMatchObject({ code: "ERR_CHANNEL_BUSY" });
    held[0]!.reply("done");
    expect(await first).toBe("done");
  });

  it("settle every waiting call once when either side closes", async () => {
    const { left, right } = await connected();
    const held: Request[] = [];
    right.serve((request) => void held.push(request));
    left.serve(() => {});
    const mine = failure(left.request(1, { method: "offer" }));
    const theirs = failure(right.request(2));
    await new Promise((resolve) => setImmediate(resolve));
    await right.close();
    expect(await theirs).toMatchObject({
      code: "ERR_CHANNEL_CLOSED",
      message: expect.stringContaining("closed by this side"),
    });
    expect(await mine).toMatchObject({
      code: "ERR_CHANNEL_CLOSED",
      method: "offer",
      message: expect.stringContaining("by the peer"),
    });
    expect(await left.closed).toMatchObject({ code: "ERR_CHANNEL_CLOSED", peer: left.peer });
    await expect(left.request(3)).rejects.toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
    expect([left.isOpen, right.isOpen]).toStrictEqual([false, false]);
    expect([left.pendingCalls, right.pendingCalls]).toStrictEqual([0, 0]);
  });

  it("send what was replied before they close", async () => {
    const { left, right } = await connected();
    right.serve((request) => {
      request.reply("x".repeat(200_000));
      void right.close();
    });
    expect(await left.request(1)).toHaveLength(200_000);
  });

  it("let a reply after the end fall through without a throw", async () => {
    const { left, right } = await connected();
    let held: Request | undefined;
    right.serve((request) => {
      held = request;
    });
    left.request(1).catch(() => {});
    while (held === undefined) await new Promise((resolve) => setImmediate(resolve));
    await left.close();
    await right.closed;
    held.reply("too late");
    held.fail(new Error("too late"));
  });

  it("close twice as once", async () => {
    const { left } = await connected();
    await Promise.all([left.close(), left.close()]);
    await left.close();
  });
}
