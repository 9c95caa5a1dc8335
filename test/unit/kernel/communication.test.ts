import { afterEach, describe, expect, it } from "vitest";
import { Agent, type CommunicationModel, Container, type LinkMessage } from "../../../src/index.ts";

class Node extends Agent {
  static override readonly exposed = ["take", "echo", "slow", "fail"] as const;
  static override readonly outputs = ["notes"] as const;
  notes: unknown[] = [];
  #note(what: string): void {
    this.notes.push(`${what} ${Number(this.clock.time().toFixed(6))}`);
  }
  take(what: unknown): void {
    this.#note(String(what));
  }
  echo(value: unknown): unknown {
    this.#note("asked");
    return value;
  }
  async slow(seconds: number): Promise<void> {
    await this.clock.sleep(seconds);
  }
  fail(): never {
    throw new RangeError("no");
  }
  async ask(peer: string, method: "echo" | "slow" | "fail", arg: number, timeout?: number): Promise<void> {
    const remote = await this.connect<typeof Node>(peer, timeout === undefined ? {} : { timeout });
    try {
      this.#note(`answer ${await (remote[method] as (arg: number) => Promise<unknown>)(arg)}`);
    } catch (error) {
      this.#note((error as { code: string }).code);
    }
  }
  tell(peer: string, n: number, gap = 0): void {
    for (let i = 0; i < n; i++) {
      if (gap === 0) this.send(peer, "take", [i]);
      else this.clock.callIn(i * gap, () => this.send(peer, "take", [i]));
    }
  }
}

let open: Container[] = [];
afterEach(async () => {
  await Promise.all(open.map((container) => container.close()));
  open = [];
});

async function nodes(communication: CommunicationModel, seed = 1, ids = ["a", "b", "c"]): Promise<Container> {
  const container = await Container.create({ communication, seed });
  open.push(container);
  for (const id of ids) container.spawn(Node, { id });
  await container.advance(0);
  return container;
}

const notesOf = (container: Container, id: string) => container.outputs(id, ["notes"])["notes"] as string[];

describe("a communication model", () => {
  it("delays each message of a link, answers and failures too", async () => {
    const container = await nodes({ links: { delay: 0.25 } });
    container.input("a", "ask", ["b", "echo", 7]);
    container.input("c", "ask", ["b", "fail", 7]);
    await container.advance(1);
    expect(await container.advance(2)).toBeUndefined();
    expect(notesOf(container, "a")).toEqual(["answer 7 1.5"]);
    expect(notesOf(container, "b")).toEqual(["asked 1.25"]);
    expect(notesOf(container, "c")).toEqual(["ERR_REMOTE 1.5"]);
  });

  it("takes the most special rule of a link, and leaves alone what an agent sends to itself", async () => {
    const container = await nodes({
      links: [{ delay: 1 }, { to: "b", delay: 2 }, { from: "a", delay: 3 }, { from: "a", to: "b", delay: 4 }],
    });
    for (const [from, to] of ["ab", "ac", "aa", "cb", "ca"]) container.input(from!, "tell", [to, 1]);
    await container.advance(0);
    await container.advance(9);
    expect(notesOf(container, "a")).toEqual(["0 0", "0 1"]);
    expect(notesOf(container, "b")).toEqual(["0 2", "0 4"]);
    expect(notesOf(container, "c")).toEqual(["0 3"]);
  });

  it("loses messages at the given rate, the same ones for a seed, and tells observers", async () => {
    const run = async (seed: number) => {
      const container = await nodes({ links: { loss: 0.3 } }, seed);
      const faults: string[] = [];
      container.attach((batch) => {
        for (const event of batch) if (event.kind === "fault") faults.push(event.code);
      });
      container.input("a", "tell", ["b", 1000]);
      await container.advance(1);
      const got = notesOf(container, "b").length;
      expect(faults).toEqual(Array(1000 - got).fill("ERR_MESSAGE_LOST"));
      return notesOf(container, "b");
    };
    const alone = await run(1);
    expect(alone.length).toBeGreaterThan(600);
    expect(alone.length).toBeLessThan(800);
    expect(await run(1)).toEqual(alone);
    expect(await run(2)).not.toEqual(alone);
  });

  it("draws for each link by itself", async () => {
    const run = async (others: boolean) => {
      const container = await nodes({ links: { loss: 0.5, jitter: 1 } });
      container.input("a", "tell", ["b", 100, 0.01]);
      if (others) for (const [from, to] of ["ac", "ca", "ba"]) container.input(from!, "tell", [to, 50]);
      await container.advance(0);
      await container.advance(5);
      return notesOf(container, "b");
    };
    expect(await run(true)).toEqual(await run(false));
  });

  it("varies the time on the way within the jitter, so that messages overtake each other", async () => {
    const container = await nodes({ links: { delay: 1, jitter: 2 } });
    container.input("a", "tell", ["b", 100, 0.01]);
    await container.advance(0);
    await container.advance(10);
    const arrivals = notesOf(container, "b").map((note) => note.split(" ").map(Number) as [number, number]);
    const took = arrivals.map(([i, at]) => at - i * 0.01);
    expect(arrivals).toHaveLength(100);
    expect(Math.min(...took)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...took)).toBeLessThanOrEqual(3);
    expect(Math.max(...took) - Math.min(...took)).toBeGreaterThan(1.5);
    expect(arrivals.map(([i]) => i)).not.toEqual([...arrivals.keys()]);
  });

  it("doubles messages; a call is still answered once", async () => {
    const container = await nodes({ links: { duplication: 1, delay: 1 } });
    container.input("a", "tell", ["b", 2]);
    container.input("c", "ask", ["a", "echo", 5]);
    await container.advance(0);
    await container.advance(9);
    expect(notesOf(container, "b")).toEqual(["0 1", "0 1", "1 1", "1 1"]);
    expect(notesOf(container, "a")).toEqual(["asked 1", "asked 1"]);
    expect(notesOf(container, "c")).toEqual(["answer 5 2"]);
  });

  it("lets messages leave one after the other at the bandwidth", async () => {
    // ["take", [i]] is 8 bytes of MsgPack: two arrays of 1 byte, a string of 5, an integer of 1.
    const container = await nodes({ links: { bandwidth: 16, delay: 1 } });
    container.input("a", "tell", ["b", 3]);
    container.input("a", "tell", ["c", 1]);
    await container.advance(0);
    await container.advance(9);
    expect(notesOf(container, "b")).toEqual(["0 1.5", "1 2", "2 2.5"]);
    expect(notesOf(container, "c")).toEqual(["0 1.5"]);
  });

  it("may be a function of sender, receiver and message", async () => {
    const seen: [string, string, LinkMessage][] = [];
    const container = await nodes({
      links: (from, to, message) => {
        seen.push([from, to, structuredClone(message)]);
        return message.kind === "request" ? { delay: 2 } : undefined;
      },
    });
    container.input("a", "ask", ["b", "echo", 3]);
    container.input("c", "tell", ["b", 1]);
    await container.advance(5);
    await container.advance(9);
    expect(notesOf(container, "a")).toEqual(["answer 3 7"]);
    expect(seen.sort(([a], [b]) => (a < b ? -1 : 1))).toEqual([
      ["a", "b", { kind: "request", method: "echo", content: [3], time: 5 }],
      ["b", "a", { kind: "reply", method: "echo", content: 3, time: 7 }],
      ["c", "b", { kind: "oneway", method: "take", content: [0], time: 5 }],
    ]);
  });

  it("fails the run when the function throws or gives a wrong link, naming it", async () => {
    for (const links of [() => ({ delay: -1 }), () => Promise.reject.call(undefined), () => ({ delay: 1e15 })]) {
      const container = await nodes({ links: links as () => { delay: number } });
      container.input("a", "tell", ["b", 1]);
      await expect(container.advance(1)).rejects.toMatchObject({
        code: "ERR_COMMUNICATION_LINK",
        agent: "a",
        message: expect.stringContaining("link from a to b"),
      });
    }
  });

  it("parts groups from the beginning of a partition until it is healed, those not named being one more", async () => {
    const container = await nodes({ partitions: [{ at: 2, until: 4, groups: [["a"]] }] }, 1, ["a", "b", "c"]);
    for (const t of [1.999999, 2, 3.999999, 4]) {
      for (const [from, to] of ["ab", "ba", "bc"]) container.input(from!, "tell", [to, 1]);
      await container.advance(t);
    }
    expect(notesOf(container, "b")).toEqual(["0 1.999999", "0 4"]);
    expect(notesOf(container, "a")).toEqual(["0 1.999999", "0 4"]);
    expect(notesOf(container, "c")).toEqual(["0 1.999999", "0 2", "0 3.999999", "0 4"]);
  });

  it("fails a lost call at its simulated time-out, of the proxy or else of the model", async () => {
    const container = await nodes({ links: { loss: 1 }, callTimeout: 3 });
    container.input("a", "ask", ["b", "echo", 1]);
    container.input("b", "ask", ["a", "echo", 1, 1.5]);
    await container.advance(1);
    expect(await container.advance(2)).toBe(2.5);
    await container.advance(9);
    expect(notesOf(container, "a")).toEqual(["ERR_CALL_TIMEOUT 4"]);
    expect(notesOf(container, "b")).toEqual(["ERR_CALL_TIMEOUT 2.5"]);
  });

  it("leaves a lost call without a time-out waiting", async () => {
    const container = await nodes({ links: { loss: 1 } });
    container.input("a", "ask", ["b", "echo", 1]);
    await container.advance(1);
    expect(await container.advance(1000)).toBeUndefined();
    expect(notesOf(container, "a")).toEqual([]);
  });

  it.each([
    [{ links: { delay: -1 } }, "delay"],
    [{ links: { delay: Number.NaN } }, "delay"],
    [{ links: { jitter: Infinity } }, "jitter"],
    [{ links: [{ from: "a", loss: 1.1 }] }, "loss of the link a to any"],
    [{ links: { duplication: -0.1 } }, "duplication"],
    [{ links: { bandwidth: 0 } }, "bandwidth"],
    [{ links: [{ delay: 1 }, { delay: 2 }] }, "two rules"],
    [{ callTimeout: 0 }, "timeout"],
    [{ partitions: [{ at: 3, until: 2, groups: [] }] }, "partition"],
    [{ partitions: [{ at: 3, groups: [["a"], ["a"]] }] }, "twice"],
  ] as [CommunicationModel, string][])("refuses %j", async (communication, text) => {
    const create = Container.create({ communication });
    await expect(create).rejects.toThrow(RangeError);
    await expect(create).rejects.toThrow(text);
  });

  it("that does nothing changes no trace", async () => {
    const hashes: string[] = [];
    for (const communication of [{}, { links: {} }, { links: () => undefined, callTimeout: 1e6 }]) {
      const container = await nodes(communication);
      container.input("a", "tell", ["b", 3]);
      container.input("c", "tell", ["b", 3]);
      await container.advance(1);
      hashes.push(container.traceHash());
    }
    expect(new Set(hashes).size).toBe(1);
  });
});

describe("a call's time-out", () => {
  it("is kept without any communication model, and leaves nothing when the answer comes first", async () => {
    const container = await Container.create();
    open.push(container);
    for (const id of ["a", "b"]) container.spawn(Node, { id });
    const ask = (seconds: number, timeout: number) => container.input("a", "ask", ["b", "slow", seconds, timeout]);
    await container.advance(0);
    ask(1, 2);
    expect(await container.advance(0)).toBe(1);
    expect(await container.advance(1)).toBeUndefined();
    ask(2, 1);
    ask(1, 1); // the answer comes in a later round than the time-out
    await container.advance(5);
    await container.advance(9);
    expect(notesOf(container, "a")).toEqual(["answer null 1", "ERR_CALL_TIMEOUT 6", "ERR_CALL_TIMEOUT 6"]);
  });

  it("fails the run if nobody handles it, naming the caller", async () => {
    class Careless extends Node {
      async forget(): Promise<void> {
        const peer = await this.connect<typeof Node>("b", { timeout: 1 });
        void peer.slow(5);
      }
    }
    const container = await Container.create();
    open.push(container);
    container.spawn(Careless, { id: "a" });
    container.spawn(Node, { id: "b" });
    container.input("a", "forget");
    await expect(container.advance(3).then(() => container.advance(9))).rejects.toMatchObject({
      code: "ERR_AGENT_REJECTION",
      agent: "a",
    });
  });

  it("must be above 0", async () => {
    class Hasty extends Node {
      async go(): Promise<void> {
        await this.connect("b", { timeout: 0 });
      }
    }
    const container = await Container.create();
    open.push(container);
    container.spawn(Hasty, { id: "a" });
    container.input("a", "go");
    await expect(container.advance(1)).rejects.toMatchObject({ code: "ERR_AGENT_FAILED", message: /timeout/ });
  });
});
