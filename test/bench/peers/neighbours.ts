import { Agent } from "../../../src/index.ts";

/** A timer and a message to a neighbour each second, by callbacks. */
export class Neighbour extends Agent {
  static override readonly exposed = ["note"] as const;
  static override readonly outputs = ["ticked", "heard"] as const;
  readonly #to: string;
  ticked = 0;
  heard = 0;
  constructor(to: string) {
    super();
    this.#to = to;
  }
  override setup(): void {
    this.clock.callIn(1, this.#tick);
  }
  readonly #tick = (): void => {
    this.ticked++;
    this.send(this.#to, "note", [1]);
    this.clock.callIn(1, this.#tick);
  };
  note(value: number): void {
    this.heard += value;
  }
}

/** The same by a sleep in a loop. */
export class SleepingNeighbour extends Agent {
  static override readonly exposed = ["note"] as const;
  static override readonly outputs = ["ticked", "heard"] as const;
  readonly #to: string;
  ticked = 0;
  heard = 0;
  constructor(to: string) {
    super();
    this.#to = to;
  }
  override setup(): void {
    this.task(() => this.#live());
  }
  async #live(): Promise<void> {
    for (;;) {
      await this.clock.sleep(1);
      this.ticked++;
      this.send(this.#to, "note", [1]);
    }
  }
  note(value: number): void {
    this.heard += value;
  }
}

export class Idle extends Agent {}

/** Suspended in a sleep to the end. */
export class Asleep extends Agent {
  override setup(): void {
    this.task(() => this.clock.sleep(1e6));
  }
}

export class Caller extends Agent {
  static override readonly exposed = ["echo"] as const;
  echo(value: number): number {
    return value;
  }
  async ask(peer: string, calls: number): Promise<void> {
    const remote = await this.connect<typeof Caller>(peer);
    for (let i = 0; i < calls; i++) if ((await remote.echo(i)) !== i) throw new Error("wrong answer");
  }
}
