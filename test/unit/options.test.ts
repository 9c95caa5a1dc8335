import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import {
  anything,
  boolean,
  checkArgument,
  checkOptions,
  either,
  func,
  LIMITS,
  listOf,
  nearest,
  nested,
  number,
  object,
  oneOf,
  required,
  shown,
  signal,
  string,
  suggestion,
  text,
  token,
  withMethods,
} from "../../src/options.ts";

const checks = {
  codec: either(oneOf(["msgpack", "json"]), withMethods("a Codec", "encode", "decode")),
  retryMs: number({ min: 0, infinite: true, unit: "milliseconds" }),
  seed: number({ integer: true, above: -1, max: 10 }),
  progress: either(boolean, func),
  signal,
  hello: nested({ token, heartbeat: boolean }),
  names: listOf(text),
  note: string,
  limits: LIMITS,
  cache: anything,
  made: object,
};
const check = (options: unknown) => () => checkOptions("rpc.serve", options as object, checks as never);

describe("options", () => {
  it.each([
    [undefined],
    [{}],
    [{ codec: undefined, retryMs: undefined }],
    [{ codec: "json", retryMs: 0, seed: 0, progress: false, signal: new AbortController().signal, note: "" }],
    [{ codec: { encode() {}, decode() {} }, retryMs: Infinity, progress: () => {}, names: [], hello: {}, cache: null }],
    [{ hello: { token: "x", heartbeat: true }, names: ["a"], made: class A {} }],
    [{ limits: { frameBytesMax: 2 ** 32 - 1, integerDigitsMax: 0, callTimeoutMs: Infinity, heartbeatMs: 0.5 } }],
    [{ limits: DEFAULT_LIMITS }],
  ])("are taken: %o", (options) => {
    expect(check(options)).not.toThrow();
  });

  it.each([
    [{ retry_ms: 5 }, `rpc.serve: there is no option "retry_ms"; did you mean "retryMs"?`],
    [{ seeed: 5 }, `rpc.serve: there is no option "seeed"; did you mean "seed"?`],
    [{ sede: undefined }, `rpc.serve: there is no option "sede"; did you mean "seed"?`],
    [{ hello: { tokn: "x" } }, `rpc.serve: there is no option "tokn" in hello; did you mean "token"?`],
    [{ limits: { frameByteMax: 5 } }, `there is no option "frameByteMax" in limits; did you mean "frameBytesMax"?`],
    [{ quite: 1 }, `there is no option "quite"; there are codec, retryMs, seed, progress, signal, hello, names, note,`],
    [{ constructor: 1 }, `there is no option "constructor"`],
  ])("are refused by name: %o", (options, message) => {
    expect(check(options)).toThrow(TypeError);
    expect(check(options)).toThrow(message);
    expect(check(options)).toThrow(expect.objectContaining({ code: "ERR_OPTION_UNKNOWN" }));
  });

  it.each([
    [7, "rpc.serve: options must be an object, got 7"],
    [null, "options must be an object, got null"],
    [[], "options must be an object, got an array of 0"],
    [
      { codec: "MsgPack" },
      `codec must be one of "msgpack", "json", or a Codec, got "MsgPack"; did you mean "msgpack"?`,
    ],
    [{ codec: {} }, "or a Codec, got an object"],
    [{ retryMs: "5" }, `retryMs must be a number >= 0 milliseconds, or Infinity, got "5"`],
    [{ progress: 1 }, "progress must be true or false, or a function, got 1"],
    [{ signal: true }, "signal must be an AbortSignal, got true"],
    [{ hello: "secret" }, "hello must be an object"],
    [{ hello: { token: "" } }, "hello.token must be a token, which is a string and not empty"],
    [{ hello: { heartbeat: null } }, "hello.heartbeat must be true or false, got null"],
    [{ names: "a" }, "names must be an array, of a string that is not empty each"],
    [{ names: ["a", undefined] }, "names[1] must be a string that is not empty, got undefined"],
    [{ note: new Map() }, "note must be a string, got an instance of Map"],
    [{ made: [] }, "made must be an object"],
    [{ limits: 5 }, "limits must be an object, got 5"],
    [{ limits: { pendingCallsMax: 3n } }, "limits.pendingCallsMax must be an integer >= 1, got 3n"],
  ])("are refused by kind: %o", (options, message) => {
    expect(check(options)).toThrow(message);
    expect(check(options)).toThrow(expect.objectContaining({ name: "TypeError", code: "ERR_OPTION_TYPE" }));
  });

  it.each([
    [{ retryMs: Number.NaN }, "retryMs must be a number >= 0 milliseconds, or Infinity, got NaN"],
    [{ retryMs: -1 }, "got -1"],
    [{ seed: 1.5 }, "seed must be an integer > -1 and <= 10, got 1.5"],
    [{ seed: 11 }, "got 11"],
    [{ seed: -1 }, "got -1"],
    [
      { limits: { frameBytesMax: Number.NaN } },
      "limits.frameBytesMax must be an integer >= 1 and <= 4294967295, got NaN",
    ],
    [{ limits: { frameBytesMax: 2 ** 32 } }, "limits.frameBytesMax"],
    [{ limits: { pendingCallsMax: Infinity } }, "limits.pendingCallsMax must be an integer >= 1, got Infinity"],
    [{ limits: { handshakesMax: 0 } }, "limits.handshakesMax"],
    [{ limits: { heartbeatMs: 0 } }, "limits.heartbeatMs must be a finite number > 0 milliseconds, got 0"],
    [{ limits: { connectTimeoutMs: Infinity } }, "limits.connectTimeoutMs"],
  ])("are refused by range: %o", (options, message) => {
    expect(check(options)).toThrow(message);
    expect(check(options)).toThrow(expect.objectContaining({ name: "RangeError", code: "ERR_OPTION_RANGE" }));
  });

  it("show no secret", () => {
    expect(check({ hello: { token: 1234 } })).toThrow(/^(?!.*1234)/);
  });

  it("may not be left out where they are required", () => {
    const module = { module: required(text) };
    expect(() => checkOptions("Platform.create", {} as { module?: string }, module)).toThrow("module must be a string");
    expect(() => checkOptions("Platform.create", { module: "a" }, module)).not.toThrow();
  });

  it("are checked as arguments, too", () => {
    const until = number({ min: 0, unit: "seconds" });
    expect(() => checkArgument("world.run", "until", undefined, until)).toThrow(
      "world.run: until must be a finite number >= 0 seconds, got undefined",
    );
    expect(() => checkArgument("world.run", "until", 5, until)).not.toThrow();
  });
});

describe("the nearest name", () => {
  const known = ["rtFactor", "timeResolution", "simId", "until", "heartbeatMs", "a"];
  it.each([
    ["rt_factor", "rtFactor"],
    ["time-resolution", "timeResolution"],
    ["sim_id", "simId"],
    ["untill", "until"],
    ["utnil", "until"],
    ["hartbeatMs", "heartbeatMs"],
    ["b", "a"],
    ["stepSize", undefined],
    ["x".repeat(10_000), undefined],
  ])("of %s is %s", (name, near) => {
    expect(nearest(name, known)).toBe(near);
  });

  it("is told, or all are", () => {
    expect(suggestion("simid", known)).toBe('did you mean "simId"?');
    expect(suggestion("stepSize", ["a", "b"])).toBe("there are a, b");
    expect(suggestion("a", [])).toBe("there are none");
  });
});

describe("a value in a message", () => {
  it.each([
    ["x".repeat(100), `"${"x".repeat(60)}"…`],
    [Symbol("a"), "a symbol"],
    [-0, "-0"],
    [Object.create(null), "an object"],
    [() => {}, "a function"],
    [function named() {}, "the function named"],
    [new (class Grid {})(), "an instance of Grid"],
  ])("is %s", (value, told) => {
    expect(shown(value)).toBe(told);
  });
});
