import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wallSleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, Container, type ContainerOptions, RealTimeClock } from "../../../src/index.ts";

const open: Container[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(open.splice(0).map((container) => container.close()));
});

async function live(options: ContainerOptions & { factor?: number } = {}): Promise<Container> {
  const { factor = 0.01, ...others } = options;
  const container = await Container.create({ clock: new RealTimeClock({ factor }), ...others });
  open.push(container);
  return container;
}

class Worker extends Agent {
  static override readonly exposed = ["add", "beats", "fail", "askOther", "later", "chain", "foreign"] as const;
  static override readonly outputs = ["heard"] as const;
  heard: unknown[] = [];
  add(a: number, b: number): number {
    return a + b;
  }
  hear(what: unknown): void {
    this.heard.push(what);
  }
  async beats(dt: number, n: number): Promise<number[]> {
    const start = this.clock.time();
    const times: number[] = [];
    for (let i = 0; i < n; i++) {
      await this.clock.sleep(dt);
      times.push(Math.round((this.clock.time() - start) * 1e6));
    }
    return times;
  }
  fail(): void {
    this.clock.callIn(1, () => {
      throw new Error("in a timer");
    });
  }
  later(seconds: number): void {
    this.clock.callIn(seconds, () => this.hear("later"));
  }
  async chain(n: number): Promise<number> {
    const self = await this.connect<typeof Worker>(this.id);
    let sum = 0;
    for (let i = 0; i < n; i++) sum = await self.add(sum, 1);
    return sum;
  }
  /** Ask the agent at `url`, which asks this one before it answers. */
  async askOther(url: string, back: string): Promise<number> {
    const other = await this.connect<typeof Worker>(url);
    return back === "" ? other.add(1, 2) : other.askOther(back, "");
  }
  async foreign(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.hear("foreign");
  }
}

describe("a container on a real-time clock", () => {
  it("runs by itself: calls, inputs and new agents enter at once", async () => {
    const container = await live();
    container.spawn(Worker, { id: "a" });
    expect(await container.call("a", "add", [1, 2])).toBe(3);
    container.input("a", "hear", ["input"]);
    container.spawn(Worker, { id: "b" });
    expect(await Promise.all([container.call("b", "add", [2, 3]), container.call("a", "add", [3, 4])])).toEqual([5, 7]);
    expect(container.outputs("a", ["heard"])).toEqual({ heard: ["input"] });
    await expect(container.advance(1)).rejects.toMatchObject({ code: "ERR_CLOCK_REAL_TIME" });
  });

  it("wakes at absolute deadlines: late, but never later each time, and never early", async () => {
    const container = await live({ factor: 0.1 });
    container.spawn(Worker, { id: "a" });
    const began = performance.now();
    const times = (await container.call("a", "beats", [0.1, 50])) as number[];
    expect(times).toEqual(times.map((_, i) => (i + 1) * 100_000));
    expect(performance.now() - began).toBeGreaterThanOrEqual(500 - 1);
    expect(container.clock.time()).toBeGreaterThanOrEqual(5);
  });

  it("lets any number of rounds follow one another, since time goes on", async () => {
    const container = await live({ limits: { roundsMax: 30 } });
    container.spawn(Worker, { id: "a" });
    expect(await container.call("a", "chain", [500])).toBe(500);
  });

  it("waits for a time beyond what Node's timers know, and is not disturbed by it", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const container = await live({ factor: 1 });
    container.spawn(Worker, { id: "a" });
    await container.call("a", "later", [60 * 86_400]);
    await wallSleep(20);
    await container.call("a", "add", [1, 1]);
    expect(container.outputs("a", ["heard"])).toEqual({ heard: [] });
    expect(warn).not.toHaveBeenCalled();
  });

  it("does not heed the computer's date", async () => {
    const container = await live();
    container.spawn(Worker, { id: "a" });
    const before = container.clock.utcnow().toMillis();
    vi.spyOn(Date, "now").mockReturnValue(0);
    const times = await container.call("a", "beats", [1, 3]);
    expect(times).toEqual([1_000_000, 2_000_000, 3_000_000]);
    expect(container.clock.utcnow().toMillis()).toBeGreaterThanOrEqual(before + 3000);
  });

  it("tells by `ended` that an agent has failed, and takes nothing more", async () => {
    const container = await live();
    container.spawn(Worker, { id: "a" });
    await Promise.all([
      expect(container.ended).rejects.toMatchObject({ code: "ERR_AGENT_FAILED", agent: "a", method: "timer" }),
      container.call("a", "fail"),
    ]);
    expect(() => container.input("a", "hear", [1])).toThrow(expect.objectContaining({ code: "ERR_RUN_FAILED" }));
    await expect(container.call("a", "add", [1, 1])).rejects.toMatchObject({ code: "ERR_RUN_FAILED" });
  });

  it("finds a handler that waits on something foreign", async () => {
    const container = await live();
    vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    container.spawn(Worker, { id: "a" });
    await Promise.all([
      expect(container.ended).rejects.toMatchObject({ code: "ERR_FOREIGN_AWAIT", agent: "a", method: "foreign" }),
      expect(container.call("a", "foreign")).rejects.toMatchObject({ code: "ERR_RUN_ENDED" }),
    ]);
  });

  it("stops with close, also while its agents never rest, and then has ended", async () => {
    class Restless extends Agent {
      static override readonly exposed = ["ping"] as const;
      pings = 0;
      override setup(): void {
        this.send(this.id, "ping");
      }
      ping(): void {
        this.pings++;
        this.send(this.id, "ping");
      }
    }
    const container = await live();
    const agent = container.spawn(Restless, { id: "r" });
    while (agent.pings < 1000) await wallSleep(1);
    await container.close();
    await expect(container.ended).resolves.toBeUndefined();
    const { pings } = agent;
    await wallSleep(5);
    expect(agent.pings).toBe(pings);
  });

  it("goes on while an agent waits for a live peer, so that two may ask each other", async () => {
    const address = "tcp://127.0.0.1:0";
    const [here, there] = await Promise.all([live({ address }), live({ address })]);
    here.spawn(Worker, { id: "h" });
    there.spawn(Worker, { id: "t" });
    const answer = here.call("h", "askOther", [`${there.address}/t`, `${here.address}/h`]);
    expect(await answer).toBe(3);
  });
});

describe("a program with a real-time clock", () => {
  const index = new URL("../../../src/index.ts", import.meta.url).href;
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const run = async (main: string) => {
    const folder = await mkdtemp(join(tmpdir(), "cosimas-live-"));
    const file = join(folder, "main.mts");
    await writeFile(
      file,
      `import { Agent, Container, RealTimeClock } from ${JSON.stringify(index)};
       class Late extends Agent { setup() { this.clock.callIn(5, () => this.speak()); } speak() { console.log("spoke"); } }
       const container = await Container.create({ clock: new RealTimeClock({ factor: 0.01 }) });
       ${main}`,
    );
    const args = ["--import", "tsx", "--conditions=cosimas:source", file];
    try {
      return await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 60_000 });
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  it("ends when nothing is left to come, not before", { timeout: 90_000 }, async () => {
    expect((await run(`container.spawn(Late);`)).stdout).toBe("spoke\n");
  });

  it("ends at once when the container is closed", { timeout: 90_000 }, async () => {
    expect(
      (await run(`container.spawn(Late); await container.call("0", "x").catch(() => {}); await container.close();`))
        .stdout,
    ).toBe("");
  });

  it("does not end well when an agent has failed and nobody asked", { timeout: 90_000 }, async () => {
    const failing = run(`container.spawn(class Bad extends Late { speak() { throw new Error("no voice"); } });`);
    await expect(failing).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('agent "0" failed in timer'),
    });
  });
});
