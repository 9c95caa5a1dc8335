import { writeSync } from "node:fs";
import { Agent } from "../../src/index.ts";

/** Agents that wait for ever for what nobody awaits: each wait that there is, and what an agent may do with it. */
export class Periodic extends Agent {
  static override readonly exposed = ["never", "quit"] as const;

  override setup(): void {
    void this.loop();
    void this.asks();
    void this.wraps();
    void this.future().promise;
    void this.future().promise.then(() => {});
    void this.queue().next();
    void Promise.all([this.clock.sleep(1e6), this.queue().next()]);
    void Promise.any([this.clock.sleep(1e6), this.future().promise]);
    this.task(() => this.clock.sleep(1e6));
  }
  async loop(): Promise<void> {
    try {
      for (;;) await this.clock.sleep(900);
    } finally {
      writeSync(1, `finally ${this.id}\n`);
      await this.clock.sleep(1);
    }
  }
  async asks(): Promise<void> {
    await (await this.connect<typeof Periodic>(this.id)).never();
  }
  async wraps(): Promise<void> {
    try {
      await this.clock.sleep(1e6);
    } catch (cause) {
      throw new Error("the loop has ended", { cause });
    }
  }
  async never(): Promise<void> {
    await this.future().promise;
  }
  quit(): void {
    this.remove();
  }
}

/** Catches whatever ends its waits, and goes on: in each of the ways in which an agent may. */
export class Stubborn extends Agent {
  static override readonly exposed = ["ping"] as const;
  static override readonly outputs = ["alive"] as const;
  readonly #way: string;
  constructor(way: string) {
    super();
    this.#way = way;
  }
  ping(): void {}
  override setup(): void {
    void this.#loop();
  }
  async #loop(): Promise<void> {
    for (;;) {
      try {
        await this.#wait();
        await this.clock.sleep(1);
      } catch {}
    }
  }
  #wait(): unknown {
    switch (this.#way) {
      case "future":
        return this.future().promise;
      case "queue":
        return this.queue().next();
      case "call":
        return this.connect<typeof Stubborn>("sleep").then((peer) => peer.ping());
      case "external":
        return this.external(async () => 1);
      case "timer":
        return this.clock.callIn(1, () => {});
      case "log":
        return this.log("alive");
      case "emit":
        return this.emit("alive", 1);
      case "send":
        return this.send("sleep", "ping");
      case "spawn":
        return this.spawn(Stubborn, { args: ["queue"] });
      case "random":
        return this.random();
      case "task":
        return this.task(() => this.clock.sleep(1));
      default:
        return this.clock.sleep(1);
    }
  }
}

export const WAYS = [
  "sleep",
  "future",
  "queue",
  "call",
  "external",
  "timer",
  "log",
  "emit",
  "send",
  "spawn",
  "random",
  "task",
];
