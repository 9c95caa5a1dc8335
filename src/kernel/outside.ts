import { AgentError, RemoteError, RunError } from "../errors.ts";
import { Delivery, Kind } from "./delivery.ts";
import { byCodeUnits } from "./round.ts";

/** A call from outside that has not been answered. */
interface OutsideCall {
  /** Address of the live peer that called; empty for the program that has the container. */
  readonly peer: string;
  readonly agent: string;
  readonly method: string;
  readonly args: unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Outcome of a call. */
interface OutsideAnswer {
  readonly call: OutsideCall;
  readonly seq: number;
  readonly ok: boolean;
  /** The result, or `[code, name, message]`. */
  readonly content: unknown;
}

/**
 * What stands outside the simulation: bridges that give inputs, programs and live peers that call agents.
 *
 * What they give is kept until the next advance and then enters in a fixed order. Their answers leave between rounds,
 * never while agents run.
 */
export class Outside {
  #inputs: Delivery[] = [];
  /** Calls that enter when the next advance starts. */
  #waiting: OutsideCall[] = [];
  /** Calls that have entered, by their number. */
  readonly #entered = new Map<number, OutsideCall>();
  /** Answers of the round under way. */
  #answers: OutsideAnswer[] = [];
  #seq = 0;
  #ended: RunError | undefined;
  /** Told of everything that enters, in the order in which it does. */
  onFeed: ((op: "input" | "call", agent: string, method: string, args: unknown) => void) | undefined;
  /** Told of everything that comes, on a real-time clock. */
  wake: (() => void) | undefined;

  /** Whether something waits to enter. */
  get waits(): boolean {
    return this.#waiting.length > 0 || this.#inputs.length > 0;
  }

  /** An input to `agent`, due at the time of the next advance. */
  input(agent: string, method: string, args: unknown): void {
    this.onFeed?.("input", agent, method, args);
    this.#inputs.push(Delivery.outside(Kind.input, agent, this.#seq++, method, args));
    this.wake?.();
  }

  /**
   * A call of `agent`, settled by the next advance.
   *
   * @param max - Calls that may wait for an answer.
   */
  call(agent: string, method: string, args: unknown, max: number, peer = ""): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.#waiting.length + this.#entered.size >= max) {
      const message = `more than ${max} calls from outside wait for an answer; call of ${agent}.${method} refused`;
      return Promise.reject(new AgentError("ERR_OUTSIDE_CALLS", message, { agent, method }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ peer, agent, method, args, resolve, reject });
      this.wake?.();
    });
  }

  /** The calls that enter now: by peer, and each peer's in the order in which they came. */
  takeCalls(): Delivery[] {
    const calls = this.#waiting.sort((a, b) => byCodeUnits(a.peer, b.peer));
    this.#waiting = [];
    return calls.map((call) => {
      const seq = this.#seq++;
      this.#entered.set(seq, call);
      this.onFeed?.("call", call.agent, call.method, call.args);
      return Delivery.outside(Kind.request, call.agent, seq, call.method, call.args);
    });
  }

  /** The inputs that are delivered now, in the order in which they were given. */
  takeInputs(): Delivery[] {
    const inputs = this.#inputs;
    this.#inputs = [];
    return inputs;
  }

  /** Keep the answer to call `seq` until the round has ended. */
  answer(seq: number, ok: boolean, content: unknown): void {
    const call = this.#entered.get(seq);
    if (call === undefined) return;
    this.#entered.delete(seq);
    this.#answers.push({ call, seq, ok, content });
  }

  /** Hand out the answers of a round: in the order of the agents that were called, whichever of them was done first. */
  deliver(): void {
    if (this.#answers.length === 0) return;
    const answers = this.#answers;
    this.#answers = [];
    answers.sort((a, b) => byCodeUnits(a.call.agent, b.call.agent) || a.seq - b.seq);
    for (const { call, ok, content } of answers) {
      const { agent, method, resolve, reject } = call;
      if (ok) resolve(content);
      else {
        const [code, name, message] = content as [string, string, string];
        reject(new RemoteError(code, name, message, { agent, method }));
      }
    }
  }

  /** The run is over: reject every open call, and from now on every call with `reason`. */
  end(reason: RunError): void {
    this.deliver();
    this.#ended = reason;
    this.#inputs = [];
    for (const { agent, method, reject } of [...this.#entered.values(), ...this.#waiting]) {
      const message = `call of ${agent}.${method} was not answered: ${reason.message}`;
      reject(new RunError("ERR_RUN_ENDED", message, { agent, method, cause: reason.cause }));
    }
    this.#entered.clear();
    this.#waiting = [];
  }
}
