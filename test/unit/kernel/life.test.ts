import { afterEach, describe, expect, it } from "vitest";
import { Agent, Container } from "../../../src/agent/index.ts";

let notes: unknown[] = [];
afterEach(() => {
  notes = [];
});

class Child extends Agent {
  static override readonly exposed = ["hello", "wait", "leave", "grow"] as const;
  readonly #name: string;
  constructor(name = "child") {
    super();
    this.#name = name;
  }
  override async setup(): Promise<void> {
    await this.clock.sleep(1);
    notes.push(`${this.id} ready ${this.clock.time()}`);
  }
  override stop(): void {
    notes.push(`${this.id} stop`);
  }
  hello(): string {
    return `${this.#name} at ${this.clock.time()}`;
  }
  async wait(): Promise<void> {
    try {
      await this.clock.sleep(100);
    } finally {
      notes.push(`${this.id} finally`);
    }
  }
  leave(): void {
    this.clock.callIn(5, () => notes.push("never"));
    this.remove();
  }
  async grow(): Promise<string> {
    const child = this.spawn(Child, { args: ["grandchild"] });
    return child.hello();
  }
}

describe("life of an agent", () => {
  it("holds messages back until its setup has settled", async () => {
    const container = await Container.create();
    container.spawn(Child, { id: "a" });
    const call = container.call("a", "hello");
    await container.advance(0.5);
    expect(notes).toEqual([]);
    await container.advance(2);
    expect(await call).toBe("child at 1");
  });

  it("bounds what waits for a setup", async () => {
    const container = await Container.create({ limits: { setupInboxMax: 2 } });
    container.spawn(Child, { id: "a" });
    const calls = Array.from({ length: 3 }, () => container.call("a", "hello"));
    const outcome = Promise.allSettled(calls);
    await container.advance(2);
    expect((await outcome).map((result) => result.status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    await expect(calls[2]).rejects.toMatchObject({ code: "ERR_AGENT_INBOX_FULL" });
  });

  it("ends the waits of its code with an error that says who has ended, and has no stack", async () => {
    const seen: unknown[] = [];
    class Sleeper extends Agent {
      override setup(): void {
        for (const wait of [() => this.clock.sleep(9), () => this.future().promise]) {
          this.task(() => wait().catch((error) => seen.push(error)));
        }
      }
    }
    const container = await Container.create();
    container.spawn(Sleeper, { id: "a" });
    await container.advance(1);
    await container.close();
    const gone = { name: "AgentError", code: "ERR_AGENT_GONE", message: 'agent "a" was removed', agent: "a" };
    expect(seen).toMatchObject([gone, gone]);
    expect(seen.map((error) => (error as Error).stack?.split("\n").length)).toEqual([1, 1]);
    expect(new Error("later").stack?.split("\n").length).toBeGreaterThan(1);
  });

  it("stops all agents when it closes, and tells of the first in order that fails", async () => {
    class Stopping extends Agent {
      readonly #how: string;
      constructor(how: string) {
        super();
        this.#how = how;
      }
      override stop(): void | Promise<void> {
        notes.push(this.#how);
        if (this.#how === "throws") throw new Error("at once");
        if (this.#how === "rejects") return Promise.resolve().then(() => Promise.reject(new Error("later")));
      }
    }
    const container = await Container.create();
    for (const how of ["returns", "rejects", "throws"]) container.spawn(Stopping, { args: [how] });
    await container.advance(1);
    await expect(container.close()).rejects.toMatchObject({ code: "ERR_RUN_STOP", message: /later/ });
    expect(notes).toEqual(["returns", "rejects", "throws"]);
  });

  it("names children after their parent and delivers to them once they are ready", async () => {
    const container = await Container.create();
    container.spawn(Child, { id: "a" });
    const call = container.call("a", "grow");
    await container.advance(5);
    expect(await call).toBe("grandchild at 2");
    expect(notes).toEqual(["a ready 1", "a/0 ready 2"]);
  });

  it("ends with its waits rejected, its callers answered and its timers gone", async () => {
    const container = await Container.create();
    container.spawn(Child, { id: "a" });
    await container.advance(2);
    const open = container.call("a", "wait");
    open.catch(() => {});
    await container.advance(3);
    const left = container.call("a", "leave");
    const next = await container.advance(4);
    await left;
    await expect(open).rejects.toMatchObject({ code: "ERR_AGENT_GONE" });
    expect(next).toBeUndefined();
    await container.advance(200);
    expect(notes).toEqual(["a ready 1", "a stop", "a finally"]);
    await expect(async () => container.input("a", "hello")).rejects.toMatchObject({ code: "ERR_AGENT_UNKNOWN" });
    const late = container.call("a", "hello");
    late.catch(() => {});
    await container.advance(201);
    await expect(late).rejects.toMatchObject({ code: "ERR_AGENT_GONE" });
  });

  it("uses an id once in a run", async () => {
    const container = await Container.create();
    container.spawn(Child, { id: "a" });
    expect(() => container.spawn(Child, { id: "a" })).toThrow(expect.objectContaining({ code: "ERR_AGENT_DUPLICATE" }));
    for (const id of ["", "@x", "a b", "a#1", "x".repeat(256)]) {
      expect(() => container.spawn(Child, { id })).toThrow(expect.objectContaining({ code: "ERR_AGENT_ID" }));
    }
    expect([container.spawn(Child).id, container.spawn(Child).id]).toEqual(["0", "1"]);
  });

  it("fails the step when a child cannot be made, and names it", async () => {
    class Parent extends Agent {
      go(): void {
        this.spawn(Child, { id: "p" });
      }
    }
    const container = await Container.create();
    container.spawn(Parent, { id: "p" });
    container.input("p", "go");
    await expect(container.advance(0)).rejects.toMatchObject({ code: "ERR_AGENT_FAILED", message: /spawn of p/ });
  });

  it("cannot begin outside a container", () => {
    expect(() => new Child()).toThrow(expect.objectContaining({ code: "ERR_AGENT_CONSTRUCTED" }));
  });

  it("stops with its container, once", async () => {
    const container = await Container.create();
    container.spawn(Child, { id: "a" });
    const call = container.call("a", "hello");
    call.catch(() => {});
    await container.close();
    await container.close();
    expect(notes).toEqual(["a stop"]);
    await expect(call).rejects.toMatchObject({ code: "ERR_RUN_ENDED" });
    await expect(container.advance(1)).rejects.toMatchObject({ code: "ERR_RUN_CLOSED" });
  });
});

describe("failures", () => {
  class Fragile extends Agent {
    boom(): void {
      notes.push(`${this.id} boom`);
      throw new Error(`broken ${this.id}`);
    }
    later(): void {
      this.clock.callIn(1, () => this.boom());
    }
  }

  it("in an input or a timer fail the step after the round, naming agent and time", async () => {
    const container = await Container.create();
    for (const id of ["b", "a"]) container.spawn(Fragile, { id });
    await container.advance(0);
    container.input("b", "later");
    container.input("a", "later");
    const step = container.advance(1.5);
    await step;
    await expect(container.advance(3)).rejects.toMatchObject({
      code: "ERR_AGENT_FAILED",
      agent: "a",
      message: expect.stringMatching(/^agent "a" failed in timer at 2.5 s: Error: broken a \(and 1 more: agent "b"/),
    });
    expect(notes).toEqual(["a boom", "b boom"]);
    await expect(container.advance(4)).rejects.toMatchObject({ code: "ERR_RUN_FAILED" });
    expect(() => container.spawn(Fragile)).toThrow(expect.objectContaining({ code: "ERR_RUN_FAILED" }));
  });
});
