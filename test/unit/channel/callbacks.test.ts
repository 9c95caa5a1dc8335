import { afterEach, describe, expect, it, vi } from "vitest";
import { listen, open } from "../../../src/channel/index.ts";
import { connect, serve } from "../../../src/rpc/index.ts";

/** What the program's own functions throw ends nothing, and is told by name. */
const closing: { close(): Promise<void> }[] = [];
const warnings: string[] = [];
const onWarning = (warning: Error) => warnings.push(warning.message);
process.on("warning", onWarning);
afterEach(async () => {
  await Promise.all(closing.splice(0).map((one) => one.close()));
  warnings.length = 0;
});

function closes<T extends { close(): Promise<void> }>(one: T): T {
  closing.push(one);
  return one;
}

const warned = (what: RegExp) => vi.waitFor(() => expect(warnings.join("\n")).toMatch(what));

class Calculator {
  static readonly exposed = ["add", "fail"] as const;
  add(a: number, b: number): number {
    return a + b;
  }
  fail(): never {
    throw new RangeError("no");
  }
}

describe("a handler of channel.serve", () => {
  it("that rejects fails its request, and is a warning once it has answered", async () => {
    const listener = closes(
      await listen("tcp://127.0.0.1:0", (channel) => {
        channel.serve(async (request) => {
          await Promise.resolve();
          if (request.content === "answered") request.reply("yes");
          throw new RangeError(`no ${request.content}`);
        });
      }),
    );
    const channel = closes(await open(listener.address));
    await expect(channel.request("answer")).rejects.toMatchObject({ remoteName: "RangeError", message: "no answer" });
    expect(await channel.request("answered")).toBe("yes");
    await warned(/the handler of channel.serve threw.*no answered/);
  });
});

describe("functions that are told", () => {
  it("of a channel: onChannel, onRefused", async () => {
    const listener = closes(
      await listen("tcp://127.0.0.1:0", async () => Promise.reject(new Error("late")), {
        hello: { token: "secret" },
        onRefused: () => {
          throw new Error("told");
        },
      }),
    );
    closes(await open(listener.address, { hello: { token: "secret" } }));
    await warned(/onChannel threw.*late/);
    await expect(open(listener.address, { hello: { token: "wrong" } })).rejects.toMatchObject({
      code: "ERR_CHANNEL_TOKEN",
    });
    await warned(/onRefused threw.*told/);
  });

  it("of rpc: onConnection, onOneWayFailure, onDisconnect, onState", async () => {
    const thrower = (text: string) => () => {
      throw new Error(text);
    };
    const server = closes(
      await serve("tcp://127.0.0.1:0", new Calculator(), {
        onConnection: (async () => Promise.reject(new Error("connected"))) as () => void,
      }),
    );
    const connection = closes(await connect<typeof Calculator>(server.address, { reconnect: {} }));
    await warned(/onConnection threw.*connected/);
    connection.onOneWayFailure = thrower("failed");
    connection.oneWay.fail();
    await warned(/onOneWayFailure threw.*failed/);
    connection.onDisconnect(thrower("gone"));
    connection.onState(async () => Promise.reject(new Error("changed")));
    expect(await connection.remote.add(1, 2)).toBe(3);
    await connection.close();
    await warned(/onState threw.*changed/);
    await warned(/onDisconnect threw.*gone/);
  });
});

describe("one-way calls for which there is no room", () => {
  it("are refused where they are made", async () => {
    const server = closes(await serve("tcp://127.0.0.1:0", new Calculator()));
    const connection = closes(await connect<typeof Calculator>(server.address, { limits: { pendingCallsMax: 2 } }));
    connection.oneWay.add(1, 2);
    connection.oneWay.add(1, 2);
    expect(() => connection.oneWay.add(1, 2)).toThrow(expect.objectContaining({ code: "ERR_CHANNEL_PENDING" }));
    await vi.waitFor(() => connection.oneWay.add(1, 2));
  });
});
