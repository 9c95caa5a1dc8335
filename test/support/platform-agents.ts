import { Agent, asRemote, type Remote } from "../../src/index.ts";
import { Power, types } from "./power.ts";

export { Power, types };

/** Agents with an even number at the end live in the even containers, so that a test knows who lives apart. */
export function placement(id: string, containers: number): number {
  return Number(/\d+$/.exec(id)?.[0] ?? 0) % containers;
}

/** Does what platforms are tested with. */
export class Worker extends Agent {
  static override readonly exposed = ["echo", "ask", "fail", "leave", "count", "raise", "pingPong", "sum"] as const;
  static override readonly outputs = ["total", "now", "alarm"] as const;
  total = 0;

  constructor(total = 0) {
    super();
    this.total = total;
  }
  get now(): number {
    return this.clock.time();
  }
  echo(value: unknown): unknown {
    return value;
  }
  async ask(peer: string, method: "echo" | "fail", value: unknown): Promise<unknown> {
    return (await this.connect<typeof Worker>(peer))[method](value);
  }
  fail(message: unknown): never {
    throw new RangeError(String(message));
  }
  leave(): void {
    this.remove();
  }
  count(by: number): void {
    this.total += by;
    this.emit("alarm", this.total);
  }
  /** Sum of what the peers answer, one after the other, each asked again after a second. */
  async sum(peers: string[]): Promise<number> {
    let sum = 0;
    for (const peer of peers) {
      sum += (await (await this.connect<typeof Worker>(peer)).echo(1)) as number;
      await this.clock.sleep(1);
    }
    return sum;
  }
  async raise(id: string): Promise<unknown> {
    const child: Remote<typeof Worker> = this.spawn(Worker, { id, args: [5] });
    await child.count(2);
    return child.echo(this.id);
  }
  /** Never ends. */
  async pingPong(peer: string): Promise<void> {
    this.send(peer, "pingPong", [this.id]);
  }

  // Inputs
  order(peer: string, by: number, delay: number): void {
    this.send(peer, "count", [by], { delay });
  }
  crash(message: string): never {
    throw new Error(message);
  }
  stranger(): void {
    this.spawn(Unknown, { id: "unknown-1" });
  }
  twice(id: string): void {
    this.spawn(Worker, { id });
    this.spawn(Worker, { id });
  }
  /** Computes, so that nothing else runs in its process. */
  compute(ms: number): void {
    const end = performance.now() + ms;
    while (performance.now() < end);
  }
  /** Waits for what somebody else in the process does. */
  async wall(): Promise<void> {
    await new Promise((resolve) => process.once("beforeExit", resolve));
  }
  timer(): void {
    setTimeout(() => {}, 1);
  }
  die(): void {
    process.exit(7);
  }
}

class Unknown extends Agent {}

/** Agents that get to know each other by what they pass: themselves, proxies, proxies that they have got. */
export class Acquaintance extends Agent {
  static override readonly exposed = ["introduce", "meet", "who", "greet", "friend", "later", "child"] as const;
  static override readonly outputs = ["greeted"] as const;
  greeted: string[] = [];
  readonly #friends: object[] = [];

  constructor(friend?: object) {
    super();
    if (friend !== undefined) this.#friends.push(friend);
  }
  who(): string {
    return this.id;
  }
  /** Pass itself to `first`, and what `first` answers to `second`, together with a date. */
  async introduce(first: string, second: string): Promise<string[]> {
    const one = await this.connect<typeof Acquaintance>(first);
    const friend = await one.meet([asRemote<typeof Acquaintance>(this)], { at: this.clock.utcnow() });
    const two = await this.connect<typeof Acquaintance>(second);
    const other = await two.meet([friend, one], {});
    return [await friend.who(), await other.who()];
  }
  /** Greets everyone it is given, and gives itself back. */
  async meet(people: Remote<typeof Acquaintance>[], _more: object): Promise<Remote<typeof Acquaintance>> {
    for (const person of people) {
      this.#friends.push(person);
      await person.greet(this.id);
    }
    return asRemote<typeof Acquaintance>(this);
  }
  greet(name: string): void {
    this.greeted.push(name);
  }
  friend(n: number): object {
    return this.#friends[n]!;
  }
  /** One-way, delayed, with a reference in a map in it. */
  later(to: string): void {
    this.send(
      to,
      "meet",
      [[asRemote<typeof Acquaintance>(this)], new Map([[1, asRemote<typeof Acquaintance>(this)]])],
      { delay: 1 },
    );
  }
  /** A child that is given its parent, and is asked for it. */
  async child(id: string): Promise<string> {
    const child: Remote<typeof Acquaintance> = this.spawn(Acquaintance, { id, args: [this] });
    return ((await child.friend(0)) as Remote<typeof Acquaintance>).who();
  }
  show(): void {
    this.emit("greeted", this);
  }
}
