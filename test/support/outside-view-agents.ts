import { Agent } from "../../src/index.ts";

/** Answers at once, after a timer, after a question to another, or never, and talks while it does. */
export class Speaker extends Agent {
  static override readonly exposed = ["now", "soon", "asks", "fails", "pays"] as const;
  static override readonly outputs = ["spoke"] as const;

  constructor(greeting = "") {
    super();
    this.log(`constructed ${greeting}`);
  }
  override setup(): void {
    this.log("setup");
    this.clock.callIn(1, () => this.log("a timer"));
  }
  now(): string {
    this.log("now");
    this.emit("spoke", this.id);
    return this.id;
  }
  async soon(): Promise<string> {
    await this.clock.sleep(1);
    this.log("soon");
    return this.id;
  }
  async asks(peer: string): Promise<string> {
    const answer = await (await this.connect<typeof Speaker>(peer)).now();
    this.log(`asked ${answer}`);
    this.spawn(Speaker, { args: ["child"] });
    return this.id;
  }
  fails(): never {
    throw new RangeError(`no ${this.id}`);
  }
  pays(first: string): void {
    this.log(`${first} was first`);
  }
  breaks(): void {
    this.clock.callIn(1, () => {
      throw new Error(`${this.id} broke`);
    });
  }
}
