import { afterEach, describe, expect, it } from "vitest";
import { Agent, Container } from "../../../src/agent/index.ts";

let notes: unknown[] = [];
afterEach(() => {
  notes = [];
});

class Worker extends Agent {
  static override readonly exposed = ["add", "fail", "slow", "keep", "relay", "spin", "nothing"] as const;
  kept: number[] = [];
  add(a: number, b: number): number {
    return a + b;
  }
  fail(): never {
    throw Object.assign(new TypeError("no such thing"), { code: "E_MINE" });
  }
  async slow(dt: number): Promise<string> {
    await this.clock.sleep(dt);
    return `${this.id} at ${this.clock.time()}`;
  }
  keep(list: number[]): number[] {
    list.push(99);
    this.kept = list;
    return list;
  }
  async relay(chain: string[]): Promise<string> {
    const [next, ...rest] = chain;
    if (next === undefined) return this.id;
    const remote = await this.connect<typeof Worker>(next);
    return `${this.id}>${await remote.relay(rest)}`;
  }
  async spin(peer: string): Promise<void> {
    const remote = await this.connect<typeof Worker>(peer);
    void remote.spin(this.id).catch(() => {});
  }
  nothing(): void {}
}

class Caller extends Agent {
  async run(code: string, ...args: unknown[]): Promise<void> {
    const peer = await this.connect<typeof Worker>("w");
    const call = (peer as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[code];
    try {
      notes.push(await call?.(...args));
    } catch (error) {
      const { name, code: errorCode, remoteName, message } = error as Error & { code: string; remoteName: string };
      notes.push({ name, code: errorCode, remoteName, message });
    }
  }
}

async function pair(): Promise<Container> {
  const container = await Container.create();
  container.spawn(Worker, { id: "w" });
  container.spawn(Caller, { id: "c" });
  await container.advance(0);
  return container;
}

describe("calls between agents", () => {
  it("return a result after two rounds, at the same time", async () => {
    const container = await pair();
    const before = container.counts.rounds;
    container.input("c", "run", ["add", 2, 3]);
    await container.advance(1);
    expect(notes).toEqual([5]);
    expect(container.counts.rounds - before).toBe(3);
  });

  it("give the caller the error, with code, name and message, and the callee goes on", async () => {
    const container = await pair();
    container.input("c", "run", ["fail"]);
    await container.advance(1);
    expect(notes).toEqual([{ name: "RemoteError", code: "E_MINE", remoteName: "TypeError", message: "no such thing" }]);
    container.input("c", "run", ["nothing"]);
    await container.advance(2);
    expect(notes[1]).toBeNull();
  });

  it.each(["constructor", "toString", "__proto__", "setup", "kept", "random"])(
    "refuse %s, which is not exposed",
    async (method) => {
      const container = await pair();
      const call = container.call("w", method);
      call.catch(() => {});
      await container.advance(1);
      await expect(call).rejects.toMatchObject({ code: "ERR_RPC_NOT_EXPOSED" });
    },
  );

  it("copy what goes in and what comes out", async () => {
    class Sharer extends Agent {
      mine = [1];
      async go(): Promise<void> {
        const remote = await this.connect<typeof Worker>("w");
        const back = await remote.keep(this.mine);
        back.push(7);
        notes.push(this.mine, back);
      }
    }
    const container = await Container.create();
    const worker = container.spawn(Worker, { id: "w" });
    container.spawn(Sharer, { id: "s" });
    container.input("s", "go");
    await container.advance(0);
    expect(notes).toEqual([[1], [1, 99, 7]]);
    expect(worker.kept).toEqual([1, 99]);
  });

  it("refuse a value that cannot cross, at the sender and with the path", async () => {
    const container = await pair();
    class Sender extends Agent {
      async go(): Promise<void> {
        const remote = await this.connect<typeof Worker>("w");
        await remote.keep([1, (() => {}) as unknown as number]).catch((error) => notes.push(error.path));
      }
    }
    container.spawn(Sender, { id: "s" });
    container.input("s", "go");
    await container.advance(1);
    expect(notes[0]).toContain("[0][1]");
  });

  it("tell of an agent that does not exist", async () => {
    class Lost extends Agent {
      async go(): Promise<void> {
        const remote = await this.connect<typeof Worker>("nobody");
        await remote.nothing().catch((error) => notes.push(error.code, error.message));
      }
    }
    const container = await Container.create();
    container.spawn(Lost, { id: "l" });
    container.input("l", "go");
    await container.advance(0);
    expect(notes).toEqual(["ERR_AGENT_UNKNOWN", 'there is no agent "nobody"']);
  });

  it("nest to any depth within one time", async () => {
    const container = await Container.create();
    const ids = Array.from({ length: 20 }, (_, i) => `w${i}`);
    for (const id of ids) container.spawn(Worker, { id });
    const [first, ...rest] = ids;
    const call = container.call(first!, "relay", [rest]);
    await container.advance(0);
    expect(await call).toBe(ids.join(">"));
  });

  it("stay open over advances while the callee waits for a later time", async () => {
    const container = await pair();
    container.input("c", "run", ["slow", 10]);
    expect(await container.advance(1)).toBe(11);
    expect(notes).toEqual([]);
    await container.advance(20);
    expect(notes).toEqual(["w at 11"]);
  });

  it("that never end are an error which names the agents", async () => {
    const container = await Container.create({ limits: { roundsMax: 50 } });
    for (const id of ["x", "y", "z"]) container.spawn(Worker, { id });
    const call = container.call("x", "spin", ["y"]);
    call.catch(() => {});
    await expect(container.advance(0)).rejects.toMatchObject({
      code: "ERR_ZENO",
      message: expect.stringMatching(/50 rounds at 0 s.*x, y$/),
    });
    await expect(container.advance(1)).rejects.toMatchObject({ code: "ERR_RUN_FAILED" });
  });

  it("have one-way messages, with a delay if asked", async () => {
    class Poster extends Agent {
      static override readonly exposed = ["note"] as const;
      note(text: string): void {
        notes.push(`${this.id} ${text} ${this.clock.time()}`);
      }
      go(): void {
        this.send("p2", "note", ["later"], { delay: 2.5 });
        this.send("p2", "note", ["now"]);
        this.send("gone", "note", ["lost"]);
      }
    }
    const container = await Container.create();
    for (const id of ["p1", "p2"]) container.spawn(Poster, { id });
    const faults: unknown[] = [];
    container.attach((batch) => faults.push(...batch.filter((event) => event.kind === "fault")));
    container.input("p1", "go");
    await container.advance(1);
    await container.advance(9);
    expect(notes).toEqual(["p2 now 1", "p2 later 3.5"]);
    expect(faults).toEqual([expect.objectContaining({ code: "ERR_AGENT_UNKNOWN", agent: "gone" })]);
  });

  it("are served in the order of receiver, sender and sending, whoever was made first", async () => {
    class Bell extends Agent {
      static override readonly exposed = ["ring"] as const;
      ring(from: string): void {
        notes.push(`${this.id}<${from}`);
      }
      go(): void {
        for (const to of ["b", "a"]) for (const n of [1, 2]) this.send(to, "ring", [`${this.id}${n}`]);
      }
    }
    const container = await Container.create();
    for (const id of ["b", "10", "a", "9"]) container.spawn(Bell, { id });
    for (const id of ["9", "b", "10"]) container.input(id, "go");
    await container.advance(0);
    expect(notes).toEqual([
      "a<101",
      "a<102",
      "a<91",
      "a<92",
      "a<b1",
      "a<b2",
      "b<101",
      "b<102",
      "b<91",
      "b<92",
      "b<b1",
      "b<b2",
    ]);
  });
});
