import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, expectTypeOf, it, onTestFinished } from "vitest";
import { open } from "../../../src/channel/index.ts";
import {
  asRemote,
  type ConnectOptions,
  connect,
  type Remote,
  type RpcConnection,
  router,
  type Servable,
  type ServeOptions,
  serve,
} from "../../../src/rpc/index.ts";
import { Sub } from "./services.ts";

class Client {
  static readonly exposed = ["name", "fail"] as const;
  calls = 0;
  name(n: number): string {
    this.calls++;
    return `Monty${n}`;
  }
  fail(): never {
    throw Object.assign(new RangeError("the client failed"), { code: "ERR_CLIENT" });
  }
}

class Desk {
  static readonly exposed = ["callMe", "echo", "keep", "kept", "callKept", "give", "same", "self", "all"] as const;
  static readonly services = ["sub"] as const;
  readonly sub = new Sub();
  #kept: unknown;

  callMe(client: Remote<typeof Client>, n: number): Promise<string> {
    return client.name(n);
  }
  echo(value: unknown): unknown {
    return value;
  }
  keep(value: unknown): void {
    this.#kept = value;
  }
  kept(): unknown {
    return this.#kept;
  }
  callKept(n: number): Promise<string> {
    return (this.#kept as Remote<typeof Client>).name(n);
  }
  give(): Remote<typeof Sub> {
    return asRemote<typeof Sub>(this.sub);
  }
  same(value: unknown): boolean {
    return value === this || value === this.sub;
  }
  self(): unknown {
    return this;
  }
  all(): unknown {
    return { nested: [this.sub, new Map([["k", this]])] };
  }
}

interface Pair {
  readonly desk: Desk;
  readonly connection: RpcConnection<typeof Desk>;
  /** The server's side of the connection. */
  readonly other: RpcConnection;
}

async function connected(options: ConnectOptions & ServeOptions = {}, service?: Servable): Promise<Pair> {
  const desk = new Desk();
  let other: RpcConnection | undefined;
  const onConnection = (side: RpcConnection) => {
    other = side;
  };
  const { service: _service, ...serving } = options;
  const server = await serve("tcp://127.0.0.1:0", service ?? desk, { ...serving, onConnection });
  const connection = await connect<typeof Desk>(server.address, options);
  onTestFinished(async () => {
    await connection.close();
    await server.close();
  });
  await connection.remote.kept();
  return { desk, connection, other: other! };
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

describe.each(["msgpack", "json"] as const)("a service that is passed, in %s", (codec) => {
  it("is called back on the same connection while the call waits", async () => {
    const { connection } = await connected({ codec });
    const client = new Client();
    expect(await connection.remote.callMe(asRemote<typeof Client>(client), 1)).toBe("Monty1");
    expect(client.calls).toBe(1);
  });

  it("goes by its own path if it is served, as aiomas does", async () => {
    const client = new Client();
    const { connection } = await connected({ codec, service: router({ a: { b: client } }) });
    expect(await connection.remote.callMe(asRemote<typeof Client>(client), 2)).toBe("Monty2");
    expect(connection.passedServices).toBe(0);
  });

  it("gives a proxy, which lives on after the call", async () => {
    const { connection } = await connected({ codec });
    await connection.remote.keep(new Client());
    expect(await connection.remote.callKept(3)).toBe("Monty3");
    expect(connection.passedServices).toBe(1);
  });

  it("comes as a result, anywhere in it, as the same proxy each time", async () => {
    const { connection } = await connected({ codec });
    const sub = await connection.remote.give();
    expectTypeOf(sub.mul).returns.toEqualTypeOf<Promise<number>>();
    expect(await sub.mul(6, 7)).toBe(42);
    const all = (await connection.remote.all()) as { nested: [typeof sub, { k: Remote<unknown> }] };
    expect(all.nested[0]).toBe(sub);
    expect(await all.nested[1].k["sub"].mul(2, 3)).toBe(6);
    expect(await connection.remote.self()).toBe(connection.remote);
    expect(connection.at("")).toBe(connection.remote);
  });

  it("is itself when it comes home", async () => {
    const service = new Client();
    const passed = new Client();
    const routes = router({ a: new Sub() });
    const { connection } = await connected({ codec, service });
    const { remote } = connection;
    for (const object of [service, passed, routes]) {
      expect(await remote.echo(object)).toBe(object);
      expect(await remote.echo([{ object }])).toStrictEqual([{ object }]);
      await remote.keep(object);
      expect(await remote.kept()).toBe(object);
    }
    expect(await remote.same(await remote.give())).toBe(true);
    expect(await remote.same(await remote.self())).toBe(true);
    expect(await remote.same(remote)).toBe(true);
    expect(await remote.same(connection.at("sub"))).toBe(true);
  });

  it("tells why a call back failed", async () => {
    const { other, connection } = await connected({ codec });
    await connection.remote.keep(new Client());
    await expect(other.call("$1/fail", [])).rejects.toMatchObject({ code: "ERR_CLIENT", remoteName: "RangeError" });
    await expect(other.call("$1/calls", [])).rejects.toMatchObject({ code: "ERR_RPC_NOT_EXPOSED" });
    await expect(other.call("$1", [])).rejects.toMatchObject({ code: "ERR_RPC_NOT_FOUND" });
    await expect(other.call("$2/name", [])).rejects.toMatchObject({ code: "ERR_RPC_NOT_FOUND" });
  });

  it("may be forwarded to a third, whose calls are passed on", async () => {
    const first = await connected({ codec });
    const second = await connected({ codec });
    const client = new Client();
    await first.connection.remote.keep(client);
    const kept = first.desk.kept() as Remote<typeof Client>;
    expect(await second.connection.remote.callMe(kept, 7)).toBe("Monty7");
    expect(client.calls).toBe(1);
    await second.connection.remote.keep(kept);
    expect(await second.connection.remote.kept()).toBe(kept);
    const code = "ERR_CLIENT";
    await expect((second.desk.kept() as Remote<typeof Client>).fail()).rejects.toMatchObject({ code });
  });

  it("fails the call alone if it is no service", async () => {
    const { connection } = await connected({ codec });
    class Plain {}
    for (const value of [new Plain(), () => 1, connection, connection.oneWay]) {
      await expect(connection.remote.echo(value)).rejects.toMatchObject({ code: "ERR_VALUE_TYPE" });
    }
    await expect(connection.remote.echo({ __type__: [0, "sub"] })).rejects.toMatchObject({ code: "ERR_VALUE_KEY" });
    expect(await connection.remote.echo(1)).toBe(1);
  });
});

describe("a reference", () => {
  it("to a service that was revoked leads nowhere, and is released at once", async () => {
    const { connection } = await connected();
    const client = new Client();
    await connection.remote.keep(client);
    expect(connection.revoke(client)).toBe(true);
    expect(connection.revoke(client)).toBe(false);
    expect(connection.passedServices).toBe(0);
    await expect(connection.remote.callKept(1)).rejects.toMatchObject({ code: "ERR_RPC_NOT_FOUND" });
    const home = (await connection.remote.kept()) as Remote<typeof Client>;
    await expect(home.name(1)).rejects.toMatchObject({ code: "ERR_RPC_NOT_FOUND" });
  });

  it("counts against a limit, each service once", async () => {
    const { connection } = await connected({ limits: { passedServicesMax: 2 } });
    const clients = [new Client(), new Client(), new Client()];
    for (const client of [clients[0], clients[1], clients[0]]) await connection.remote.keep(client);
    const error = { code: "ERR_RPC_PASSED_SERVICES", name: "RpcError" };
    await expect(connection.remote.keep(clients[2])).rejects.toMatchObject(error);
    connection.revoke(clients[0]!);
    await connection.remote.keep(clients[2]);
  });

  it("is released when nobody uses the proxy any more", async () => {
    const { connection, desk } = await connected();
    for (let i = 0; i < 100; i++) await connection.remote.keep(new Client());
    const call = (desk.kept() as Remote<typeof Client>).name;
    desk.keep(undefined);
    for (let turn = 0; turn < 1000 && connection.passedServices > 1; turn++) {
      collectGarbage();
      await sleep(10);
    }
    expect(connection.passedServices).toBe(1);
    expect(await call(1)).toBe("Monty1"); // a method in use keeps its service
  });

  it("is released at once if the one who has it says so", async () => {
    const { connection, other, desk } = await connected();
    const client = new Client();
    await connection.remote.keep(client);
    await connection.remote.keep(client);
    const kept = desk.kept() as object;
    expect(other.release(kept)).toBe(true);
    expect(other.release(kept)).toBe(false);
    expect(other.release(other.remote)).toBe(false);
    expect(connection.release(await connection.remote.give())).toBe(false);
    await other.call("$release", ["$9", 1]);
    expect(connection.passedServices).toBe(0);
    await connection.remote.keep(client);
    expect(await connection.remote.callKept(2)).toBe("Monty2");
  });

  it("of which a peer sends too many ends the connection", async () => {
    const { address, close } = await serve("tcp://127.0.0.1:0", new Desk(), { limits: { remoteServicesMax: 100 } });
    onTestFinished(close);
    const channel = await open(address);
    channel.types.add({ type: URL, write: (value) => (value as URL).pathname, read: () => ({}) });
    const paths = (n: number) => Array.from({ length: n }, (_, i) => new URL(`x:$${i}`));
    expect(await channel.request(["keep", [paths(100)], {}])).toBeNull();
    expect(await channel.request(["keep", [paths(100)], {}])).toBeNull();
    await expect(channel.request(["keep", [paths(101)], {}])).rejects.toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
  });

  it("keeps nothing alive after the connection", async () => {
    const { connection, desk } = await connected();
    await connection.remote.keep(new Client());
    const kept = desk.kept() as Remote<typeof Client>;
    await connection.close();
    expect(connection.passedServices).toBe(0);
    await expect(kept.name(1)).rejects.toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
  });

  it.each([
    ["released by a peer that never had it", "$release", ["$1", 1]],
    ["released without a count", "$release", ["$1"]],
    ["released with a negative count", "$release", ["$1", -5]],
    ["released with NaN", "$release", ["$1", Number.NaN]],
    ["released by no name", "$release", [{}, 1]],
  ])("that is %s", async (how, path, args) => {
    const { connection, other } = await connected();
    await connection.remote.keep(new Client());
    await connection.remote.keep(new Client());
    expect(await other.call(path, args)).toBeNull();
    expect(connection.passedServices).toBe(how === "released by a peer that never had it" ? 1 : 2);
  });

  it.each(["~", "~/~/sub/mul", "~/~", "~/$9/f", "$", "$1", "$release/x", "$constructor/x"])(
    "of the form %s leads to nothing that is called",
    async (path) => {
      const { connection } = await connected({ service: new Client() });
      await expect(connection.call(path, [])).rejects.toMatchObject({ code: "ERR_RPC_NOT_FOUND" });
    },
  );

  it("from home is passed on for a peer that takes it for a proxy, once", async () => {
    const client = new Client();
    const { connection } = await connected({ service: client });
    expect(await connection.call("~/name", [5])).toBe("Monty5");
    expect(client.calls).toBe(1);
  });
});
