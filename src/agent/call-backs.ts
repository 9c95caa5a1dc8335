import { AgentError } from "../errors.ts";
import type { RpcPeer } from "../rpc/index.ts";
import { within } from "../wall.ts";

/** Where a container answers whether it works for another one; beside aiomas' `validate_aid`, and unknown to aiomas. */
export const WORKS_FOR = "works_for";

/** Wall time after which a call that may be a call-back is refused if its step still waits, in milliseconds. */
const SUSPECT_MS = 1000;
/** The same for a call that is known to be made on behalf of this container. */
const KNOWN_MS = 300;
/** Wall time that a peer has to say for whom it works. */
const ASK_MS = 1000;
/** Containers that ask on for one another, one after the other; and peers that one of them asks. */
const HOPS_MAX = 16;
const ASKED_MAX = 64;

/** `ERR_AGENT_CALL_BACK`. */
function callBack(agent: string, method: string, peer: string): AgentError {
  const text =
    `call of ${agent}.${method} within a step that waits for the caller's own answer: on a clock that is moved from ` +
    "outside it would be served only after that step; answer first and call then, or use a RealTimeClock";
  return new AgentError("ERR_AGENT_CALL_BACK", text, { agent, method, peer });
}

/** How many there are, by peer. */
class Counts {
  readonly #counts = new Map<RpcPeer, number>();
  total = 0;

  get peers(): RpcPeer[] {
    return [...this.#counts.keys()].slice(0, ASKED_MAX);
  }

  has(peer: RpcPeer): boolean {
    return this.#counts.has(peer);
  }

  add(peer: RpcPeer): void {
    this.#counts.set(peer, (this.#counts.get(peer) ?? 0) + 1);
    this.total++;
  }

  remove(peer: RpcPeer): void {
    const count = this.#counts.get(peer)! - 1;
    if (count === 0) this.#counts.delete(peer);
    else this.#counts.set(peer, count);
    this.total--;
  }
}

/**
 * Finds out which calls of peers can never be served: those that a peer makes, by itself or through others, for a
 * request that a step of this container waits for. On a clock that is moved from outside calls enter with the next step.
 *
 * A call on the connection on which a step asks is taken for one. Of other connections the caller is asked, and asks
 * those for whom it works: so call-backs by URL and along a chain of containers are found, and all other calls wait for
 * the next step however long this one takes. Python's containers do not answer; a call of such a peer is suspected
 * only while a step waits for a peer of that kind.
 */
export class CallBacks {
  readonly #id = crypto.randomUUID();
  /** Requests for whose answers the present step waits. */
  readonly #asked = new Counts();
  /** Requests of peers that are not answered yet. */
  readonly #serving = new Counts();
  /** Answers that steps have waited for. */
  #answers = 0;

  /** Whether a step waits for answers. */
  get isWaiting(): boolean {
    return this.#asked.total > 0;
  }

  /** Let a step wait for what `ask` asks of `peer`. */
  async waitFor<T>(peer: RpcPeer, ask: () => Promise<T>): Promise<T> {
    this.#asked.add(peer);
    try {
      return await ask();
    } finally {
      this.#asked.remove(peer);
      this.#answers++;
    }
  }

  /** Take a request of `peer`, until `answer` settles. */
  serve(peer: RpcPeer, answer: Promise<unknown>): void {
    this.#serving.add(peer);
    const done = () => this.#serving.remove(peer);
    answer.then(done, done);
  }

  /**
   * `answer`, unless it can never come.
   *
   * @param withdraw - Takes the call back if it has not entered yet. @returns Whether it was so.
   * @throws AgentError `ERR_AGENT_CALL_BACK`
   */
  async unlessStuck(
    answer: Promise<unknown>,
    agent: string,
    method: string,
    from: RpcPeer,
    withdraw: () => boolean,
  ): Promise<unknown> {
    const answers = this.#answers;
    answer.catch(() => {});
    const isOurs = this.#asked.has(from) || (await this.#isForUs(from));
    if (isOurs === false) return answer;
    const patienceMs = isOurs === true ? KNOWN_MS : SUSPECT_MS;
    if (await within(answer, patienceMs).catch(() => true)) return answer;
    const isStuck = this.isWaiting && this.#answers === answers;
    if (isStuck && withdraw()) throw callBack(agent, method, from.peer);
    return answer;
  }

  /**
   * Whether this container is `id`, or works for it.
   *
   * @param via - Those that have asked on: they are not asked again.
   */
  async worksFor(id: unknown, via: unknown): Promise<boolean> {
    if (id === this.#id) return true;
    if (!Array.isArray(via) || via.length >= HOPS_MAX || via.includes(this.#id)) return false;
    const asked = this.#serving.peers.map((peer) => askWhether(peer, id, [...via, this.#id]));
    return (await Promise.all(asked)).includes(true);
  }

  /** Whether a call of `from` is made for a request of this container; undefined if nobody can tell. */
  async #isForUs(from: RpcPeer): Promise<boolean | undefined> {
    const isForUs = await askWhether(from, this.#id, []);
    if (isForUs !== undefined) return isForUs;
    const answers = await Promise.all(this.#asked.peers.map((peer) => askWhether(peer, this.#id, [])));
    return answers.includes(undefined) ? undefined : false;
  }
}

/** What a peer says; undefined if it is no container of this kind. */
async function askWhether(peer: RpcPeer, id: unknown, via: readonly unknown[]): Promise<boolean | undefined> {
  try {
    return (await peer.call(WORKS_FOR, [id, via], { timeoutMs: ASK_MS })) === true;
  } catch {
    return undefined;
  }
}
