import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, Container } from "../../../src/agent/index.ts";
import { DATE_TIME } from "../../../src/agent/simulation.ts";
import { RealTimeClock } from "../../../src/clock/index.ts";
import { connect, kwargs, type RpcConnection, type UntypedRemote } from "../../../src/rpc/index.ts";
import { whileAdvancing } from "../../support/while-advancing.ts";

class Battery extends Agent {
  static override readonly exposed = ["offer", "fail", "order"] as const;
  static override readonly outputs = ["seen"] as const;
  readonly seen: string[] = [];
  async offer(kw: number): Promise<number> {
    await this.clock.sleep(0.5);
    return kw / 2;
  }
  fail(): never {
    throw new RangeError("empty");
  }
  order(from: string): void {
    this.seen.push(from);
  }
}

class Buyer extends Agent {
  static override readonly outputs = ["result"] as const;
  result: unknown = null;
  async buy(url: string): Promise<void> {
    try {
      const battery = await this.connect<typeof Battery>(url);
      this.result = [await battery.offer(8), await battery.fail().catch((error) => [error.remoteName, error.message])];
    } catch (error) {
      this.result = (error as { code: string }).code;
    }
  }
}

class Meter extends Agent {
  static override readonly exposed = ["read", "greet", "me", "nested", "other", "same"] as const;
  async read(factor: number): Promise<number> {
    await this.clock.sleep(0.25);
    return factor * 2;
  }
  /** Calls the agent that it is given back. */
  async greet(friend: UntypedRemote, n: number): Promise<unknown> {
    return friend["read"](n);
  }
  async nested(value: { friends: UntypedRemote[] }): Promise<unknown> {
    return Promise.all(value.friends.map((friend, n) => friend["read"](n + 1)));
  }
  me(): this {
    return this;
  }
  async other(id: string): Promise<unknown> {
    return { found: await this.connect(id) };
  }
  same(value: unknown): unknown {
    return value;
  }
}

class Visitor extends Agent {
  static override readonly exposed = ["read"] as const;
  static override readonly outputs = ["got"] as const;
  got: unknown = null;
  async read(n: number): Promise<number> {
    await this.clock.sleep(0.25);
    return 100 * n;
  }
  async visit(url: string, what: string, ...args: unknown[]): Promise<void> {
    try {
      const meter = (await this.connect(url)) as UntypedRemote;
      if (what === "greet") this.got = await meter["greet"](this, args[0]);
      else if (what === "result") this.got = await ((await meter["me"]()) as UntypedRemote)["read"](args[0]);
      else if (what === "in result") {
        const { found } = (await meter["other"](args[0])) as { found: UntypedRemote };
        this.got = await found["read"](7);
      } else if (what === "home") this.got = (await meter["same"](this)) === undefined ? "lost" : "back";
    } catch (error) {
      this.got = (error as { code: string }).code;
    }
  }
}

const open: Container[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((container) => container.close()));
});

async function seller(): Promise<Container> {
  const container = await Container.create({ address: "tcp://127.0.0.1:0" });
  open.push(container);
  container.spawn(Battery, { id: "battery/1" });
  await container.advance(0);
  return container;
}

async function buyer(): Promise<Container> {
  const container = await Container.create();
  open.push(container);
  container.spawn(Buyer, { id: "buyer" });
  await container.advance(0);
  return container;
}

/** Everything that a peer has called so far has arrived: what is refused at once comes behind it. */
async function arrived(peer: RpcConnection): Promise<void> {
  await expect(peer.call("nowhere", [])).rejects.toMatchObject({ code: "ERR_RPC_NOT_FOUND" });
}

describe("a container with an address", () => {
  it("answers calls of live peers at its next advances, by aiomas' paths", async () => {
    const container = await seller();
    const peer = await connect(container.address!);
    expect(await peer.call("validate_aid", ["battery/1"])).toBe("Battery");
    expect(await peer.call("validate_aid", ["nobody"])).toBeNull();
    const offer = peer.call("agents/battery/1/offer", [10]);
    expect(await whileAdvancing(container, offer)).toBe(5);
    const failure = peer.call("agents/battery/1/fail", []);
    await expect(whileAdvancing(container, failure)).rejects.toMatchObject({
      remoteName: "RangeError",
      message: "empty",
    });
    for (const path of ["agents/battery/1/seen", "agents/battery/1/setup"]) {
      await expect(whileAdvancing(container, peer.call(path, []))).rejects.toMatchObject({
        code: "ERR_RPC_NOT_EXPOSED",
      });
    }
    await expect(whileAdvancing(container, peer.call("agents/nobody/offer", []))).rejects.toMatchObject({
      code: "ERR_AGENT_UNKNOWN",
    });
    for (const path of ["agents", "agents/offer", "clock/time", "container/close"]) {
      await expect(peer.call(path, [])).rejects.toMatchObject({ code: "ERR_RPC_NOT_FOUND" });
    }
    await peer.close();
  });

  it("lets calls in by peer, and each peer's in its own order", async () => {
    const container = await seller();
    const peers = await Promise.all([connect(container.address!), connect(container.address!)]);
    const calls = [0, 1, 2].flatMap((n) => peers.map((peer, i) => peer.call("agents/battery/1/order", [`${i}${n}`])));
    await Promise.all(peers.map(arrived));
    await container.advance(1);
    await Promise.all(calls);
    const { seen } = container.outputs("battery/1", ["seen"]) as { seen: string[] };
    expect([seen.join(" ")]).toContain(seen[0] === "00" ? "00 01 02 10 11 12" : "10 11 12 00 01 02");
    await Promise.all(peers.map((peer) => peer.close()));
  });

  it("rejects the calls of peers that wait when it closes", async () => {
    const container = await seller();
    const peer = await connect(container.address!);
    const offer = peer.call("agents/battery/1/offer", [10]);
    offer.catch(() => {});
    await arrived(peer);
    await container.close();
    await expect(offer).rejects.toMatchObject({ code: expect.stringMatching(/ERR_RUN_ENDED|ERR_CHANNEL_CLOSED/) });
  });
});

describe("an agent that calls a live peer", () => {
  it("waits for it within its step", async () => {
    const [there, here] = [await seller(), await buyer()];
    here.input("buyer", "buy", [`${there.address}/battery/1`]);
    await whileAdvancing(there, here.advance(1));
    expect(here.outputs("buyer", ["result"])).toEqual({ result: [4, ["RangeError", "empty"]] });
  });

  it("is told when there is no such agent, or nobody at all", async () => {
    const [there, here] = [await seller(), await buyer()];
    here.input("buyer", "buy", [`${there.address}/nobody`]);
    await here.advance(1);
    expect(here.outputs("buyer", ["result"])).toEqual({ result: "ERR_AGENT_UNKNOWN" });
    const { address } = there;
    await there.close();
    const other = await buyer();
    other.input("buyer", "buy", [`${address}/battery/1`]);
    await other.advance(2);
    expect(other.outputs("buyer", ["result"])).toEqual({ result: "ERR_CHANNEL_CONNECT" });
  });

  it("can be used by the program outside the simulation", async () => {
    const [there, here] = [await seller(), await buyer()];
    const agent = here.spawn(Buyer, { id: "other" });
    const battery = await agent.connect<typeof Battery>(`${there.address}/battery/1`);
    expect(await whileAdvancing(there, battery.offer(3))).toBe(1.5);
  });

  it("finds an agent of its own container by URL without a socket", async () => {
    const there = await seller();
    there.spawn(Buyer, { id: "neighbour" });
    there.input("neighbour", "buy", [`${there.address}/battery/1`]);
    await there.advance(2);
    await there.advance(3);
    expect(there.outputs("neighbour", ["result"])).toEqual({ result: [4, ["RangeError", "empty"]] });
  });
});

/** A container that runs by itself, with a visitor. */
async function visiting(options = {}): Promise<{ container: Container; visitor: Visitor }> {
  const clock = new RealTimeClock({ factor: 0.01 });
  const container = await Container.create({ clock, address: "tcp://127.0.0.1:0", ...options });
  open.push(container);
  return { container, visitor: container.spawn(Visitor, { id: "visitor" }) };
}

/** A container with meters, which is advanced. */
async function metering(options = {}): Promise<{ container: Container; url: string }> {
  const container = await Container.create({ address: "tcp://127.0.0.1:0", ...options });
  open.push(container);
  container.spawn(Meter, { id: "meter" });
  container.spawn(Meter, { id: "second" });
  await container.advance(0);
  return { container, url: `${container.address}/meter` };
}

async function visit(what: string, ...args: unknown[]): Promise<unknown> {
  const { container: meters, url } = await metering();
  const { container, visitor } = await visiting();
  container.input("visitor", "visit", [url, what, ...args]);
  const got = vi.waitFor(() => expect(visitor.got).not.toBeNull(), { timeout: 8000, interval: 5 });
  await whileAdvancing(meters, got);
  return visitor.got;
}

describe("agents that are passed between live containers", () => {
  it("arrive as proxies: an agent as an argument, called back", async () => {
    expect(await visit("greet", 3)).toBe(300);
  });

  it("arrive as proxies: an agent as a result", async () => {
    expect(await visit("result", 4)).toBe(8);
  });

  it("arrive as proxies: within a result", async () => {
    expect(await visit("in result", "second")).toBe(14);
  });

  it("come home as what they are", async () => {
    expect(await visit("home")).toBe("back");
  });

  it("arrive within an object, from a program that has no container", async () => {
    const { container } = await metering();
    const server = await Container.create({ clock: new RealTimeClock({ factor: 0.01 }), address: "tcp://127.0.0.1:0" });
    open.push(server);
    server.spawn(Meter, { id: "third" });
    const third = await connect(server.address!, { types: [DATE_TIME] });
    const meters = await connect(container.address!, { types: [DATE_TIME] });
    const friends = [third.at("agents/third"), meters.at("agents/second")];
    const nested = meters.call("agents/meter/nested", [{ friends }]);
    expect(await whileAdvancing(container, nested)).toEqual([2, 4]);
    await Promise.all([third.close(), meters.close()]);
  });

  it("may be those that an agent has connected to: passed to a neighbour, home, and to a third container", async () => {
    class Guest extends Agent {
      static override readonly exposed = ["name", "meet", "all"] as const;
      name(): string {
        return this.id;
      }
      meet(value: { friend: UntypedRemote }): Promise<unknown> {
        return value.friend["name"]();
      }
      async all(first: string, second: string): Promise<unknown> {
        const [a, b, own] = (await Promise.all(
          [first, second, "own"].map((at) => this.connect(at)),
        )) as UntypedRemote[];
        return Promise.all([own!["meet"]({ friend: a }), a!["meet"]({ friend: a }), a!["meet"]({ friend: b })]);
      }
    }
    const guests = async (id: string) => {
      const container = await Container.create({
        clock: new RealTimeClock({ factor: 0.01 }),
        address: "tcp://127.0.0.1:0",
      });
      open.push(container);
      return { container, url: container.spawn(Guest, { id }).addr };
    };
    const [first, second, here] = [await guests("first"), await guests("second"), await guests("here")];
    here.container.spawn(Guest, { id: "own" });
    const met = await here.container.call("here", "all", [first.url, second.url]);
    expect(met).toEqual(["first", "first", "second"]);
  });

  it("are refused with the reason once their connection is gone", async () => {
    const { container } = await metering();
    class Keeper extends Agent {
      static override readonly exposed = ["keep", "use"] as const;
      #kept: UntypedRemote | undefined;
      keep(value: UntypedRemote): void {
        this.#kept = value;
      }
      use(): Promise<unknown> {
        return this.#kept!["name"]();
      }
    }
    class Named {
      static readonly exposed = ["name"] as const;
      name(): string {
        return "it";
      }
    }
    container.spawn(Keeper, { id: "keeper" });
    const program = await connect(container.address!, { types: [DATE_TIME] });
    await whileAdvancing(container, program.call("agents/keeper/keep", [new Named()]));
    expect(await whileAdvancing(container, container.call("keeper", "use"))).toBe("it");
    await program.close();
    const gone = container.call("keeper", "use");
    await expect(whileAdvancing(container, gone)).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(CHANNEL_CLOSED|RPC_SERVICE_LOST)$/),
    });
  });
});

describe("keyword arguments of live peers", () => {
  class Offers extends Agent {
    static override readonly exposed = ["offer", "bare", "open"] as const;
    static readonly parameters = { offer: ["kw", "price"], open: ["first", "**others"] };
    offer(kw = 1, price = 10): number {
      return kw * price;
    }
    bare(kw: number): number {
      return kw;
    }
    open(first: number, others: Record<string, number>): unknown {
      return [first, others];
    }
  }

  async function peer(): Promise<{
    container: Container;
    call: (path: string, ...args: unknown[]) => Promise<unknown>;
  }> {
    const { container } = await metering();
    container.spawn(Offers, { id: "offers" });
    const connection = await connect(container.address!);
    const call = (path: string, ...args: unknown[]) =>
      whileAdvancing(container, connection.call(`agents/offers/${path}`, args));
    return { container, call };
  }

  it("are bound by the parameters that the class names", async () => {
    const { call } = await peer();
    expect(await call("offer", kwargs({ kw: 3 }))).toBe(30);
    expect(await call("offer", kwargs({ price: 5 }))).toBe(5);
    expect(await call("offer", 2, kwargs({ price: 5 }))).toBe(10);
    expect(await call("open", 1, kwargs({ a: 2, b: 3 }))).toEqual([1, { a: 2, b: 3 }]);
    expect(await call("open", 1)).toEqual([1, {}]);
  });

  it.each([
    ["bare", [kwargs({ kw: 3 })], /takes no keyword arguments/],
    ["offer", [kwargs({ watts: 3 })], /has no parameter "watts"; it has kw, price/],
    ["offer", [1, kwargs({ kw: 3 })], /two values for "kw"/],
    ["open", [1, 2], /takes 1 positional arguments/],
  ])("are refused otherwise: %s", async (method, args, message) => {
    const { call } = await peer();
    await expect(call(method, ...args)).rejects.toMatchObject({
      code: "ERR_RPC_ARGUMENTS",
      message: expect.stringMatching(message),
    });
  });
});

describe("services below an agent", () => {
  class Sub {
    static readonly exposed = ["mul"] as const;
    mul(a: number, b: number): number {
      return a * b;
    }
  }
  class WithSub extends Agent {
    static override readonly exposed = ["add"] as const;
    static readonly services = ["sub"] as const;
    readonly sub = new Sub();
    readonly secret = new Sub();
    add(a: number, b: number): number {
      return a + b;
    }
  }

  it("are called by peers and by agents, and only those that are listed", async () => {
    const { container } = await metering();
    container.spawn(WithSub, { id: "with/sub" });
    const connection = await connect(container.address!);
    const call = (path: string) => whileAdvancing(container, connection.call(`agents/with/sub/${path}`, [6, 7]));
    expect(await call("add")).toBe(13);
    expect(await call("sub/mul")).toBe(42);
    await expect(call("sub/nothing")).rejects.toMatchObject({ code: "ERR_RPC_NOT_FOUND" });
    await expect(call("secret/mul")).rejects.toMatchObject({ code: "ERR_AGENT_UNKNOWN" });
    expect(await whileAdvancing(container, container.call("with/sub", "sub/mul", [2, 3]))).toBe(6);
  });
});

describe("many large answers", () => {
  class Large extends Agent {
    static override readonly exposed = ["give", "take"] as const;
    give(bytes: number): Uint8Array {
      return new Uint8Array(bytes);
    }
    take(bytes: Uint8Array): number {
      return bytes.length;
    }
  }

  it("arrive all, and large arguments wait for their turn", async () => {
    const container = await Container.create({ address: "tcp://127.0.0.1:0" });
    open.push(container);
    container.spawn(Large, { id: "large" });
    class Asker extends Agent {
      static override readonly exposed = ["ask"] as const;
      async ask(url: string): Promise<number> {
        const large = (await this.connect(url)) as UntypedRemote;
        const given = (await large["give"](50_000)) as Uint8Array;
        return given.length + ((await large["take"](new Uint8Array(50_000))) as number);
      }
    }
    const { container: askers } = await visiting();
    const calls = Array.from({ length: 400 }, (_, n) => {
      askers.spawn(Asker, { id: `asker-${n}` });
      return askers.call(`asker-${n}`, "ask", [`${container.address}/large`]);
    });
    expect(new Set(await whileAdvancing(container, Promise.all(calls)))).toStrictEqual(new Set([100_000]));
  });
});

describe("a call-back within a step of a clock that is moved from outside", () => {
  it("fails with the reason long before its time-out, on the same connection and on another", async () => {
    class Caller extends Agent {
      static override readonly exposed = ["read"] as const;
      static override readonly outputs = ["got"] as const;
      got: unknown = null;
      read(n: number): number {
        return n;
      }
      async visit(url: string, own: unknown): Promise<void> {
        const meter = (await this.connect(url)) as UntypedRemote;
        this.got = await meter["relay"](own ?? this, 1).catch((error: { message: string }) => error.message);
      }
    }
    class Relay extends Agent {
      static override readonly exposed = ["relay"] as const;
      async relay(back: string | UntypedRemote, n: number): Promise<unknown> {
        const remote = typeof back === "string" ? ((await this.connect(back)) as UntypedRemote) : back;
        return remote["read"](n);
      }
    }
    const caller = await Container.create({ address: "tcp://127.0.0.1:0" });
    open.push(caller);
    const { container: others } = await visiting();
    others.spawn(Relay, { id: "relay" });
    caller.spawn(Caller, { id: "caller" });
    for (const own of [null, `${caller.address}/caller`]) {
      caller.input("caller", "visit", [`${others.address}/relay`, own]);
      const startMs = performance.now();
      await caller.advance(caller.clock.time() + 1);
      expect(caller.outputs("caller", ["got"])["got"]).toMatch(/within a step that waits for the caller's own answer/);
      expect(performance.now() - startMs).toBeLessThan(8000);
    }
  });
});

describe("where an agent is", () => {
  it("is its URL, or its id in a container that does not listen", async () => {
    const { container, visitor } = await visiting();
    expect(visitor.addr).toBe(`${container.address}/visitor`);
    const alone = await Container.create();
    open.push(alone);
    expect(alone.spawn(Visitor, { id: "v" }).addr).toBe("v");
  });

  it("is told by the text of its proxy", async () => {
    const { container, url } = await metering();
    const { visitor } = await visiting();
    const remote = (await whileAdvancing(container, visitor.connect(url))) as unknown as UntypedRemote;
    expect(String(remote)).toBe(`[remote ${url}]`);
    expect(String(remote["sub"])).toBe(`[remote ${url}/sub]`);
    expect(String(await whileAdvancing(container, container.call("meter", "me")))).toMatch(/meter/);
    expect(`${await visitor.connect("visitor")}`).toBe("[remote visitor]");
  });
});
