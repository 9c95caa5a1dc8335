import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createCodec, open } from "../../../src/channel/index.ts";
import { DEFAULT_LIMITS } from "../../../src/limits.ts";
import { connect, router, type Servable, serve } from "../../../src/rpc/index.ts";
import { Calculator, Sub } from "./services.ts";

const services = router({ sub: new Sub() }, new Calculator());

async function served(service: Servable = services): Promise<string> {
  const server = await serve("tcp://127.0.0.1:0", service);
  onTestFinished(() => server.close());
  return server.address;
}

describe("a path that leads to nothing exposed", () => {
  const long = "a".repeat(100_000);
  it.each([
    ["nosuch", "ERR_RPC_NOT_FOUND"],
    ["sub/nosuch", "ERR_RPC_NOT_FOUND"],
    ["sub", "ERR_RPC_NOT_FOUND"],
    ["", "ERR_RPC_NOT_FOUND"],
    ["/", "ERR_RPC_NOT_FOUND"],
    ["sub/", "ERR_RPC_NOT_FOUND"],
    ["/add", "ERR_RPC_NOT_FOUND"],
    ["sub//mul", "ERR_RPC_NOT_FOUND"],
    ["add/call", "ERR_RPC_NOT_FOUND"],
    ["sub/mul/bind", "ERR_RPC_NOT_FOUND"],
    ["a/b/c/d/e/f/g/h/i", "ERR_RPC_NOT_FOUND"],
    [long, "ERR_RPC_NOT_FOUND"],
    ["/".repeat(100_000), "ERR_RPC_NOT_FOUND"],
    ["toString", "ERR_RPC_NOT_FOUND"],
    ["hasOwnProperty", "ERR_RPC_NOT_FOUND"],
    ["__proto__", "ERR_RPC_NOT_FOUND"],
    ["__defineGetter__", "ERR_RPC_NOT_FOUND"],
    ["__proto__/toString", "ERR_RPC_NOT_FOUND"],
    ["constructor/constructor", "ERR_RPC_NOT_FOUND"],
    ["constructor", "ERR_RPC_NOT_EXPOSED"],
    ["hidden", "ERR_RPC_NOT_EXPOSED"],
    ["secret", "ERR_RPC_NOT_EXPOSED"],
    ["getter", "ERR_RPC_NOT_EXPOSED"],
  ])("%.40s fails for its caller alone", async (path, code) => {
    const connection = await connect(await served());
    onTestFinished(() => connection.close());
    const error = await connection.call(path, []).catch((reason) => reason);
    expect(error).toMatchObject({ name: "RemoteError", code, remoteName: "RpcError" });
    expect(error.message.length).toBeLessThan(300);
    expect(await connection.call("sub/mul", [2, 3])).toBe(6);
  });
});

describe("a request that is no call", () => {
  it.each([
    ["nothing", null],
    ["a text", "add"],
    ["two items", ["add", []]],
    ["four items", ["add", [], {}, 1]],
    ["a path that is no text", [1, [], {}]],
    ["arguments that are no array", ["add", {}, {}]],
    ["keywords that are no object", ["add", [], []]],
    ["keywords that are null", ["add", [], null]],
    ["keywords that are bytes", ["add", [], new Uint8Array(1)]],
    ["keywords with other keys than strings", ["add", [], new Map([[1, 2]])]],
  ])("%s gets a failure, not silence", async (_what, content) => {
    const channel = await open(await served());
    onTestFinished(() => channel.close());
    await expect(channel.request(content)).rejects.toMatchObject({ code: "ERR_RPC_MALFORMED" });
    expect(await channel.request(["add", [1, 2], {}])).toBe(3);
  });
});

/** A class with these static and prototype members. */
function classOf(statics: object, members: object = {}): new () => object {
  class Served {}
  Object.defineProperties(Served, Object.getOwnPropertyDescriptors(statics));
  Object.defineProperties(Served.prototype, Object.getOwnPropertyDescriptors(members));
  return Served;
}

const getter = {
  get p(): unknown {
    return () => 1;
  },
};

describe("what is served", () => {
  it.each<[string, new () => object, RegExp]>([
    ["a name that is no method", classOf({ exposed: ["nosuch"] }), /there is no method "nosuch"/],
    ["a property", classOf({ exposed: ["p"] }, { p: 1 }), /there is no method "p"/],
    ["a getter", classOf({ exposed: ["p"] }, getter), /there is no method "p"/],
    ["what every object has", classOf({ exposed: ["hasOwnProperty"] }), /there is no method/],
    ["toJSON", classOf({ exposed: ["toJSON"] }, { toJSON: () => 1 }), /"toJSON" cannot be called/],
    ["constructor", classOf({ exposed: ["constructor"] }), /cannot be called/],
    ["a path", classOf({ exposed: ["a/b"] }), /cannot be called/],
    ["no text", classOf({ exposed: [1] }), /"1" cannot be called/],
    ["no list", classOf({ exposed: "add" }), /must be an array/],
    ["parameters of what is not exposed", classOf({ exposed: [], parameters: { f: [] } }), /"f" is not exposed/],
    ["parameters twice", classOf({ exposed: ["f"], parameters: { f: ["a", "a"] } }, { f() {} }), /different names/],
    ["nothing at all", classOf({}), /cannot serve an instance of Served/],
  ])("must not list %s", async (_what, type, message) => {
    const serving = serve("tcp://127.0.0.1:0", new type());
    await expect(serving).rejects.toThrow(message);
    await expect(serving).rejects.toThrow(TypeError);
  });

  it("must not share a codec with other connections", async () => {
    const codec = createCodec("json", { limits: DEFAULT_LIMITS });
    await expect(serve("tcp://127.0.0.1:0", new Sub(), { codec })).rejects.toThrow(/codec by its name/);
    await expect(connect("tcp://127.0.0.1:1", { codec })).rejects.toThrow(/codec by its name/);
  });

  it("must have names that can be called", () => {
    expect(() => router({ "a-b": new Sub() })).toThrow(TypeError);
    expect(() => router(new Map([["__proto__", new Sub()]]))).toThrow(TypeError);
    expect(() => router({ sub: 1 as unknown as object })).toThrow(/cannot serve 1/);
  });

  it("restates what its parents expose", async () => {
    class Child extends Calculator {
      static override readonly exposed = ["hidden"] as unknown as typeof Calculator.exposed;
      static override readonly parameters = {} as typeof Calculator.parameters;
    }
    class Grandchild extends Child {}
    const connection = await connect(await served(new Grandchild()));
    onTestFinished(() => connection.close());
    expect(await connection.call("hidden", [])).toBe("hidden");
    await expect(connection.call("add", [1, 2])).rejects.toMatchObject({ code: "ERR_RPC_NOT_EXPOSED" });
  });
});

describe("aiomas on the wire", () => {
  /** Recorded from a Python client and server: requests, and the replies to them. */
  const SESSION = [
    ["0000000c93000093a361646492030480", "0000000493010007"],
    ["0000001093000193a36164649082a16103a16204", "0000000493010107"],
    ["0000000f93000293a461616464910181a16309", "0000000793010293010209"],
    ["0000000b93000393a46e6f6e659080", "00000004930103c0"],
    ["0000001093000493a77375622f6d756c92060780", "000000049301042a"],
  ] as const;

  it("gets the very bytes that a Python server sends", async () => {
    const address = await served();
    const socket = connectSocket(Number(address.split(":").at(-1)), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    for (const [request, reply] of SESSION) {
      socket.write(Buffer.from(request, "hex"));
      const [bytes] = (await once(socket, "data")) as [Buffer];
      expect(bytes.toString("hex")).toBe(reply);
    }
  });

  it("gets a failure as a text that people can read, without a stack", async () => {
    const address = await served();
    const socket = connectSocket(Number(address.split(":").at(-1)), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.write(Buffer.from("0000000b93000c93a4626f6f6d9080", "hex"));
    const [bytes] = (await once(socket, "data")) as [Buffer];
    expect(bytes.subarray(4).toString("latin1")).toBe("\x93\x02\x0c\xbbRangeError [ERR_BOOM]: boom");
  });
});
