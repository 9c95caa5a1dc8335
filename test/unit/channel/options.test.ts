import { describe, expect, it } from "vitest";
import { accept, createCodec, listen, open } from "../../../src/channel/index.ts";
import { connect, serve } from "../../../src/rpc/index.ts";

/** Options are refused when they are given: nothing listens, nothing connects. */
const AT = "tcp://127.0.0.1:0";
const service = { add: (a: number, b: number) => a + b };
const everywhere: Readonly<Record<string, (options: object) => Promise<unknown>>> = {
  "channel.listen": (options) => listen(AT, () => {}, options),
  "channel.accept": (options) => accept(AT, { timeoutMs: 100, ...options }),
  "channel.open": (options) => open(AT, options),
  "rpc.serve": (options) => serve(AT, service, options),
  "rpc.connect": (options) => connect(AT, options),
};

describe.each(Object.entries(everywhere))("%s", (name, start) => {
  it.each([
    [{ codec: "MsgPack" }, /codec must be one of .*did you mean "msgpack"/],
    [{ helo: {} }, /there is no option "helo"; did you mean "hello"/],
    [{ hello: { token: "" } }, /hello.token must be a token, which is a string and not empty/],
    [{ limits: { frameBytesMax: Number.NaN } }, /limits.frameBytesMax must be an integer >= 1/],
    [{ limits: { frameByteMax: 100 } }, /did you mean "frameBytesMax"/],
    [{ tls: { cafile: "a", certfile: "b" } }, /tls.keyfile must be a string that is not empty, got undefined/],
    [{ types: [5] }, /types\[0\] must be a ValueType/],
  ])("refuses %o", async (options, message) => {
    await expect(start(options)).rejects.toThrow(message);
    await expect(start(options)).rejects.toThrow(name);
  });
});

describe("one side alone", () => {
  it.each([
    ["rpc.serve", { onConnection: 5 }, /onConnection must be a function/],
    ["rpc.serve", { reconnect: {} }, /there is no option "reconnect"/],
    ["channel.listen", { origins: "https://grid.example" }, /origins must be an array/],
    ["rpc.connect", { reconnect: { whileLost: "wait" } }, /reconnect.whileLost must be one of "fail", "hold"/],
    ["rpc.connect", { reconnect: { attemptsMax: 0 } }, /reconnect.attemptsMax must be a number >= 1/],
    ["channel.open", { retryMs: Number.NaN }, /retryMs must be a number >= 0 milliseconds/],
    ["channel.open", { backoff: { factor: 0.5 } }, /backoff.factor must be a finite number >= 1/],
    ["channel.open", { signal: true }, /signal must be an AbortSignal/],
    ["channel.accept", { timeoutMs: 0 }, /timeoutMs must be a finite number > 0 milliseconds/],
  ])("%s refuses %o", async (name, options, message) => {
    await expect(everywhere[name]!(options)).rejects.toThrow(message);
  });

  it("createCodec refuses a name and a bound", () => {
    expect(() => createCodec("JSON" as never)).toThrow(/did you mean "json"/);
    expect(() => createCodec("json", { limits: { nestingMax: Number.NaN, nodesMax: 5 } })).toThrow(RangeError);
  });
});
