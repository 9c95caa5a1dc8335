import { Agent } from "cosimas";

/** Shared by all agents of a process, as a module's variables are: the mistake that is looked for. */
let served = 0;

abstract class Offering extends Agent {
  static override readonly exposed = ["offer"] as const;
  static override readonly outputs = ["kw"] as const;
  kw = -1;
  offer(): void {
    this.kw = this.next();
  }
  abstract next(): number;
}

/** What it offers depends on itself alone. */
export class Sound extends Offering {
  #served = 0;
  next(): number {
    return ++this.#served;
  }
}

export class Counting extends Offering {
  next(): number {
    return ++served;
  }
}

export class Numbered extends Offering {
  static made = 0;
  readonly #number = Numbered.made++ % 2;
  next(): number {
    return this.#number;
  }
}

export class Clocked extends Offering {
  next(): number {
    return performance.now();
  }
}
