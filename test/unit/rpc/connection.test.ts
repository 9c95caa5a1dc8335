import { describe, expect, expectTypeOf, it, onTestFinished } from "vitest";
import {
  type ConnectOptions,
  connect,
  kwargs,
  type OneWay,
  type Remote,
  type RpcConnection,
  router,
  type Servable,
  type ServeOptions,
  serve,
  type UntypedRemote,
} from "../../../src/rpc/index.ts";
import { Calculator, Sub } from "./services.ts";

async function connected<C>(service: Servable, options: ConnectOptions & ServeOptions = {}): Promise<RpcConnection<C>> {
  const server = await serve("tcp://127.0.0.1:0", service, options);
  const { onConnection: _onConnection, ...opening } = options;
  const connection = await connect<C>(server.address, opening);
  onTestFinished(async () => {
    await connection.close();
    await server.close();
  });
  return connection;
}

class Log {
  static readonly exposed = ["add", "all", "fail"] as const;
  readonly lines: unknown[] = [];
  add(line: string, mark = ""): string {
    return `${this.lines.push(line + mark)}`;
  }
  all(): unknown[] {
    return this.lines;
  }
  fail(): never {
    throw new RangeError("no");
  }
}

describe("a one-way call", () => {
  it("gives nothing, arrives in order with the others, and leaves the connection as it was", async () => {
    const connection = await connected<typeof Log>(new Log());
    expectTypeOf(connection.oneWay.add).toEqualTypeOf<(line: string, mark?: string) => void>();
    expect(connection.oneWay.add("a")).toBeUndefined();
    const answered = connection.remote.add("b");
    connection.oneWay.add("c");
    expect(await answered).toBe("2");
    expect(await connection.remote.all()).toStrictEqual(["a", "b", "c"]);
  });

  it("takes keyword arguments, and reaches services below others", async () => {
    class Named extends Log {
      static readonly parameters = { add: ["line", "mark"] };
    }
    const connection = await connected<{ log: typeof Log }>(router({ log: new Named() }));
    (connection.oneWay.log as UntypedRemote)["add"](kwargs({ mark: "!", line: "d" }));
    expect(await connection.remote.log.all()).toStrictEqual(["d!"]);
  });

  it("that fails tells nobody but the callback", async () => {
    const connection = await connected<typeof Log>(new Log());
    connection.oneWay.fail();
    connection.oneWay.add((() => 1) as never);
    expect(await connection.remote.all()).toStrictEqual([]);
    const failures: unknown[] = [];
    connection.onOneWayFailure = (error, path) => failures.push([error.name, error.message, path]);
    connection.oneWay.fail();
    connection.oneWay.add((() => 1) as never);
    await connection.remote.all();
    expect(failures).toHaveLength(2);
    expect(failures).toContainEqual(["RemoteError", "no", "fail"]);
    expect(failures).toContainEqual(["ValueError", "$.args[0]: a function cannot be sent", "add"]);
  });

  it("is no promise", async () => {
    const { oneWay } = await connected(new Log());
    expect(oneWay["then"]).toBeUndefined();
    expect(await oneWay).toBe(oneWay);
  });
});

describe("onDisconnect", () => {
  it("tells every callback once, with the reason, whoever closed", async () => {
    let other: RpcConnection | undefined;
    const onConnection = (side: RpcConnection) => {
      other = side;
    };
    const connection = await connected<typeof Log>(new Log(), { onConnection });
    await connection.remote.all();
    const told: unknown[] = [];
    connection.onDisconnect((reason) => told.push(["a", reason.code]));
    connection.onDisconnect((reason) => told.push(["b", reason.code]));
    const withdraw = connection.onDisconnect(() => told.push("withdrawn"));
    withdraw();
    const theirs = new Promise((resolve) => other?.onDisconnect(resolve));
    await connection.close();
    expect(told).toStrictEqual([
      ["a", "ERR_CHANNEL_CLOSED"],
      ["b", "ERR_CHANNEL_CLOSED"],
    ]);
    expect(await theirs).toMatchObject({ code: "ERR_CHANNEL_CLOSED", peer: other?.peer });
    expect(await new Promise((resolve) => connection.onDisconnect(resolve))).toBe(await connection.closed);
  });
});

describe("services below a service", () => {
  class Root extends Calculator {
    static readonly services = ["sub", "table"] as const;
    sub = new TypedSub();
    readonly table = new Map<string, Servable>([["0", new Sub()]]);
  }
  class TypedSub extends Sub {
    declare readonly ["constructor"]: typeof TypedSub;
    hidden(): void {}
  }

  it("are its fields that the class lists", async () => {
    const root = new Root();
    const { remote } = await connected<typeof Root>(root);
    expectTypeOf<Remote<typeof Root>["sub"]["mul"]>().returns.toEqualTypeOf<Promise<number>>();
    expectTypeOf<Remote<typeof Root>["sub"]>().not.toHaveProperty("hidden");
    expectTypeOf<Remote<typeof Root>["add"]>().returns.toEqualTypeOf<Promise<number>>();
    expectTypeOf<Remote<typeof Root>["table"]>().toEqualTypeOf<UntypedRemote>();
    expectTypeOf<OneWay<typeof Root>["sub"]["mul"]>().returns.toEqualTypeOf<void>();
    expect(await remote.sub.mul(6, 7)).toBe(42);
    expect(await remote.add(1, 2)).toBe(3);
    root.sub = new (class extends TypedSub {
      override mul(): number {
        return -1;
      }
    })();
    expect(await remote.sub.mul(6, 7)).toBe(-1);
  });

  it("come and go with the entries of a Map, whose keys need not be names", async () => {
    const root = new Root();
    const connection = await connected<typeof Root>(root);
    expect(await connection.at<typeof Sub>("table/0").mul(2, 3)).toBe(6);
    root.table.set("battery-7", new Sub());
    expect(await connection.at<typeof Sub>("table/battery-7").mul(2, 4)).toBe(8);
    expect(connection.at("table/0")).toBe(connection.at("table/0"));
    root.table.clear();
    const gone = { code: "ERR_RPC_NOT_FOUND" };
    await expect(connection.at<typeof Sub>("table/0").mul(2, 3)).rejects.toMatchObject(gone);
  });

  it("may refer to each other", async () => {
    class Node {
      static readonly exposed = ["who"] as const;
      static readonly services = ["next"] as const;
      next: object = this;
      readonly name: string;
      constructor(name: string) {
        this.name = name;
      }
      who(): unknown {
        return [this.name, this.next];
      }
    }
    const [a, b] = [new Node("a"), new Node("b")];
    a.next = b;
    b.next = a;
    const { remote } = await connected(a);
    const [name, next] = await remote["next"].next.next.who();
    expect(name).toBe("b");
    expect((await next.who())[0]).toBe("a");
  });

  it.each([
    ["what is not there", { services: ["nosuch"] }],
    ["what is no name", { services: ["a-b"] }],
    ["what is no object", { services: ["n"] }],
    ["a getter", { services: ["getter"] }],
  ])("must not be %s", async (_what, { services }) => {
    class Wrong extends Calculator {
      static readonly services = services;
      readonly n = 1;
    }
    await expect(serve("tcp://127.0.0.1:0", new Wrong())).rejects.toThrow(/Wrong\.services/);
  });
});
