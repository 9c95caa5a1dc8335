import { afterEach, describe, expect, it } from "vitest";
import { Agent, Container, ExternalClock, type Periodic, type TraceEvent } from "../../../src/index.ts";

let times: unknown[] = [];
afterEach(() => {
  times = [];
});

class Metronome extends Agent {
  static override readonly exposed = ["beat", "stopIt", "leave"] as const;
  #periodic: Periodic | undefined;
  beat(dt: number, at?: number): void {
    this.#periodic = this.every(dt, () => times.push(this.clock.time()), at === undefined ? {} : { at });
  }
  beatAsDate(dt: number): void {
    this.every(dt, () => times.push(this.clock.time()), { at: this.clock.utcnow().plus({ seconds: 2 }) });
  }
  beatTwice(dt: number): void {
    let count = 0;
    const periodic = this.every(dt, () => {
      times.push(this.clock.time());
      if (++count === 2) times.push(periodic.stop(), periodic.stop());
    });
  }
  beatSlowly(): void {
    this.every(1, async () => {
      times.push(`begin ${this.clock.time()}`);
      await this.clock.sleep(1.5);
      times.push(`end ${this.clock.time()}`);
    });
  }
  beatBadly(): void {
    this.every(1, () => {
      throw new RangeError("broken");
    });
  }
  tryToBeat(dt: unknown, f: unknown, options: unknown): void {
    try {
      this.every(dt as number, (f === "f" ? () => {} : f) as () => void, options as object);
    } catch (error) {
      const { name, code, message } = error as Error & { code?: string };
      times.push([name, code, message]);
    }
  }
  stopIt(): void {
    times.push(this.#periodic?.stop());
  }
  leave(): void {
    this.remove();
  }
}

async function run(method: string, args: unknown[], until: number, clock = new ExternalClock()): Promise<Container> {
  const container = await Container.create({ clock });
  container.spawn(Metronome, { id: "m" });
  container.input("m", method, args);
  await container.advance(0); // there the input arrives
  await container.advance(until);
  return container;
}

describe("every", () => {
  it.each([
    ["beat", [2], 6, [2, 4, 6]],
    ["beat", [2, 0], 4, [0, 2, 4]],
    ["beat", [2, 1], 4, [1, 3]],
    ["beatAsDate", [1], 4, [2, 3, 4]],
    ["beatTwice", [1], 9, [1, 2, true, false]],
    ["beatSlowly", [], 3, ["begin 1", "begin 2", "end 2.5", "begin 3"]],
  ])("%s(%j) until %d s", async (method, args, until, expected) => {
    await (await run(method, args, until)).close();
    expect(times).toEqual(expected);
  });

  it("does not drift, however the period falls between ticks", async () => {
    await (await run("beat", [1 / 3], 1000)).close();
    expect(times).toHaveLength(3000);
    expect(times[2]).toBe(1);
    expect(times[2999]).toBe(1000);
  });

  it("makes a period below a tick one tick", async () => {
    await (await run("beat", [0.01], 5, new ExternalClock({ resolution: 1 }))).close();
    expect(times).toEqual([1, 2, 3, 4, 5]);
  });

  it("ends by stop, and with the agent; nothing is left of it", async () => {
    const container = await run("beat", [1], 2);
    container.input("m", "stopIt");
    container.input("m", "stopIt");
    expect(await container.advance(2)).toBeUndefined();
    expect(times).toEqual([1, 2, true, false]);
    container.input("m", "beat", [1]);
    expect(await container.advance(3)).toBe(4);
    container.input("m", "leave");
    expect(await container.advance(3)).toBeUndefined();
    await container.close();
  });

  it("ends quietly where time does", async () => {
    const container = await run("beat", [5e9], 5e9);
    expect(await container.advance(6e9)).toBeUndefined();
    expect(times).toEqual([5e9]);
    await container.close();
  });

  it("fails the step with what it throws", async () => {
    await expect(run("beatBadly", [], 2)).rejects.toMatchObject({
      code: "ERR_AGENT_FAILED",
      message: expect.stringContaining('agent "m" failed in timer at 1 s: RangeError: broken'),
    });
  });

  it("is caused by what has begun it, then by the time before", async () => {
    const container = await Container.create();
    container.spawn(Metronome, { id: "m" });
    const timers: TraceEvent[] = [];
    container.attach((batch) => void timers.push(...batch.filter(({ kind }) => kind === "timer")));
    container.input("m", "beat", [1]);
    await container.advance(0);
    await container.advance(2);
    await container.close();
    expect(timers).toMatchObject([{ id: "m#0" }, { id: "m#1", cause: "m#0" }]);
  });

  it.each([
    [0, "f", {}, "RangeError", "ERR_OPTION_RANGE", /dt must be a finite number > 0 seconds, got 0/],
    [-1, "f", {}, "RangeError", "ERR_OPTION_RANGE", /got -1/],
    ["1", "f", {}, "TypeError", "ERR_OPTION_TYPE", /dt must be/],
    [1, 1, {}, "TypeError", "ERR_OPTION_TYPE", /f must be a function/],
    [1, "f", { first: 1 }, "TypeError", "ERR_OPTION_UNKNOWN", /there is no option "first"/],
    [1, "f", { at: -1 }, "ClockError", "ERR_CLOCK_PAST", /is over/],
    [1e10, "f", {}, "RangeError", undefined, /2\^53/],
  ])("refuses every(%j, %j, %j)", async (dt, f, options, name, code, message) => {
    await (await run("tryToBeat", [dt, f, options], 0)).close();
    expect(times).toEqual([[name, code, expect.stringMatching(message)]]);
  });
});
