import { describe, expect, expectTypeOf, it, onTestFinished } from "vitest";
import { callWith, connect, kwargs, type Servable, serve } from "../../../src/rpc/index.ts";

async function connected<C>(service: Servable) {
  const server = await serve("tcp://127.0.0.1:0", service);
  const connection = await connect<C>(server.address);
  onTestFinished(async () => {
    await connection.close();
    await server.close();
  });
  return connection;
}

class Slow {
  static readonly exposed = ["wait", "open"] as const;
  static readonly parameters = { open: ["first", "**others"] };
  wait(n: number): Promise<number> {
    return n < 0 ? new Promise(() => {}) : Promise.resolve(n);
  }
  open(first: unknown, others: Record<string, unknown>): unknown {
    return [first, others];
  }
}

describe("functions as methods", () => {
  it("are called by their names, below others too, and take no keywords", async () => {
    const { remote } = await connected({
      add: (a: number, b: number) => a + b,
      inner: new Map([["mul", async (a: number, b: number) => a * b]]),
    });
    expect(await remote["add"](3, 4)).toBe(7);
    expect(await remote["inner"]["mul"](3, 4)).toBe(12);
    await expect(remote["add"](kwargs({ a: 1 }))).rejects.toMatchObject({ code: "ERR_RPC_ARGUMENTS" });
    await expect(remote["add"]["more"](1)).rejects.toMatchObject({ code: "ERR_RPC_NOT_FOUND" });
    await expect(remote["toFixed"](1)).rejects.toMatchObject({ code: "ERR_RPC_NOT_FOUND" });
  });
});

describe("a call with options of what stands below", () => {
  it("has them, and may have others", async () => {
    const connection = await connected<unknown>({ slow: new Slow() });
    const below = callWith(connection.remote, { timeoutMs: 50 })["slow"];
    await expect(below["wait"](-1)).rejects.toMatchObject({ code: "ERR_CHANNEL_TIMEOUT", method: "slow/wait" });
    expect(await callWith(below, { timeoutMs: 5000 })["wait"](4)).toBe(4);
    expect(await callWith(below["wait"], { timeoutMs: 5000 })(5)).toBe(5);
  });
});

describe("a class among the services", () => {
  it("is refused where it is given: an instance is served", async () => {
    await expect(serve("tcp://127.0.0.1:0", { slow: Slow })).rejects.toThrow(
      /"slow" is the class Slow; serve an instance/,
    );
  });
});

describe("open keyword arguments", () => {
  it("arrive as one object", async () => {
    const { remote } = await connected<unknown>(new Slow());
    expect(await remote["open"](1, kwargs({ a: 2 }))).toEqual([1, { a: 2 }]);
    expect(await remote["open"](kwargs({ first: 1, a: 2 }))).toEqual([1, { a: 2 }]);
    expect(await remote["open"](1)).toEqual([1, {}]);
    await expect(remote["open"](1, 2)).rejects.toMatchObject({ code: "ERR_RPC_ARGUMENTS" });
  });
});

describe("a call with options", () => {
  it("is typed as the call without, and has its own deadline and signal", async () => {
    const { remote } = await connected<typeof Slow>(new Slow());
    const quick = callWith(remote, { timeoutMs: 50 });
    expectTypeOf(quick.wait).toEqualTypeOf<(n: number) => Promise<number>>();
    expect(await quick.wait(3)).toBe(3);
    await expect(quick.wait(-1)).rejects.toMatchObject({ code: "ERR_CHANNEL_TIMEOUT", method: "wait" });
    const named = callWith(callWith(remote, { timeoutMs: 50 }), { signal: new AbortController().signal });
    await expect(named.wait(-1), "options add up").rejects.toMatchObject({ code: "ERR_CHANNEL_TIMEOUT" });
    expect(String(named)).toBe(String(remote));
    const end = new AbortController();
    const ended = callWith(remote, { signal: end.signal }).wait(-1);
    end.abort(new Error("enough"));
    await expect(ended).rejects.toThrow("enough");
  });

  it("needs a proxy of a connection, and options that there are", async () => {
    const { remote } = await connected<typeof Slow>(new Slow());
    expect(() => callWith({}, {})).toThrow(TypeError);
    expect(() => callWith(remote, { timeout: 5 } as never)).toThrow(/did you mean "timeoutMs"/);
    expect(() => callWith(remote, { timeoutMs: 0 })).toThrow(RangeError);
  });
});

describe("a proxy as a text", () => {
  it("names its path", async () => {
    const { remote } = await connected<unknown>(new Slow());
    expect([String(remote), `${remote["sub"]["mul"]}`]).toEqual(["[remote service]", "[remote sub/mul]"]);
  });
});
