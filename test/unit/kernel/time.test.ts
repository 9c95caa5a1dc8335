import { afterEach, describe, expect, it } from "vitest";
import { Agent, Container } from "../../../src/agent/index.ts";

/** Notes of what ran, in order, with the simulation time. */
let notes: string[] = [];
afterEach(() => {
  notes = [];
});

class Sleeper extends Agent {
  static override readonly exposed = ["ping"] as const;
  async nap(...delays: number[]): Promise<void> {
    for (const delay of delays) {
      await this.clock.sleep(delay);
      notes.push(`${this.id} woke ${this.clock.time()}`);
    }
  }
  ping(): string {
    notes.push(`${this.id} ping ${this.clock.time()}`);
    return "pong";
  }
  async ask(peer: string): Promise<void> {
    const remote = await this.connect<typeof Sleeper>(peer);
    notes.push(`${this.id} got ${await remote.ping()} ${this.clock.time()}`);
  }
  timer(dt: number, label: string): void {
    this.clock.callIn(dt, () => notes.push(`${this.id} ${label} ${this.clock.time()}`));
  }
}

async function population(...ids: string[]): Promise<Container> {
  const container = await Container.create();
  for (const id of ids) container.spawn(Sleeper, { id });
  return container;
}

describe("advance", () => {
  it("runs what is due on the way at its own time, and nothing beyond the target", async () => {
    const container = await population("a");
    container.input("a", "nap", [1, 1, 5]);
    await container.advance(0);
    expect(await container.advance(3)).toBe(7);
    expect(notes).toEqual(["a woke 1", "a woke 2"]);
    expect(container.clock.time()).toBe(3);
    expect(await container.advance(7)).toBeUndefined();
    expect(notes.at(-1)).toBe("a woke 7");
  });

  it("may be called again for the present time, and goes on with the next round", async () => {
    const container = await population("a");
    await container.advance(5);
    const hash = container.traceHash();
    await container.advance(5);
    expect(container.traceHash()).toBe(hash);
    container.input("a", "nap", [0]);
    await container.advance(5);
    expect(notes).toEqual(["a woke 5"]);
  });

  it("refuses an earlier time and stays usable", async () => {
    const container = await population("a");
    await container.advance(5);
    await expect(container.advance(4.999999)).rejects.toMatchObject({ code: "ERR_CLOCK_BACKWARDS" });
    await expect(container.advance(Number.NaN)).rejects.toThrow(RangeError);
    await expect(container.advance(6)).resolves.toBeUndefined();
  });

  it("refuses to overlap", async () => {
    const container = await population("a");
    const first = container.advance(1);
    await expect(container.advance(2)).rejects.toMatchObject({ code: "ERR_RUN_BUSY" });
    await first;
    expect(container.clock.time()).toBe(1);
  });

  it("delivers inputs at the time of the advance, first of all", async () => {
    const container = await population("a", "b");
    container.input("a", "timer", [2, "due"]);
    await container.advance(0);
    container.input("a", "ping");
    await container.advance(2);
    expect(notes).toEqual(["a ping 2", "a due 2"]);
  });

  it("serves timers before messages of the same tag, and lets a sleeper run before a message overtakes it", async () => {
    const container = await population("a", "b");
    container.input("a", "nap", [1]);
    container.input("a", "timer", [1, "timer"]);
    container.input("b", "timer", [1, "late"]);
    await container.advance(0);
    const call = container.call("a", "ping");
    await container.advance(1);
    expect(await call).toBe("pong");
    expect(notes).toEqual(["a ping 0", "a timer 1", "b late 1", "a woke 1"]);
  });

  it("settles a call from outside at the time from which the next advance goes on", async () => {
    const container = await population("a");
    await container.advance(3);
    const call = container.call("a", "ping");
    await container.advance(10);
    expect(await call).toBe("pong");
    expect(notes).toEqual(["a ping 3"]);
  });

  it("wakes sleep(0) and sleepUntil(now) in the next round of the same time", async () => {
    class Zero extends Agent {
      async go(): Promise<void> {
        await this.clock.sleep(0);
        await this.clock.sleepUntil(this.clock.time());
        notes.push(`${this.clock.time()}`);
      }
    }
    const container = await Container.create();
    container.spawn(Zero, { id: "z" });
    container.input("z", "go");
    await container.advance(4);
    expect(notes).toEqual(["4"]);
    // setup at (0, 0); at 4 s: the input, the first wake, the second
    expect(container.counts.rounds).toBe(4);
  });

  it("cancels timers, also one that is due in the next round", async () => {
    class Canceller extends Agent {
      override setup(): void {
        const now = this.clock.callIn(0, () => notes.push("now"));
        const later = this.clock.callIn(3, () => notes.push("later"));
        const kept = this.clock.callIn(3, () => notes.push("kept"));
        expect([now.cancel(), later.cancel(), later.cancel()]).toEqual([true, true, false]);
        this.clock.callIn(4, () => notes.push(String(kept.cancel())));
      }
    }
    const container = await Container.create();
    container.spawn(Canceller);
    await container.advance(10);
    expect(notes).toEqual(["kept", "false"]);
  });

  it("fails a time that is over or a negative delay in the agent that asked", async () => {
    class Late extends Agent {
      async go(): Promise<void> {
        for (const wait of [() => this.clock.sleep(-1), () => this.clock.sleepUntil(4)]) {
          await wait().catch((error) => notes.push(error.code));
        }
      }
    }
    const container = await Container.create();
    container.spawn(Late, { id: "late" });
    container.input("late", "go");
    await container.advance(5);
    expect(notes).toEqual(["ERR_CLOCK_NEGATIVE_DELAY", "ERR_CLOCK_PAST"]);
  });
});
