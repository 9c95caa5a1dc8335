import type { Channel, Request } from "../channel/index.ts";
import { RunError } from "../errors.ts";
import type { AgentModule } from "./module.ts";
import type { Joining, MemberOptions } from "./protocol.ts";

/** A container that has joined. */
export interface Joined {
  readonly index: number;
  readonly channel: Channel;
  /** What runs it, as it says itself. */
  readonly host: string;
}

/** Takes in the containers of a platform as they join, each on a connection of its own. */
export class Admission {
  readonly #module: AgentModule;
  readonly #options: readonly MemberOptions[];
  readonly #isOpen: boolean;
  readonly #joined = new Map<number, Joined>();
  /** Resolves when all have joined. */
  readonly complete: Promise<readonly Joined[]>;
  #resolve: (joined: readonly Joined[]) => void = () => {};
  /** Reject `complete`. */
  fail: (error: Error) => void = () => {};

  /**
   * @param options - Of each container, by its number.
   * @param isOpen - Whether anybody may come: then one that does not fit is turned away, and the others are waited for.
   */
  constructor(module: AgentModule, options: readonly MemberOptions[], isOpen: boolean) {
    this.#isOpen = isOpen;
    this.#module = module;
    this.#options = options;
    this.complete = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.fail = reject;
    });
    this.complete.catch(() => {}); // whoever waits for it is told
  }

  /** Numbers of those that have not joined. */
  get missing(): number[] {
    return this.#options.flatMap(({ index }) => (this.#joined.has(index) ? [] : [index]));
  }

  /** Take whoever comes on this connection, if it fits. */
  readonly admit = (channel: Channel): void => {
    channel.serve((request) => {
      try {
        const { index, host } = this.#check(request);
        this.#joined.set(index, { index, channel, host });
        void channel.closed.then((reason) => this.fail(lost(index, host, reason.message)));
        request.reply(this.#options[index]);
        if (this.missing.length === 0) this.#resolve(this.#options.map((each) => this.#joined.get(each.index)!));
      } catch (error) {
        request.fail(error);
        if (!this.#isOpen) this.fail(error as Error);
      }
    });
  };

  #check(request: Request): { index: number; host: string } {
    const { index, hash, host } = request.content as unknown as Joining;
    if (hash !== this.#module.hash) {
      const text = `${host} has another version of the module ${this.#module.url}: ${hash}, not ${this.#module.hash}`;
      throw new RunError("ERR_CONTAINER_MODULE", text, { peer: request.peer });
    }
    const free = this.missing;
    const given = index ?? free[0];
    if (given !== undefined && free.includes(given)) return { index: given, host };
    const text = `${host} came as container ${index ?? "of any number"}, but ${free.join(", ") || "none"} is missing`;
    throw new RunError("ERR_CONTAINER_DUPLICATE", text, { peer: request.peer });
  }
}

function lost(index: number, host: string, how: string): RunError {
  return new RunError("ERR_CONTAINER_LOST", `container ${index} (${host}) was lost: ${how}`);
}
