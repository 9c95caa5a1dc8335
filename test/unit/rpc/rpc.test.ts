import { describe, expect, it, onTestFinished } from "vitest";
import { RpcError } from "../../../src/errors.ts";
import {
  type ConnectOptions,
  connect,
  kwargs,
  type RpcConnection,
  router,
  type Servable,
  type ServeOptions,
  serve,
} from "../../../src/rpc/index.ts";
import { Calculator, Sub } from "./services.ts";

async function connected<C = unknown>(
  service: Servable,
  options: ServeOptions & ConnectOptions = {},
): Promise<RpcConnection<C>> {
  const { service: _service, ...serving } = options;
  const { onConnection: _onConnection, ...connecting } = options;
  const server = await serve("tcp://127.0.0.1:0", service, serving);
  onTestFinished(() => server.close());
  return connect<C>(server.address, connecting);
}

describe("a remote service", () => {
  it.each(["msgpack", "json"] as const)("answers calls of exposed methods in %s", async (codec) => {
    const { remote } = await connected<typeof Calculator>(new Calculator(), { codec });
    expect(await remote.add(3, 4)).toBe(7);
    expect(await remote.aadd(1)).toStrictEqual([1, 2, 3]);
    expect(await remote.none()).toBeNull();
    expect(await remote.echo(undefined, [Number.NaN, 2n ** 60n])).toStrictEqual([null, [Number.NaN, 2n ** 60n]]);
  });

  it("answers many calls at once, each with its own result", async () => {
    const { remote } = await connected<typeof Calculator>(new Calculator());
    const sums = await Promise.all(Array.from({ length: 1000 }, (_, i) => remote.add(i, 1)));
    expect(sums).toStrictEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  });

  it.each([
    ["a plain object", { sub: new Sub(), d: { inner: new Sub() } }],
    ["a Map", new Map<string, Servable>([["sub", new Sub()], ["d", new Map([["inner", new Sub()]])]])], // biome-ignore format: one row
    ["routers", router({ sub: new Sub(), d: router({ inner: new Sub() }) })],
  ])("is found below names given as %s", async (_how, services) => {
    const { remote } = await connected<{ sub: typeof Sub; d: { inner: typeof Sub } }>(services);
    expect(await remote.sub.mul(6, 7)).toBe(42);
    expect(await remote.d.inner.mul(2, 3)).toBe(6);
  });

  it("stands beside the services below it", async () => {
    const services = router({ sub: new Sub() }, new Calculator());
    const { remote } = await connected<typeof Calculator & { sub: typeof Sub }>(services);
    expect(await Promise.all([remote.add(1, 2), remote.sub.mul(3, 4)])).toStrictEqual([3, 12]);
  });

  it("takes keyword arguments by the names of its parameters", async () => {
    const connection = await connected(new Calculator());
    expect(await connection.remote["add"](kwargs({ b: 4, a: 3 }))).toBe(7);
    expect(await connection.remote["aadd"](1, kwargs({ c: 9 }))).toStrictEqual([1, 2, 9]);
    const code = "ERR_RPC_ARGUMENTS";
    await expect(connection.remote["add"](1, kwargs({ a: 1 }))).rejects.toMatchObject({ code });
    await expect(connection.remote["add"](1, kwargs({ z: 1 }))).rejects.toMatchObject({ code });
    await expect(connection.remote["none"](kwargs({ a: 1 }))).rejects.toMatchObject({ code });
  });

  it("F22: fails a call with the code, name and message of what was thrown, and goes on", async () => {
    const { remote, peer } = await connected<typeof Calculator>(new Calculator());
    const failure = {
      name: "RemoteError",
      code: "ERR_BOOM",
      remoteName: "RangeError",
      message: "boom",
      method: "boom",
      peer,
    };
    await expect(remote.boom()).rejects.toMatchObject(failure);
    await expect(remote.unserializable()).rejects.toMatchObject({ code: "ERR_VALUE_TYPE", remoteName: "ValueError" });
    expect(await remote.add(1, 1)).toBe(2);
  });

  it("passes on the failure of a call that it made itself", async () => {
    const inner = await connected<typeof Calculator>(new Calculator());
    class Outer {
      static readonly exposed = ["relay"] as const;
      relay(): Promise<never> {
        return inner.remote.boom();
      }
    }
    const outer = await connected<typeof Outer>(new Outer());
    await expect(outer.remote.relay()).rejects.toMatchObject({
      code: "ERR_BOOM",
      remoteName: "RangeError",
      message: "boom",
    });
  });

  it("is told where in the arguments a value cannot be sent", async () => {
    const connection = await connected(new Calculator());
    const bad = { power: () => 1 };
    await expect(connection.call("add", [1, bad])).rejects.toMatchObject({
      name: "ValueError",
      path: "$.args[1].power",
    });
    await expect(connection.call("add", [kwargs({ a: bad })])).rejects.toMatchObject({ path: "$.kwargs.a.power" });
  });

  it("loses a call at its deadline, and no other", async () => {
    const connection = await connected<typeof Calculator>(new Calculator());
    await expect(connection.call("never", [], { timeoutMs: 20 })).rejects.toMatchObject({
      code: "ERR_CHANNEL_TIMEOUT",
      method: "never",
    });
    expect(await connection.remote.add(1, 1)).toBe(2);
  });

  it("rejects what waits when the server closes", async () => {
    const server = await serve("tcp://127.0.0.1:0", new Calculator());
    const connection = await connect<typeof Calculator>(server.address);
    const call = connection.remote.never().catch((error) => error);
    await connection.remote.none();
    await server.close();
    expect(await call).toMatchObject({ code: "ERR_CHANNEL_CLOSED", method: "never" });
    expect(await connection.closed).toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
    expect(connection.isOpen).toBe(false);
  });
});

describe("calls back", () => {
  class Client {
    static readonly exposed = ["name"] as const;
    name(n: number): string {
      return `Monty${n}`;
    }
  }

  it("go to the service that the client offers, while its own call waits", async () => {
    const resolver: Servable = {
      resolve: (path: readonly string[], from: RpcConnection) => {
        if (path[0] !== "callMe") throw new RpcError("ERR_RPC_NOT_FOUND", "no");
        return (args: unknown[]) => from.remote["name"](args[0]);
      },
    };
    const { remote } = await connected(resolver, { service: new Client() });
    expect(await remote["callMe"](1)).toBe("Monty1");
  });

  it("reach a client as soon as it has connected", async () => {
    let first: Promise<unknown> | undefined;
    const connection = await connected(new Calculator(), {
      service: new Client(),
      onConnection: (client) => {
        first = client.call("name", [2]);
      },
    });
    await connection.remote["none"]();
    expect(await first).toBe("Monty2");
  });

  it("fail if the client offers nothing", async () => {
    let first: Promise<unknown> | undefined;
    const connection = await connected(new Calculator(), {
      onConnection: (client) => {
        first = client.call("name", [2]).catch((error) => error.code);
      },
    });
    await connection.remote["none"]();
    expect(await first).toBe("ERR_RPC_NOT_FOUND");
  });
});

describe("a resolver", () => {
  it("finds methods when they are called, and gets arguments as they came", async () => {
    const seen: unknown[] = [];
    const { remote } = await connected({
      resolve: (path: readonly string[]) => (args: unknown[], named: object) => {
        seen.push(path, args, named);
        return "ClassName";
      },
    });
    expect(await remote["agents"]["battery_1"]["offer"](3, kwargs({ unit: "kW" }))).toBe("ClassName");
    expect(seen).toStrictEqual([["agents", "battery_1", "offer"], [3], { unit: "kW" }]);
  });
});
