import { setTimeout as wallSleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, Bridge, Container } from "../../../src/index.ts";

/** Each of these was once wrong. */

let notes: unknown[] = [];
afterEach(() => {
  notes = [];
});

class Actor extends Agent {
  static override readonly exposed = ["take", "fail", "leave"] as const;
  take(what: string): void {
    notes.push(`${this.id} ${what} ${this.clock.time()}`);
  }
  fail(): never {
    throw new Error("no");
  }
  leave(): void {
    this.remove();
  }
}

async function one<C extends new () => Agent>(type: C): Promise<Container> {
  const container = await Container.create();
  container.spawn(type as unknown as typeof Actor, { id: "a" });
  await container.advance(0);
  return container;
}

describe("setup", () => {
  it("lets nothing overtake what waited for it", async () => {
    class Slow extends Actor {
      override async setup(): Promise<void> {
        await this.clock.sleep(1);
      }
    }
    class Sender extends Actor {
      go(): void {
        for (const [delay, what] of ["first", "second", "third"].entries()) this.send("a", "take", [what], { delay });
      }
    }
    const container = await Container.create();
    container.spawn(Slow, { id: "a" });
    container.spawn(Sender, { id: "s" });
    container.input("s", "go");
    await container.advance(0);
    await container.advance(5);
    expect(notes).toEqual(["a first 1", "a second 1", "a third 2"]);
  });

  it("does not lose what waits when the agent is removed before it ends", async () => {
    class Leaver extends Actor {
      override async setup(): Promise<void> {
        this.clock.callIn(1, () => this.remove());
        await this.clock.sleep(5);
      }
    }
    const container = await Container.create();
    container.spawn(Leaver, { id: "a" });
    const faults: string[] = [];
    container.attach((batch) =>
      faults.push(...batch.flatMap((event) => (event.kind === "fault" ? [event.message] : []))),
    );
    class Sender extends Actor {
      go(): void {
        this.send("a", "take", ["x"]);
      }
    }
    container.spawn(Sender, { id: "s" });
    container.input("s", "go");
    await container.advance(5);
    expect(faults).toEqual([expect.stringContaining("take from s is lost")]);
  });

  it("is warned about once for each sender and id if nobody ever had the id", async () => {
    const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    class Sender extends Actor {
      go(): void {
        for (const to of ["batery-1", "batery-2", "batery-1", "gone"]) this.send(to, "take", ["x"]);
      }
      override remove(): void {
        super.remove();
      }
    }
    const container = await Container.create();
    for (const id of ["s1", "s2", "gone"]) container.spawn(Sender, { id });
    container.input("gone", "remove");
    await container.advance(1);
    for (let t = 2; t < 4; t++) {
      for (const id of ["s1", "s2"]) container.input(id, "go");
      await container.advance(t);
    }
    const warnings = emitWarning.mock.calls.map(([text]) =>
      /agent "(s\d)" to "(\S+)" is lost/.exec(String(text))?.slice(1),
    );
    emitWarning.mockRestore();
    expect(warnings).toEqual([
      ["s1", "batery-1"],
      ["s1", "batery-2"],
      ["s2", "batery-1"],
      ["s2", "batery-2"],
    ]);
  });
});

describe("a drain", () => {
  it("goes on until no tick is left, however many, and whatever else the agent waits for", async () => {
    class Ticker extends Actor {
      async go(): Promise<void> {
        const sleeps = [1, 2, 3].map((dt) => this.clock.sleep(dt));
        for (let i = 0; i < 40; i++) await new Promise<void>((resolve) => process.nextTick(resolve));
        this.send("a", "take", ["after ticks"]);
        await Promise.all(sleeps);
      }
    }
    const container = await one(Ticker);
    const { nextTick } = process;
    container.input("a", "go");
    await container.advance(1);
    expect(notes).toEqual(["a after ticks 1"]);
    expect(process.nextTick).toBe(nextTick);
  });

  it("gives one order of ticks and microtasks, wherever advance is called from", async () => {
    class Both extends Actor {
      go(): void {
        process.nextTick(() => this.send("a", "take", ["tick"]));
        void Promise.resolve().then(() => this.send("a", "take", ["microtask"]));
      }
    }
    const hashes: string[] = [];
    for (const from of [() => undefined, () => wallSleep(1), () => new Promise((resolve) => setImmediate(resolve))]) {
      const container = await one(Both);
      container.input("a", "go");
      await from();
      await container.advance(1);
      hashes.push(container.traceHash());
      const timed = await one(Both);
      timed.input("a", "go");
      await new Promise<void>((resolve, reject) => {
        setTimeout(() => timed.advance(1).then(() => resolve(), reject), 1);
      });
      hashes.push(timed.traceHash());
    }
    expect(new Set(hashes).size).toBe(1);
  });
});

describe("code outside the simulation", () => {
  it("is foreign if it is an agent's, even with no handler open", async () => {
    let later = (): void => {};
    class Timed extends Actor {
      go(): void {
        later = () => {
          try {
            this.send("a", "take", ["foreign"]);
          } catch (error) {
            notes.push((error as { code: string }).code);
          }
        };
      }
    }
    const container = await one(Timed);
    container.input("a", "go");
    await container.advance(1);
    later();
    expect(notes).toEqual(["ERR_FOREIGN_AWAIT"]);
    await expect(container.advance(2)).rejects.toMatchObject({ code: "ERR_FOREIGN_AWAIT", agent: "a" });
  });

  it("may use an agent's proxy between advances, though a handler of the agent is open", async () => {
    class Sleeper extends Actor {
      async go(): Promise<void> {
        await this.clock.sleep(100);
      }
    }
    const container = await one(Sleeper);
    container.spawn(Actor, { id: "b" });
    container.input("a", "go");
    await container.advance(1);
    const agent = container.spawn(Sleeper, { id: "c" });
    const peer = await agent.connect<typeof Actor>("b");
    const call = peer.take("from outside");
    await container.advance(2);
    await call;
    expect(notes).toEqual(["b from outside 1"]);
  });
});

describe("removal", () => {
  it("does not fail the run by a wait that nobody awaits", async () => {
    class Waiting extends Actor {
      readonly door = this.future<void>();
      override setup(): void {
        void this.clock.sleep(100);
      }
    }
    const container = await one(Waiting);
    container.input("a", "leave");
    await expect(container.advance(1)).resolves.toBeUndefined();
  });
});

describe("close", () => {
  it("ends waits, lets stop use the API, and waits for it within bounds", async () => {
    class Worker extends Actor {
      #work: Promise<void> | undefined;
      async go(): Promise<void> {
        this.#work = this.clock.sleep(100);
        try {
          await this.#work;
        } finally {
          notes.push("finally");
        }
      }
      override async stop(): Promise<void> {
        this.log("bye");
        await this.#work?.catch((error) => notes.push(error.code));
      }
    }
    const container = await one(Worker);
    container.input("a", "go");
    await container.advance(1);
    const first = container.close();
    await container.close();
    expect(notes).toEqual(expect.arrayContaining(["finally", "ERR_AGENT_GONE"]));
    await first;
  });

  it("does not wait for ever for an agent that does not stop", async () => {
    class Stubborn extends Actor {
      override stop(): Promise<void> {
        return new Promise(() => {});
      }
    }
    const container = await Container.create({ limits: { stopTimeoutMs: 20 } });
    container.spawn(Stubborn);
    await expect(container.close()).rejects.toMatchObject({ code: "ERR_RUN_STOP" });
  });
});

describe("a failed run", () => {
  it("answers calls and refuses inputs at once", async () => {
    const container = await one(Actor);
    container.input("a", "fail");
    await expect(container.advance(1)).rejects.toMatchObject({ code: "ERR_AGENT_FAILED" });
    await expect(container.call("a", "take", ["x"])).rejects.toMatchObject({ code: "ERR_RUN_FAILED" });
    expect(() => container.input("a", "take", ["x"])).toThrow(expect.objectContaining({ code: "ERR_RUN_FAILED" }));
  });

  it("does not wait for I/O to say why", async () => {
    class Hanging extends Actor {
      async go(): Promise<void> {
        await this.external(() => new Promise(() => {}));
      }
    }
    const container = await one(Hanging);
    container.spawn(Actor, { id: "b" });
    container.input("a", "go");
    container.input("b", "fail");
    await expect(container.advance(1)).rejects.toMatchObject({ code: "ERR_AGENT_FAILED", agent: "b" });
  });

  it("says so when I/O makes a simulated call, which could never end", async () => {
    class Nested extends Actor {
      async go(): Promise<void> {
        const peer = await this.connect<typeof Actor>("a");
        await this.external(() => peer.take("x"));
      }
    }
    const container = await one(Nested);
    container.input("a", "go");
    await expect(container.advance(1)).rejects.toMatchObject({ code: "ERR_FOREIGN_AWAIT", agent: "a" });
  });

  it("keeps the code of the first failure when there are several", async () => {
    const container = await one(Actor);
    container.spawn(Actor, { id: "b" });
    await container.advance(1);
    for (const id of ["a", "b"]) container.input(id, "fail");
    await expect(container.advance(2)).rejects.toMatchObject({ code: "ERR_AGENT_FAILED", agent: "a", method: "fail" });
  });
});

describe("a constructor that throws", () => {
  it("leaves nothing behind for the next agent of that id", async () => {
    class Half extends Actor {
      constructor(whole: boolean) {
        super();
        this.clock.callIn(1, () => notes.push(`timer of ${whole}`));
        if (!whole) throw new Error("half");
      }
    }
    const container = await Container.create();
    expect(() => container.spawn(Half, { id: "a", args: [false] })).toThrow("half");
    container.spawn(Half, { id: "a", args: [true] });
    await container.advance(2);
    expect(notes).toEqual(["timer of true"]);
  });
});

describe("a bridge", () => {
  it("takes no input of a step that is refused", async () => {
    const container = await one(Actor);
    const bridge = new Bridge(container, { unitS: 1, ticksPerSecond: 1_000_000 });
    const take = (agent: string, what: string) => ({ agent, method: "take", args: [what] });
    await bridge.step(5, []);
    await expect(bridge.step(3, [take("a", "1")])).rejects.toMatchObject({ code: "ERR_BRIDGE_REPEATED" });
    await expect(bridge.step(6, [take("a", "2"), take("nobody", "2")])).rejects.toMatchObject({
      code: "ERR_AGENT_UNKNOWN",
    });
    await bridge.step(6, [take("a", "3")]);
    expect(notes).toEqual(["a 3 6"]);
  });
});

describe("dates", () => {
  it("take the present one, which is rounded to milliseconds, for the present", async () => {
    class Dated extends Actor {
      async go(): Promise<void> {
        await this.clock.sleep(0.0004);
        await this.clock.sleepUntil(this.clock.utcnow());
        notes.push(this.clock.time());
      }
    }
    const container = await one(Dated);
    container.input("a", "go");
    await container.advance(0);
    await container.advance(1);
    expect(notes).toEqual([0.0004]);
  });
});
