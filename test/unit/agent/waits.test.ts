import { setTimeout as wallSleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, Container } from "../../../src/agent/index.ts";

let notes: unknown[] = [];
/** Ends what a handler waits for, as a Node timer or a socket would: not within an advance, however long that takes. */
let endForeign = (): void => {};
afterEach(() => {
  notes = [];
  vi.restoreAllMocks();
});

class Waiter extends Agent {
  static override readonly exposed = ["ask"] as const;
  readonly #door = this.future<string>();
  readonly #mail = this.queue<number>();
  async atDoor(): Promise<void> {
    notes.push(`door ${await this.#door.promise} ${this.clock.time()}`);
  }
  open(): void {
    this.#door.resolve("open");
  }
  async read(n: number): Promise<void> {
    for (let i = 0; i < n; i++) notes.push(`read ${await this.#mail.next()}`);
  }
  post(...items: number[]): void {
    for (const item of items) this.#mail.push(item);
  }
  async ask(): Promise<string> {
    return this.external(async () => {
      await wallSleep(20);
      return `answer for ${this.id}`;
    });
  }
  async asks(): Promise<void> {
    const slow = this.external(() => wallSleep(30, "slow"));
    const fast = this.external(() => wallSleep(1, "fast"));
    for (const answer of [slow, fast]) void answer.then((value) => notes.push(`${value} ${this.clock.time()}`));
    await Promise.all([slow, fast]);
  }
  async askBadly(): Promise<void> {
    await this.external(async () => {
      throw new RangeError("no line");
    }).catch((error) => notes.push([error.name, error.remoteName, error.message]));
  }
  async foreign(then: "call" | "return"): Promise<void> {
    await new Promise<void>((resolve) => {
      endForeign = resolve;
    });
    if (then === "call") await this.clock.sleep(1);
  }
  async ticks(n: number): Promise<void> {
    for (let i = 0; i < n; i++) await new Promise<void>((resolve) => process.nextTick(resolve));
    this.log("done");
    notes.push("ticks done");
  }
}

async function one(): Promise<Container> {
  const container = await Container.create();
  container.spawn(Waiter, { id: "w" });
  await container.advance(0);
  return container;
}

describe("simulated waits", () => {
  it("on a future end when another handler settles it", async () => {
    const container = await one();
    container.input("w", "atDoor");
    await container.advance(1);
    container.input("w", "open");
    await container.advance(2);
    expect(notes).toEqual(["door open 2"]);
  });

  it("on a queue take items first in, first out", async () => {
    const container = await one();
    container.input("w", "post", [1, 2]);
    container.input("w", "read", [3]);
    await container.advance(1);
    container.input("w", "post", [3]);
    await container.advance(2);
    expect(notes).toEqual(["read 1", "read 2", "read 3"]);
  });

  it("on externals settle within the step, in the order of opening", async () => {
    const container = await one();
    container.input("w", "asks");
    await container.advance(7);
    expect(notes).toEqual(["slow 7", "fast 7"]);
  });

  it("on an external that fails reject with its name and message", async () => {
    const container = await one();
    container.input("w", "askBadly");
    await container.advance(1);
    expect(notes).toEqual([["RemoteError", "RangeError", "no line"]]);
  });

  it("on externals are bounded in wall time, and the error names the agent", async () => {
    const container = await Container.create({ limits: { externalTimeoutMs: 10 } });
    container.spawn(Waiter, { id: "w" });
    const call = container.call("w", "ask");
    call.catch(() => {});
    await expect(container.advance(1)).rejects.toMatchObject({ code: "ERR_EXTERNAL_TIMEOUT", agent: "w" });
    await expect(call).rejects.toMatchObject({ code: "ERR_RUN_ENDED" });
  });

  it("may pass through nextTick and promises of the agent's own", async () => {
    const container = await one();
    container.input("w", "ticks", [5]);
    await container.advance(1);
    expect(notes).toEqual(["ticks done"]);
  });
});

describe("foreign awaits", () => {
  it("are found when the handler uses its agent's API afterwards", async () => {
    const container = await one();
    vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    container.input("w", "foreign", ["call"]);
    await container.advance(1);
    endForeign();
    await wallSleep(1);
    await expect(container.advance(2)).rejects.toMatchObject({
      name: "ForeignAwaitError",
      agent: "w",
      method: "foreign",
    });
  });

  it("are found when the handler ends afterwards", async () => {
    const container = await one();
    vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    container.input("w", "foreign", ["return"]);
    await container.advance(1);
    endForeign();
    await wallSleep(1);
    await expect(container.advance(2)).rejects.toMatchObject({ code: "ERR_FOREIGN_AWAIT", agent: "w" });
  });

  it("are named once when a step ends with a handler that waits on nothing simulated", async () => {
    class Stuck extends Agent {
      async never(): Promise<void> {
        await new Promise(() => {});
      }
    }
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const container = await Container.create();
    container.spawn(Stuck, { id: "s" });
    for (const t of [1, 2]) {
      container.input("s", "never");
      await container.advance(t);
    }
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toMatch(/agent "s" is still in never/);
  });
});
