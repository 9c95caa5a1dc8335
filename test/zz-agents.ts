import { Agent } from "../src/index.ts";
export class W extends Agent {
  static override readonly exposed = ["now", "later", "fail", "mate"] as const;
  static override readonly outputs = ["n"] as const;
  n = 0;
  now(x: number) { this.n += x; this.emit("n", this.n); return `${this.id}:${x}`; }
  async later(dt: number) { await this.clock.sleep(dt); return `${this.id}@${this.clock.time()}`; }
  async fail(dt: number) { await this.clock.sleep(dt); throw new Error(`no ${this.id}`); }
  async mate(id: string) { const p: any = await this.connect(id); return p.now(1); }
}
