import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { AgentSimulator, agentModel } from "../../../adapters/mosaik/index.ts";
import { Agent, Container, Platform, Recording, replay, Topology, type TraceEvent } from "../../../src/index.ts";

/** Whom an agent knows, who has asked it, and what several answer to it. */
let heard: unknown[] = [];
let containers: Container[] = [];
afterEach(async () => {
  heard = [];
  await Promise.all(containers.map((container) => container.close()));
  containers = [];
});

async function create(options = {}): Promise<Container> {
  const container = await Container.create(options);
  containers.push(container);
  return container;
}

/** What was given to agents arrives now; what comes of it by then is settled. */
async function settle(container: Container, until: number): Promise<number | undefined> {
  await container.advance(0);
  return container.advance(until);
}

class Member extends Agent {
  static override readonly exposed = ["hear", "bid", "later", "nap", "known", "relay"] as const;
  readonly senderAtBirth = this.sender;
  override setup(): void {
    if (this.senderAtBirth !== undefined || this.sender !== undefined) heard.push("nobody has sent a birth");
  }
  hear(what: unknown): void {
    heard.push([this.id, this.sender, what]);
  }
  tell(what: unknown): void {
    this.broadcast("hear", what);
  }
  async bid(kw: number): Promise<number> {
    const { sender } = this;
    await this.clock.sleep(kw);
    if (sender === undefined) throw new RangeError("nobody asks");
    if (this.id === "b") throw new RangeError("no");
    return kw + this.id.charCodeAt(0);
  }
  async later(): Promise<string | undefined> {
    await this.clock.sleep(0);
    return this.sender;
  }
  nap(): Promise<void> {
    return this.clock.sleep(5);
  }
  known(): string[] {
    return this.neighbours<typeof Member>().map(String);
  }
  relay(to: string): void {
    this.clock.callIn(1, () => heard.push(["timer", this.sender]));
    this.task(() => heard.push(["task", this.sender]));
    this.send(to, "hear", ["relayed"]);
  }
  async ask(within: number, kw = 1): Promise<void> {
    const { answers, refusals, late } = await this.gather(this.neighbours<typeof Member>(), "bid", [kw], { within });
    heard.push({
      answers: answers.map(({ id, value, peer }) => [id, value, String(peer)]),
      refusals: refusals.map(({ id, error }) => [id, error.code, error.message]),
      late,
      time: this.clock.time(),
    });
  }
  async askIds(ids: string[], method: string, args: unknown[], within: number): Promise<void> {
    heard.push(await this.gather<number>(ids, method, args, { within }).catch((error) => error));
  }
  async askAny(peers: unknown, options: unknown): Promise<void> {
    heard.push(
      await this.gather(peers as string[], "bid", [1], options as never).catch((error) => [error.code, error.message]),
    );
  }
  bear(id: string): void {
    this.spawn(Member, { id, neighbours: [this.id, "a"] });
  }
  leave(): void {
    this.remove();
  }
}

async function ring(ids: string[], options = {}): Promise<Container> {
  const container = await create(options);
  const topology = Topology.ring(ids);
  for (const id of ids) container.spawn(Member, { id, neighbours: topology.neighbours(id) });
  return container;
}

describe("neighbours", () => {
  it("are proxies in the order of the topology, and broadcast reaches them", async () => {
    const container = await ring(["c", "a", "b", "d"]);
    const known = container.call("a", "known");
    container.input("a", "tell", [{ kw: 3 }]);
    await container.advance(0);
    expect(await known).toEqual(["[remote c]", "[remote b]"]);
    expect(heard).toEqual([
      ["b", "a", { kw: 3 }],
      ["c", "a", { kw: 3 }],
    ]);
  });

  it("are none if nobody has said so", async () => {
    const container = await create();
    container.spawn(Member, { id: "a" });
    container.spawn(Member, { id: "b", neighbours: [] });
    const known = [container.call("a", "known"), container.call("b", "known")];
    container.input("a", "tell", [1]);
    await container.advance(0);
    expect(await Promise.all(known)).toEqual([[], []]);
    expect(heard).toEqual([]);
  });

  it("are given by an agent to its child", async () => {
    const container = await ring(["a", "b", "c"]);
    container.input("c", "bear", ["child"]);
    await container.advance(0);
    const known = container.call("child", "known");
    await container.advance(0);
    expect(await known).toEqual(["[remote c]", "[remote a]"]);
  });

  it.each([
    [["a"], "ERR_AGENT_NEIGHBOURS", /its own neighbour/],
    [["b", "b"], "ERR_AGENT_NEIGHBOURS", /"b" is there twice/],
    [["b c"], "ERR_AGENT_ID", /white space/],
    ["b", "ERR_OPTION_TYPE", /neighbours must be an array/],
    [Array.from({ length: 100_001 }, (_, i) => `n${i}`), "ERR_AGENT_NEIGHBOURS", /at most 100000/],
  ])("are ids, each once: %#", async (neighbours, code, message) => {
    const container = await create();
    const spawn = () => container.spawn(Member, { id: "a", neighbours: neighbours as string[] });
    expect(spawn).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
    container.spawn(Member, { id: "a" }); // nothing was made of it
  });
});

describe("the sender of a message", () => {
  it("is known in a handler until its first await", async () => {
    const container = await ring(["a", "b"]);
    container.input("a", "relay", ["b"]);
    const fromOutside = container.call("a", "hear", ["from outside"]);
    await settle(container, 2);
    await fromOutside;
    expect(heard).toEqual([
      ["task", undefined],
      ["a", undefined, "from outside"],
      ["b", "a", "relayed"],
      ["timer", undefined],
    ]);
  });

  it.each([false, true])("is refused after an await, observed or not: %s", async (observed) => {
    const container = await ring(["a", "b"]);
    if (observed) container.attach(() => {});
    const answer = container.call("a", "later");
    await container.advance(0);
    await expect(answer).rejects.toMatchObject({
      code: "ERR_AGENT_SENDER",
      message: expect.stringContaining("const { sender } = this"),
    });
  });
});

describe("gather", () => {
  it("gives answers and refusals in the order of the peers", async () => {
    const container = await create();
    container.spawn(Member, { id: "m", neighbours: ["z", "b", "a", "gone"] });
    for (const id of ["a", "b", "z"]) container.spawn(Member, { id });
    container.input("m", "ask", [10]);
    expect(await settle(container, 5)).toBeUndefined(); // all have answered: no deadline is left
    expect(heard).toEqual([
      {
        answers: [
          ["z", 123, "[remote z]"],
          ["a", 98, "[remote a]"],
        ],
        refusals: [
          ["b", "ERR_REMOTE", "no"],
          ["gone", "ERR_AGENT_UNKNOWN", 'there is no agent "gone"'],
        ],
        late: [],
        time: 1,
      },
    ]);
  });

  it("ends at the deadline; who answers at it or later is late, and dropped", async () => {
    const container = await create();
    container.spawn(Member, { id: "m", neighbours: ["a", "b"] });
    for (const id of ["a", "b"]) container.spawn(Member, { id });
    const events: TraceEvent[] = [];
    container.attach((batch) => void events.push(...batch));
    container.input("m", "ask", [1]);
    container.input("m", "ask", [0.5]);
    expect(await settle(container, 3)).toBeUndefined();
    expect(heard).toMatchObject([
      { answers: [], refusals: [], late: ["a", "b"], time: 0.5 },
      { answers: [], refusals: [], late: ["a", "b"], time: 1 },
    ]);
    const logged = events.filter((event) => event.kind === "log");
    expect(logged).toMatchObject([
      {
        agent: "m",
        ticks: 500_000,
        message: "gather: the answers of 2 of 2 to bid are late",
        fields: { late: ["a", "b"] },
      },
      { agent: "m", ticks: 1_000_000 },
    ]);
    expect(logged[0]).toHaveProperty("cause", expect.stringMatching(/^m#/)); // the deadline
  });

  it("takes ids, and waits for nobody if there are none", async () => {
    const container = await ring(["a", "b", "c"]);
    container.input("a", "askIds", [["c"], "bid", [2], 3]);
    container.input("a", "askIds", [[], "bid", [2], 3]);
    await settle(container, 3);
    expect(heard).toEqual([
      { answers: [], refusals: [], late: [] },
      { answers: [{ id: "c", peer: "c", value: 101 }], refusals: [], late: [] },
    ]);
  });

  it("sends nothing if the arguments cannot cross", async () => {
    class Wrong extends Member {
      async askWrongly(): Promise<void> {
        heard.push(await this.gather(["b", "c"], "bid", [() => 1], { within: 1 }).catch((error) => error.name));
      }
    }
    const container = await create();
    container.spawn(Wrong, { id: "a" });
    for (const id of ["b", "c"]) container.spawn(Member, { id });
    container.input("a", "askWrongly");
    await container.advance(0);
    expect(heard).toEqual(["ValueError"]);
    expect(container.counts.deliveries).toEqual([1, 0, 0, 0, 0, 0, 0]);
  });

  it.each([
    [["b", "b"], { within: 1 }, "ERR_AGENT_PEER", /"b" is there twice/],
    [["tcp://127.0.0.1:1/b"], { within: 1 }, "ERR_AGENT_PEER", /of this run/],
    [[7], { within: 1 }, "ERR_AGENT_PEER", /got 7/],
    ["b", { within: 1 }, "ERR_OPTION_TYPE", /peers must be an array/],
    [["b"], { within: 0 }, "ERR_OPTION_RANGE", /within must be a finite number > 0 seconds, got 0/],
    [["b"], { within: Infinity }, "ERR_OPTION_RANGE", /within/],
    [["b"], {}, "ERR_OPTION_TYPE", /within/],
    [["b"], { whithin: 1 }, "ERR_OPTION_UNKNOWN", /did you mean "within"/],
  ])("refuses %j, %j", async (peers, options, code, message) => {
    const container = await ring(["a", "b"]);
    container.input("a", "askAny", [peers, options]);
    await container.advance(0);
    expect(heard).toEqual([[code, expect.stringMatching(message)]]);
  });

  it("leaves nothing behind, be it that peers or the agent itself end meanwhile", async () => {
    const container = await ring(["a", "b", "c"]);
    container.input("a", "askIds", [["b", "c"], "nap", [], 9]);
    container.input("b", "askIds", [["a", "c"], "nap", [], 9]);
    await settle(container, 1);
    container.input("b", "leave");
    await container.advance(1);
    expect(await container.advance(9)).toBeUndefined();
    expect(heard).toEqual([
      expect.objectContaining({ code: "ERR_AGENT_GONE", agent: "b" }),
      {
        answers: [{ id: "c", peer: "c", value: null }],
        refusals: [
          { id: "b", peer: "b", error: expect.objectContaining({ name: "RemoteError", code: "ERR_AGENT_GONE" }) },
        ],
        late: [],
      },
    ]);
  });

  it("takes a peer's own failed call for a refusal, whatever its code", async () => {
    class Broker extends Agent {
      static override readonly exposed = ["pass"] as const;
      async pass(): Promise<void> {
        const slow = await this.connect<typeof Member>("c", { timeout: 1 });
        await slow.nap();
      }
    }
    const container = await ring(["a", "c"]);
    container.spawn(Broker, { id: "broker" });
    container.input("a", "askIds", [["broker"], "pass", [], 3]);
    await settle(container, 6);
    expect(heard).toMatchObject([{ refusals: [{ id: "broker", error: { code: "ERR_CALL_TIMEOUT" } }], late: [] }]);
  });
});

it("a platform's spawn names neighbours, too", async () => {
  const module = new URL("../../support/neighbour-agents.ts", import.meta.url);
  const platform = await Platform.create({ containers: 2, module });
  try {
    await platform.spawn("Walker", { id: "a", neighbours: ["b"] });
    await platform.spawn("Walker", { id: "b", neighbours: ["a"] });
    const known = [platform.call("a", "known"), platform.call("b", "known")];
    await platform.advance(0);
    expect(await Promise.all(known)).toEqual([["[remote b]"], ["[remote a]"]]);
    const spawn = platform.spawn("Walker", { id: "c", neighbours: ["c"] });
    await expect(spawn).rejects.toMatchObject({ code: "ERR_AGENT_NEIGHBOURS" });
  } finally {
    await platform.close();
  }
});

it("an AgentSimulator gives its entities a topology", async () => {
  const topology = Topology.star("a", ["b", "c"]);
  const simulator = new AgentSimulator({ models: { Member: agentModel(Member) }, topology });
  await simulator.init("Members", { timeResolution: 1 });
  for (const eid of ["a", "b", "stranger"]) await simulator.create(1, "Member", { eid });
  const known = ["a", "b", "stranger"].map((id) => simulator.container.call(id, "known"));
  await simulator.step(0, {});
  expect(await Promise.all(known)).toEqual([["[remote b]", "[remote c]"], ["[remote a]"], []]);
  await simulator.finalize();
  const wrong = () => new AgentSimulator({ models: { Member: agentModel(Member) }, topology: {} as never });
  expect(wrong).toThrow(/topology must be a Topology of agents/);
});

it("a replay knows neighbours, and whoever gathered", async () => {
  const path = join(await mkdtemp(join(tmpdir(), "neighbours-")), "run.mcap");
  const container = await ring(["a", "b", "c"], { record: new Recording(path) });
  container.input("c", "bear", ["child"]);
  container.input("a", "ask", [0.5, 0.5]);
  container.input("c", "tell", ["hello"]);
  await settle(container, 2);
  const hash = container.traceHash();
  await container.close();
  expect(heard).toHaveLength(3);
  expect(await replay(path, { classes: { Member } })).toMatchObject({ difference: undefined, traceHash: hash });
});
