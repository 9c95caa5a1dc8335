import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { Agent, Container } from "../../../src/agent/index.ts";
import { RealTimeClock } from "../../../src/clock/index.ts";
import { connect, serve, type UntypedRemote } from "../../../src/rpc/index.ts";

/** Longer than any call waits that is taken for a call-back, in milliseconds of the wall. */
const LONG_MS = 1500;

class Home extends Agent {
  static override readonly exposed = ["read", "ask"] as const;
  static override readonly outputs = ["got"] as const;
  got: unknown = null;
  read(n: number): number {
    return n;
  }
  async ask(url: string, ...args: unknown[]): Promise<void> {
    const peer = (await this.connect(url)) as UntypedRemote;
    this.got = await peer["relay"](...args).catch(({ message }: Error) => message);
  }
}

/** Answers at once, or asks on: the next of the agents, the last of which is called at `read`. */
class Relay extends Agent {
  static override readonly exposed = ["relay"] as const;
  static gate: Promise<unknown> = Promise.resolve();
  async relay(...urls: string[]): Promise<unknown> {
    const [next, ...rest] = urls;
    if (next === undefined) return this.external(() => Relay.gate);
    const peer = (await this.connect(next)) as UntypedRemote;
    return rest.length === 0 ? peer["read"](1) : peer["relay"](...rest);
  }
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((home) => home.close()));
});

async function home(id: string): Promise<{ container: Container; url: string }> {
  const container = await Container.create({ address: "tcp://127.0.0.1:0" });
  open.push(container);
  const { addr: url } = container.spawn(Home, { id });
  await container.advance(0);
  return { container, url };
}

async function relay(): Promise<{ container: Container; url: string }> {
  const clock = new RealTimeClock({ factor: 0.01 });
  const container = await Container.create({ clock, address: "tcp://127.0.0.1:0" });
  open.push(container);
  return { container, url: container.spawn(Relay, { id: "relay" }).addr };
}

describe("a call-back by others, within a step that waits", () => {
  it.each([1, 2, 3])("fails with the reason through %i containers", async (count) => {
    const { container, url } = await home("home");
    const relays = await Promise.all(Array.from({ length: count }, relay));
    const [first, ...more] = [...relays.map((other) => other.url), url];
    container.input("home", "ask", [first, ...more]);
    await container.advance(1);
    expect(container.outputs("home", ["got"])["got"]).toMatch(/within a step that waits for the caller's own answer/);
  });

  it("is found when two steps wait for each other", async () => {
    const [a, b] = [await home("a"), await home("b")];
    // Both ask a relay that asks the other one: each waits for what only the other one's next step would answer.
    const [first, second] = [await relay(), await relay()];
    a.container.input("a", "ask", [first.url, b.url]);
    b.container.input("b", "ask", [second.url, a.url]);
    await Promise.race([a.container.advance(1), b.container.advance(1)]);
    const got = [a, b].map(({ container }, i) => container.outputs(["a", "b"][i]!, ["got"])["got"]);
    expect(got.join()).toMatch(/within a step that waits/);
  });
});

describe("another call that meets a step that takes long", () => {
  it("waits for the next step: of a program, and of a container that serves somebody else", async () => {
    const { container, url } = await home("home");
    const [slow, other] = [await relay(), await relay()];
    let release = (_value: unknown): void => {};
    Relay.gate = new Promise((resolve) => {
      release = resolve;
    });
    container.input("home", "ask", [slow.url]);
    const step = container.advance(1);
    const program = await connect(container.address!);
    open.push(program);
    const calls = [program.call("agents/home/read", [5]), other.container.call("relay", "relay", [url])];
    const settled: unknown[] = [];
    for (const call of calls)
      call.then(
        (value) => settled.push(value),
        (error) => settled.push(error),
      );
    await pause(LONG_MS);
    expect(settled).toEqual([]);
    release("late");
    await step;
    await container.advance(2);
    expect(await Promise.all(calls)).toEqual([5, 1]);
    expect(container.outputs("home", ["got"])).toEqual({ got: "late" });
  });

  it("is suspected if nobody can tell: the step waits for a peer that is no container, as the caller is none", async () => {
    const { container } = await home("home");
    const program = await connect(container.address!);
    open.push(program);
    const agents = {
      validate_aid: () => "Foreign",
      agents: new Map([["foreign", { relay: () => program.call("agents/home/read", [1]) }]]),
    };
    const foreign = await serve("tcp://127.0.0.1:0", agents);
    open.push(foreign);
    container.input("home", "ask", [`${foreign.address}/foreign`]);
    await container.advance(1);
    expect(container.outputs("home", ["got"])["got"]).toMatch(/within a step that waits for the caller's own answer/);
  });
});
