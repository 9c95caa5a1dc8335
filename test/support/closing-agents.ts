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
