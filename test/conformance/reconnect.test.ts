import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Backoff } from "../../src/channel/backoff.ts";
import {
  type Channel,
  type ConnectionState,
  type Listener,
  listen,
  open,
  type ReconnectingOptions,
} from "../../src/channel/index.ts";
import { asRemote, connect, type Remote, serve } from "../../src/rpc/index.ts";
import { faultProxy } from "../support/fault-proxy.ts";

const SOON = { timeout: 20_000, interval: 5 };
/** Pauses short enough for a test; chance has no part in them. */
const backoff = { delayMs: 5, delayMsMax: 20, random: () => 0 };

/** A server that counts what reaches it, and a client of it through a proxy. */
async function reconnecting(options: Partial<ReconnectingOptions> = {}) {
  const seen: unknown[] = [];
  const channels: Channel[] = [];
  const listener = await listen("tcp://127.0.0.1:0", (channel) => {
    channels.push(channel);
    channel.serve((request) => {
      seen.push(request.content);
      if (request.content !== "hold") request.reply(request.content);
    });
  });
  const proxy = await faultProxy(listener.address);
  const client = await open(proxy.address, { backoff, reconnect: {}, ...options });
  const states: ConnectionState[] = [];
  client.onState((state) => states.push(state));
  onTestFinished(async () => {
    await client.close();
    await proxy.close();
    await listener.close();
  });
  return { seen, channels, listener, proxy, client, states };
}

describe("a channel that connects again", () => {
  it("goes on after a loss, says so, and serves the peer on the new connection", async () => {
    const { proxy, client, states, channels } = await reconnecting();
    client.serve((request) => request.reply(`back: ${request.content}`));
    expect(await client.request(1)).toBe(1);
    for (let n = 1; n <= 3; n++) {
      proxy.reset();
      await vi.waitFor(() => expect(states).toHaveLength(2 * n), SOON);
      expect(client.state).toBe("open");
      expect(await client.request(n)).toBe(n);
      expect(await channels.at(-1)?.request(n)).toBe(`back: ${n}`);
    }
    expect(states).toStrictEqual(["lost", "open", "lost", "open", "lost", "open"]);
    expect(channels).toHaveLength(4);
  });

  it("rejects what was sent before the loss, and never sends it twice", async () => {
    const { proxy, client, seen, states } = await reconnecting({ reconnect: { whileLost: "hold" } });
    const call = client.request("hold", { method: "hold" });
    await vi.waitFor(() => expect(seen).toStrictEqual(["hold"]), SOON);
    proxy.reset();
    await expect(call).rejects.toMatchObject({ code: "ERR_CHANNEL_CLOSED", method: "hold" });
    await vi.waitFor(() => expect(states).toStrictEqual(["lost", "open"]), SOON);
    expect(await client.request("on")).toBe("on");
    expect(seen).toStrictEqual(["hold", "on"]);
  });

  it("fails requests while it is lost, if it was told nothing else", async () => {
    const { proxy, client, states } = await reconnecting();
    await proxy.close();
    await vi.waitFor(() => expect(states).toContain("lost"), SOON);
    expect([client.state, client.isOpen]).toStrictEqual(["lost", false]);
    await expect(client.request(1)).rejects.toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
  });

  it("holds them if it was told so, copied, in order, each sent once", async () => {
    const { proxy, client, seen, states } = await reconnecting({ reconnect: { whileLost: "hold" } });
    expect(await client.request("first")).toBe("first");
    proxy.reset();
    await vi.waitFor(() => expect(states).toContain("lost"), SOON);
    const content = { n: [1] };
    const calls = [client.request(content), client.request("a"), client.request("b")];
    content.n.push(2);
    if (client.state === "lost") expect(client.pendingCalls).toBe(3);
    expect(await Promise.all(calls)).toStrictEqual([{ n: [1] }, "a", "b"]);
    expect(seen).toStrictEqual(["first", { n: [1] }, "a", "b"]);
    expect(client.pendingCalls).toBe(0);
  });

  it("ends what is held at its deadline, on its signal, at its bound, and when it closes", async () => {
    const limits = { pendingCallsMax: 3 };
    const { proxy, client, states } = await reconnecting({ reconnect: { whileLost: "hold" }, limits });
    await proxy.close();
    await vi.waitFor(() => expect(states).toContain("lost"), SOON);
    const abort = new AbortController();
    const held = [
      client.request(1, { timeoutMs: 20, method: "late" }),
      client.request(2, { signal: abort.signal }),
      client.request(3, { method: "closed" }),
    ].map((call) => call.catch((error: unknown) => error));
    await expect(client.request(4)).rejects.toMatchObject({ code: "ERR_CHANNEL_PENDING" });
    await expect(client.request(() => {})).rejects.toMatchObject({ code: "ERR_CHANNEL_PENDING" });
    expect(await held[0]).toMatchObject({ code: "ERR_CHANNEL_TIMEOUT", method: "late" });
    abort.abort(new Error("enough"));
    expect(await held[1]).toMatchObject({ message: "enough" });
    await expect(client.request(() => {})).rejects.toMatchObject({ code: "ERR_VALUE_TYPE" });
    await client.close();
    expect(await held[2]).toMatchObject({ code: "ERR_CHANNEL_CLOSED", method: "closed" });
    expect(await client.closed).toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
    expect([client.state, client.pendingCalls]).toStrictEqual(["closed", 0]);
    await expect(client.request(5)).rejects.toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
  });

  it("counts the deadline of what was held from the call, not from when it was sent", async () => {
    const { proxy, client, states } = await reconnecting({ reconnect: { whileLost: "hold" } });
    proxy.reset();
    await vi.waitFor(() => expect(states).toContain("lost"), SOON);
    await expect(client.request("hold", { timeoutMs: 300 })).rejects.toMatchObject({ code: "ERR_CHANNEL_TIMEOUT" });
    await vi.waitFor(() => expect(client.state).toBe("open"), SOON);
    expect(await client.request("on")).toBe("on");
  });

  it("gives up after so many attempts, and on what no attempt can mend", async () => {
    const { proxy, client, states } = await reconnecting({ reconnect: { attemptsMax: 3 } });
    await proxy.close();
    expect(await client.closed).toMatchObject({
      code: "ERR_CHANNEL_CLOSED",
      message: expect.stringContaining("could not be restored"),
    });
    expect(states.at(-1)).toBe("closed");

    const strict = await listen("tcp://127.0.0.1:0", () => {}, { hello: { token: "old" } });
    const second = await open(strict.address, { hello: { token: "old" }, backoff, reconnect: {} });
    await strict.close();
    const changed = await listen(strict.address, () => {}, { hello: { token: "new" } });
    onTestFinished(() => changed.close());
    expect(await second.closed).toMatchObject({ cause: { code: "ERR_CHANNEL_TOKEN" } });
  });

  it("is given to rpc, whose proxies live on", async () => {
    class Echo {
      static readonly exposed = ["echo"] as const;
      echo(text: string): string {
        return text;
      }
    }
    const first = await serve("tcp://127.0.0.1:0", new Echo());
    const connection = await connect<typeof Echo>(first.address, { backoff, reconnect: { whileLost: "hold" } });
    expect(await connection.remote.echo("one")).toBe("one");
    await first.close();
    const second = await serve(first.address, new Echo());
    onTestFinished(async () => {
      await connection.close();
      await second.close();
    });
    await vi.waitFor(async () => expect(await connection.remote.echo("two")).toBe("two"), SOON);
  });
});

describe("services that were passed", () => {
  class Meter {
    static readonly exposed = ["name"] as const;
    readonly #name: string;
    constructor(name: string) {
      this.#name = name;
    }
    name(): string {
      return this.#name;
    }
  }
  class Shop {
    static readonly exposed = ["meter", "keep", "ask", "nameOf"] as const;
    kept: Remote<typeof Meter>[] = [];
    readonly #name: string;
    constructor(name: string) {
      this.#name = name;
    }
    meter(): Remote<typeof Meter> {
      return asRemote<typeof Meter>(new Meter(this.#name));
    }
    keep(meter: Remote<typeof Meter>): number {
      return this.kept.push(meter);
    }
    ask(n: number): Promise<string> {
      return this.kept[n]!.name();
    }
    nameOf(meter: Remote<typeof Meter>): Promise<string> {
      return meter.name();
    }
  }

  it("are lost with the connection, by name, and are never taken for others", async () => {
    const first = await serve("tcp://127.0.0.1:0", new Shop("first"));
    const connection = await connect<typeof Shop>(first.address, { backoff, reconnect: {} });
    const states: string[] = [];
    connection.onState((state) => states.push(state));
    const { remote } = connection;
    const own = asRemote<typeof Meter>(new Meter("own"));
    const before = await remote.meter();
    await remote.keep(own);
    expect([await before.name(), await remote.ask(0), connection.passedServices]).toEqual(["first", "own", 1]);
    await first.close();
    const second = await serve(first.address, new Shop("second"));
    onTestFinished(async () => {
      await connection.close();
      await second.close();
    });
    await vi.waitFor(() => expect(states).toEqual(["lost", "open"]), SOON);
    expect(connection.passedServices).toBe(0);
    const after = await remote.meter(); // the peer counts anew: what it passes has the name that `before` had
    expect(await after.name()).toBe("second");
    await expect(before.name()).rejects.toMatchObject({ code: "ERR_RPC_SERVICE_LOST" });
    await expect(remote.nameOf(before)).rejects.toMatchObject({ code: "ERR_RPC_SERVICE_LOST" });
    expect(await remote.nameOf(after)).toBe("second");
    await remote.keep(own);
    expect(await remote.ask(0)).toBe("own");
    expect(await remote.nameOf(own)).toBe("own");
  });
});

describe("opening", () => {
  it("keeps trying as long as it is told", async () => {
    const taken = await listen("tcp://127.0.0.1:0", () => {});
    const { address } = taken;
    await taken.close();
    const opening = open(address, { retryMs: 60_000, backoff });
    const listener: Listener = await listen(address, (channel) => channel.serve((r) => r.reply(r.content)));
    const channel = await opening;
    onTestFinished(async () => {
      await channel.close();
      await listener.close();
    });
    expect(await channel.request(1)).toBe(1);
  });

  it("gives up when the time is over, or a signal aborts, and at once for a bad option", async () => {
    const taken = await listen("tcp://127.0.0.1:0", () => {});
    await taken.close();
    await expect(open(taken.address, { retryMs: 50, backoff })).rejects.toMatchObject({ code: "ERR_CHANNEL_CONNECT" });
    const abort = new AbortController();
    const opening = open(taken.address, { retryMs: Number.POSITIVE_INFINITY, backoff, signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
    await expect(open(taken.address, { retryMs: -1 })).rejects.toThrow(RangeError);
    await expect(open(taken.address, { backoff: { delayMs: 0 } })).rejects.toThrow(RangeError);
  });
});

describe("pauses", () => {
  it("grow to their longest, with jitter from the chance that was given", () => {
    const chances = [0, 1, 0.5, 0, 0];
    const pauses = new Backoff({ delayMs: 100, factor: 2, delayMsMax: 500, random: () => chances.shift()! });
    expect(Array.from({ length: 4 }, () => pauses.nextMs())).toStrictEqual([100, 100, 300, 500]);
    pauses.reset();
    expect(pauses.nextMs()).toBe(100);
  });

  it.each([{ delayMs: 0 }, { factor: 0.5 }, { delayMs: 10, delayMsMax: 5 }])("cannot be %j", (options) => {
    expect(() => new Backoff(options)).toThrow(RangeError);
  });
});

describe("a program whose server has gone away", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));

  /** What it prints, and how it ends. */
  async function run(script: string): Promise<[number, string]> {
    const args = ["--conditions=cosimas:source", "--import", "tsx", "--input-type=module", "-e", script];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
    const [code] = (await once(child, "close")) as [number];
    return [code, printed];
  }

  it.each(["fail", "hold"])("lives until it closes its channel, with whileLost %s", async (whileLost) => {
    const script = `
      import { listen, open } from "cosimas/channel";
      const listener = await listen("tcp://127.0.0.1:0", (channel) => channel.serve((request) => request.reply(1)));
      const channel = await open(listener.address, { reconnect: { whileLost: "${whileLost}" }, backoff: { delayMs: 50 } });
      await channel.request(null);
      channel.onState((state) => {
        console.log(state);
        if (state === "lost") setTimeout(() => void channel.close(), 700).unref();
      });
      if ("${whileLost}" === "hold") channel.onState(() => void channel.request(null).catch((error) => console.log(error.code)));
      await listener.close();
    `;
    const [code, printed] = await run(script);
    expect([code, printed.split("\n").filter((line) => !line.startsWith("ERR"))]).toEqual([0, ["lost", "closed", ""]]);
  });
});
