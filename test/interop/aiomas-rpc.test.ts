import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DateTime } from "luxon";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { listen, open } from "../../src/channel/index.ts";
import { asRemote, connect, kwargs, type Remote, type RpcConnection, serve } from "../../src/rpc/index.ts";
import { AiomasPeer, PythonError } from "../support/aiomas-peer.ts";
import { Client, createRoot, Point, serveEcho, Temperature, TYPES } from "../support/aiomas-services.ts";
import { pythonEnvironment } from "../support/python.ts";

/** Our channels and calls with real aiomas 2.0.1 in a process of its own, both ways. */
const { python, reason } = await pythonEnvironment("aiomas");

/** Sockets in the file system. */
const folder = mkdtempSync(join(tmpdir(), "cosimas-aiomas-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Schemes that both sides have, and where to listen. */
const SCHEMES: Record<string, () => string> = {
  tcp: () => "tcp://127.0.0.1:0",
  ipc: () => `ipc://${join(mkdtempSync(join(folder, "s-")), "s")}`,
};

const CODECS = ["json", "msgpack", "msgpack-blosc"] as const;
type Codec = (typeof CODECS)[number];
const combinations = Object.keys(SCHEMES).flatMap((scheme) => CODECS.map((codec) => [scheme, codec] as const));

/** Values as they are here, and as `tag` of the peer says that Python sees them. */
const VALUES: readonly (readonly [name: string, ours: unknown, theirs: unknown])[] = [
  ["null", null, null],
  ["true", true, true],
  ["0", 0, 0],
  ["-1", -1, -1],
  ["2^31", 2 ** 31, 2 ** 31],
  ["-2^31 - 1", -(2 ** 31) - 1, -(2 ** 31) - 1],
  ["milliseconds of a date", 1_700_000_000_000, 1_700_000_000_000],
  ["2^53 - 1", 2 ** 53 - 1, 2 ** 53 - 1],
  ["2^53", 2n ** 53n, { $int: "9007199254740992" }],
  ["2^63 - 1", 2n ** 63n - 1n, { $int: "9223372036854775807" }],
  ["2^64 - 1", 2n ** 64n - 1n, { $int: "18446744073709551615" }],
  ["-2^63", -(2n ** 63n), { $int: "-9223372036854775808" }],
  ["0.5", 0.5, { $float: "0.5" }],
  ["0.1", 0.1, { $float: "0.1" }],
  ["5e-324", 5e-324, { $float: "5e-324" }],
  ["1e300", 1e300, { $float: "1e+300" }],
  ["infinity", Number.POSITIVE_INFINITY, { $float: "inf" }],
  ["-infinity", Number.NEGATIVE_INFINITY, { $float: "-inf" }],
  ["NaN", Number.NaN, { $float: "nan" }],
  ["no text", "", ""],
  ["text", 'Müller €20 \u{1f600} \0 "q" \\ \n', 'Müller €20 \u{1f600} \0 "q" \\ \n'],
  ["a byte order mark", `\ufeff${"x".repeat(80)}`, `\ufeff${"x".repeat(80)}`],
  ["a long text", "x".repeat(70_000), "x".repeat(70_000)],
  ["no list", [], []],
  ["a list", [1, [2, [null, "x"]]], [1, [2, [null, "x"]]]],
  ["a map", { b: 1, a: [true], "": {} }, { $map: [["b", 1], ["a", [true]], ["", { $map: [] }]] }], // biome-ignore format: one row
  ["a point", new Point(1.5, -2), { $point: [{ $float: "1.5" }, -2] }],
  [
    "a type in a map in a list",
    [{ t: new Temperature(21.5) }],
    [{ $map: [["t", { $temperature: { $float: "21.5" } }]] }],
  ],
  ["a date", DateTime.utc(2016, 1, 1, 1), { $arrow: "2016-01-01T01:00:00+00:00" }],
  [
    "a date elsewhere, with milliseconds",
    DateTime.fromISO("2020-02-29T12:30:15.250+02:00", { setZone: true }),
    { $arrow: "2020-02-29T12:30:15.250000+02:00" },
  ],
];

const ONLY_MSGPACK: typeof VALUES = [
  ["no bytes", new Uint8Array(0), { $bytes: "" }],
  ["bytes", Uint8Array.of(0, 1, 0xff), { $bytes: "0001ff" }],
];

const valuesOf = (codec: Codec) => (codec === "json" ? VALUES : [...VALUES, ...ONLY_MSGPACK]);

/** Dates by what they say, the rest as they are. */
function comparable(value: unknown): unknown {
  return value instanceof DateTime ? value.toISO() : value;
}

function startPeer(): AiomasPeer {
  const peer = new AiomasPeer(python!);
  onTestFinished(() => peer.kill());
  return peer;
}

/** An address of the scheme that nobody uses. */
function freeAddress(scheme: string): string {
  return SCHEMES[scheme]!();
}

/** A connection of ours to the `Root` of a Python process. */
async function connected(scheme: string, codec: Codec, service = new Client()) {
  const peer = startPeer();
  const address = await peer.tell<string>("listen", { address: freeAddress(scheme), layer: "rpc", codec });
  const connection = await connect(address, { codec, types: TYPES, service });
  onTestFinished(() => connection.close());
  return { peer, address, connection, remote: connection.remote, client: asRemote<typeof Client>(service) };
}

/** A Python process that has connected to our service. */
async function served(scheme: string, codec: Codec) {
  let side: RpcConnection | undefined;
  const root = createRoot();
  const onConnection = (connection: RpcConnection) => {
    side = connection;
  };
  const server = await serve(freeAddress(scheme), root, { codec, types: TYPES, onConnection });
  onTestFinished(() => server.close());
  const peer = startPeer();
  await peer.tell("connect", { address: server.address, layer: "rpc", codec });
  const call = (path: string, args: unknown[] = [], named: object = {}) =>
    peer.tell("call", { path, args, kwargs: named });
  await call("none");
  return { peer, call, side: side!, root };
}

describe.skipIf(reason !== undefined)(
  `with aiomas as the server${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    describe.each(combinations)("over %s in %s", (scheme, codec) => {
      it("calls methods, with defaults and keywords, in services below services", async () => {
        const { remote } = await connected(scheme, codec);
        expect(await remote["add"](3, 4)).toBe(7);
        expect(await remote["add"](kwargs({ b: 4, a: 3 }))).toBe(7);
        expect(await remote["aadd"](1, kwargs({ c: 9 }))).toStrictEqual([1, 2, 9]);
        expect(await remote["none"]()).toBeNull();
        expect(await remote["sub"].mul(6, 7)).toBe(42);
        expect(await remote["d"].add(1, 2)).toBe(3);
        expect(await remote["d"].inner.mul(2, 3)).toBe(6);
        expect(await remote["echo"](1, kwargs({ k: null }))).toStrictEqual([[1], { k: null }]);
      });

      it("sends and gets values of every kind", async () => {
        const { remote } = await connected(scheme, codec);
        for (const [name, ours, theirs] of valuesOf(codec)) {
          expect(JSON.parse(await remote["see"](ours)), `${name}, sent`).toStrictEqual(theirs);
          const got = await remote["make"](JSON.stringify(theirs));
          expect(comparable(got), `${name}, made there`).toStrictEqual(comparable(ours));
          expect(comparable(await remote["same"](ours)), `${name}, there and back`).toStrictEqual(comparable(ours));
        }
        expect(await remote["see"](1)).toBe("1");
        expect(await remote["make"]('{"$float": "1.0"}')).toBe(1);
      });

      it("is told what Python raised: type and message, no lines of a traceback", async () => {
        const { connection, remote } = await connected(scheme, codec);
        const failure = async (call: Promise<unknown>) => {
          const error = await call.then(() => undefined, (reason: unknown) => reason); // biome-ignore format: one line
          expect(error).toMatchObject({ name: "RemoteError", code: "ERR_REMOTE", peer: connection.peer });
          const { remoteName, message } = error as { remoteName: string; message: string };
          expect(message).not.toContain("aiomas_peer.py");
          return [remoteName, message];
        };
        expect(await failure(remote["boom"]("ValueError", "wrong\nin two lines"))).toStrictEqual(["ValueError", "wrong\nin two lines"]); // biome-ignore format: one row
        expect(await failure(remote["boom"]("KeyError", "k"))).toStrictEqual(["KeyError", "'k'"]);
        expect(await failure(remote["boom"]("Custom", ""))).toStrictEqual(["Custom", ""]);
        expect((await failure(remote["chained"]()))[0]).toBe("Custom");
        expect((await failure(remote["add"]()))[0]).toBe("TypeError");
        expect((await failure(remote["nosuch"]()))[0]).toBe("LookupError");
        expect(await failure(remote["hidden"]())).toStrictEqual([
          "LookupError",
          '"__main__.Root.hidden" is not exposed',
        ]);
        expect((await failure(remote["unserializable"]()))[0]).toMatch(/SerializationError|TypeError/);
        expect(await remote["add"](1, 1)).toBe(2);
      });

      it("makes 1,000 calls at once", async () => {
        const { remote } = await connected(scheme, codec);
        const sums = await Promise.all(Array.from({ length: 1000 }, (_, i) => remote["aadd"](i) as Promise<number[]>));
        expect(sums).toStrictEqual(Array.from({ length: 1000 }, (_, i) => [i, 2, 3]));
      });

      it("passes services, which Python calls back", async () => {
        const { connection, remote, client } = await connected(scheme, codec);
        expect(await remote["call_name"](client, 1)).toBe("Monty1");
        expect(await remote["call_many"](client, 500)).toBe(249_500);
        expect(connection.passedServices).toBe(0);
        const other = new Client();
        expect(await remote["call_name"](other, 2)).toBe("Monty2");
        await remote["keep"](other);
        expect(await remote["call_kept"](3)).toBe("Monty3");
        expect(connection.passedServices).toBe(1);
        expect(connection.revoke(other)).toBe(true);
        await expect(remote["call_kept"](3)).rejects.toMatchObject({ remoteName: "RemoteException" });
        const told = (await remote["call_fail"](client)) as string;
        expect(told).toBe("RangeError [ERR_CLIENT]: the client failed");
      });

      it("gets services of Python as proxies", async () => {
        const { remote } = await connected(scheme, codec);
        const [self, { sub, d }] = (await remote["give"]()) as [Remote<unknown>, Record<string, Remote<unknown>>];
        expect(await self["add"](1, 2)).toBe(3);
        expect(await sub!["mul"](6, 7)).toBe(42);
        expect(await d!["inner"].mul(2, 5)).toBe(10);
        expect(self).toBe(remote);
      });

      it("sends a proxy home, where Python gets one that leads through here to its own", async () => {
        const { remote } = await connected(scheme, codec);
        const [, { sub }] = (await remote["give"]()) as [unknown, { sub: Remote<unknown> }];
        expect(JSON.parse(await remote["see"](sub))).toStrictEqual({ $proxy: "~/sub" });
        await remote["keep"](sub);
        expect(await remote["mul_kept"](6, 7)).toBe(42);
      });

      it("makes one-way calls, which Python answers and nobody reads", async () => {
        const { connection, remote, client } = await connected(scheme, codec);
        connection.oneWay["keep"](client);
        connection.oneWay["boom"]("ValueError", "unheard");
        expect(await remote["call_kept"](4)).toBe("Monty4");
      });

      it("survives a call that was given up, and its late answer", async () => {
        const { connection, remote } = await connected(scheme, codec);
        await expect(connection.call("slow", [0.5], { timeoutMs: 10 })).rejects.toMatchObject({
          code: "ERR_CHANNEL_TIMEOUT",
        });
        const slower = remote["slow"](0.2);
        expect(await remote["add"](1, 1)).toBe(2);
        expect(await slower).toBe(0.2);
        expect(connection.isOpen).toBe(true);
      });

      it("loses its calls when Python dies, and connects again when it is back", async () => {
        const { peer, address, connection, remote } = await connected(scheme, codec);
        const told = new Promise((resolve) => connection.onDisconnect(resolve));
        const calls = [remote["slow"](60), remote["slow"](60)].map((call) => call.catch((error: unknown) => error));
        await remote["none"]();
        await peer.kill();
        const lost = { code: "ERR_CHANNEL_CLOSED", peer: connection.peer };
        for (const error of await Promise.all(calls)) expect(error).toMatchObject(lost);
        expect(await told).toMatchObject(lost);
        await expect(connect(address, { codec })).rejects.toMatchObject({ code: "ERR_CHANNEL_CONNECT" });
        await startPeer().tell("listen", { address, layer: "rpc", codec });
        const again = await connect(address, { codec, types: TYPES });
        onTestFinished(() => again.close());
        expect(await again.remote["add"](3, 4)).toBe(7);
      });
    });
  },
);

describe.skipIf(reason !== undefined)(
  `with aiomas as the client${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    describe.each(combinations)("over %s in %s", (scheme, codec) => {
      it("has its calls answered, with keywords, in services below services", async () => {
        const { call } = await served(scheme, codec);
        expect(await call("add", [3, 4])).toBe(7);
        expect(await call("add", [], { b: 4, a: 3 })).toBe(7);
        expect(await call("none")).toBeNull();
        expect(await call("sub/mul", [6, 7])).toBe(42);
        expect(await call("d/inner/mul", [2, 3])).toBe(6);
      });

      it("sends and gets values of every kind", async () => {
        const { call } = await served(scheme, codec);
        for (const [name, , theirs] of valuesOf(codec)) {
          expect(await call("same", [theirs]), `${name}, there and back`).toStrictEqual(theirs);
        }
        expect(await call("same", [{ $float: "1.0" }])).toBe(1);
        if (codec === "json") return;
        for (const keys of [
          [
            [1, "a"],
            ["b", 2],
          ],
          [[true, 3]],
          [[null, 4]],
          [[{ $float: "0.5" }, 5]],
        ]) {
          expect(await call("same", [{ $map: keys }])).toStrictEqual({ $map: keys });
        }
      });

      it("is told of failures in one line, without a stack", async () => {
        const { call, peer } = await served(scheme, codec);
        const failure = async (path: string, ...args: unknown[]) => {
          const error = await call(path, args).catch((reason: unknown) => reason);
          expect(error).toBeInstanceOf(PythonError);
          expect((error as PythonError).type).toBe("RemoteException");
          return (error as PythonError).message;
        };
        expect(await failure("boom")).toBe("RangeError [ERR_BOOM]: boom: all of it");
        expect(await failure("nosuch")).toMatch(/^RpcError \[ERR_RPC_NOT_FOUND\]: .*"nosuch"/);
        expect(await failure("constructor")).toMatch(/^RpcError \[ERR_RPC_NOT_EXPOSED\]/);
        expect(await failure("sub/container/call_kept")).toMatch(/^RpcError \[ERR_RPC_NOT_FOUND\]/);
        expect(await failure("unserializable")).toMatch(/^ValueError \[ERR_VALUE_TYPE\]: \$\.power/);
        await expect(peer.tell("call", { path: "sub/mul", kwargs: { a: 1 } })).rejects.toThrow(/ERR_RPC_ARGUMENTS/);
        expect(await call("add", [1, 1])).toBe(2);
      });

      it("makes 1,000 calls at once", async () => {
        const { peer } = await served(scheme, codec);
        const sums = await peer.tell("parallel", { path: "add", count: 1000 });
        expect(sums).toStrictEqual(Array.from({ length: 1000 }, (_, i) => 2 * i));
      });

      it("passes services, which are called back, and gets them back as itself understands them", async () => {
        const { call, side, root } = await served(scheme, codec);
        expect(await call("call_name", [{ $service: "root" }, 20, 22])).toBe(42);
        await call("keep", [{ $service: "root" }]);
        expect(await call("call_kept", [5])).toBe(7);
        // Python finds no "name" in our root, and passes on what it was told.
        await expect(side.call("call_name", [root, 1])).rejects.toMatchObject({ remoteName: "RemoteException" });
        expect(await call("same", [{ $service: "sub" }])).toStrictEqual({ $proxy: "~/sub" });
      });

      it("calls services that it is given, also its own by way of here", async () => {
        const { peer } = await served(scheme, codec);
        expect(await peer.tell("call_result", { path: "give", given: [], method: "mul", args: [6, 7] })).toBe(42);
        const given = [{ $service: "sub" }];
        expect(await peer.tell("call_result", { path: "same", given, method: "mul", args: [2, 3] })).toBe(6);
      });

      it("may give up a call: it is not our answer that breaks its channel", async () => {
        const { peer, call } = await served(scheme, codec);
        expect(await peer.tell("cancel", { path: "never" })).toBe("timed out");
        expect(await call("add", [1, 1])).toBe(2);
      });
    });
  },
);

describe.skipIf(reason !== undefined)(`channels alone${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  describe.each(combinations)("over %s in %s", (scheme, codec) => {
    it("ask Python and are asked by it", async () => {
      const peer = startPeer();
      const address = await peer.tell<string>("listen", { address: freeAddress(scheme), layer: "channel", codec });
      const channel = await open(address, { codec, types: TYPES });
      onTestFinished(() => channel.close());
      channel.serve((request) => request.reply(["seen", request.content]));
      for (const [name, ours] of valuesOf(codec)) {
        expect(comparable(await channel.request(ours)), name).toStrictEqual(comparable(ours));
      }
      await expect(channel.request("fail")).rejects.toMatchObject({ remoteName: "ValueError", message: "as asked" });
      expect(await channel.request("ask")).toStrictEqual(["seen", "from Python"]);
      const echoes = await Promise.all(Array.from({ length: 1000 }, (_, i) => channel.request(i)));
      expect(echoes).toStrictEqual(Array.from({ length: 1000 }, (_, i) => i));
    });

    it("answer Python", async () => {
      const listener = await listen(freeAddress(scheme), serveEcho, { codec, types: TYPES });
      onTestFinished(() => listener.close());
      const peer = startPeer();
      await peer.tell("connect", { address: listener.address, layer: "channel", codec });
      for (const [name, , theirs] of valuesOf(codec)) {
        expect(await peer.tell("send", { content: theirs }), name).toStrictEqual(theirs);
      }
      await expect(peer.tell("send", { content: "fail" })).rejects.toMatchObject({
        type: "RemoteException",
        message: "RangeError: as asked",
      });
    });
  });
});
