import { AgentError, RunError } from "../errors.ts";
import { failedCall } from "./faults.ts";
import { type AgentRecord, Delivery } from "./model.ts";
import { byCodeUnits, compareAnswers, comparePeers, Kind } from "./order.ts";

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

/** The answer to a call, until it leaves. */
interface Answer {
  readonly agent: string;
  readonly seq: number;
  readonly leave: () => void;
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
  readonly #calls = new WeakMap<Promise<unknown>, OutsideCall>();
  #answers: Answer[] = [];
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
    let call: OutsideCall | undefined;
    const answer = new Promise((resolve, reject) => {
      call = { peer, agent, method, args, resolve, reject };
      this.#waiting.push(call);
      this.wake?.();
    });
    this.#calls.set(answer, call!);
    return answer;
  }

  /** Take back a call that has not entered yet, by the promise of its answer. @returns Whether it was so. */
  withdraw(answer: Promise<unknown>): boolean {
    const call = this.#calls.get(answer);
    const place = call === undefined ? -1 : this.#waiting.indexOf(call);
    if (place < 0) return false;
    this.#waiting.splice(place, 1);
    return true;
  }

  /** The calls that enter now: by peer, and each peer's in the order in which they came. */
  takeCalls(): Delivery[] {
    const calls = this.#waiting.sort(comparePeers);
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
    const { agent, method } = call;
    const leave = () => {
      if (ok) call.resolve(content);
      else call.reject(failedCall(content as object, agent, method));
    };
    this.#answers.push({ agent, seq, leave });
  }

  /** Hand out the answers of a round, in an order that does not depend on where agents live. */
  deliver(): void {
    if (this.#answers.length === 0) return;
    const answers = this.#answers;
    this.#answers = [];
    for (const { leave } of answers.sort(compareAnswers)) leave();
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

/** Events that agents have put out and nobody has taken yet: at most one of each output of each agent. */
export class OutputEvents {
  #byAgent = new Map<string, Record<string, unknown>>();

  /** Note an event; it takes the place of an earlier one of the same output. */
  put(agent: string, output: string, value: unknown): void {
    const events = this.#byAgent.get(agent);
    if (events === undefined) this.#byAgent.set(agent, { [output]: value });
    else events[output] = value;
  }

  /** Take all of them, in the order of the agents' ids; they belong to the caller. */
  take(): Map<string, Record<string, unknown>> {
    const taken = this.#byAgent;
    if (taken.size === 0) return taken;
    this.#byAgent = new Map();
    return new Map([...taken].sort(([a], [b]) => byCodeUnits(a, b)));
  }

  /** Drop those of an agent that could not be made. */
  forget(agent: string): void {
    this.#byAgent.delete(agent);
  }
}

/** @throws {@link AgentError} `ERR_AGENT_OUTPUT` for a name that the agent's class does not list in `outputs`. */
export function checkOutput({ id, type }: AgentRecord, name: string): void {
  const { outputs } = type;
  if (outputs.includes(name)) return;
  const text = `agent "${id}" (${type.name}) has no output "${name}"; it has ${outputs.join(", ") || "none"}`;
  throw new AgentError("ERR_AGENT_OUTPUT", text, { agent: id, method: name });
}

/**
 * Copies of an agent's fields or getters that its class lists in `outputs`.
 *
 * @param copyOut - Copies a value out of the simulation; `root` names it in errors.
 * @throws {@link AgentError} `ERR_AGENT_OUTPUT` for a name that is not listed.
 */
export function readOutputs(
  record: AgentRecord,
  names: readonly string[],
  copyOut: (value: unknown, root: string) => unknown,
): Record<string, unknown> {
  const agent = record.agent as unknown as Record<string, unknown>;
  const values: Record<string, unknown> = {};
  for (const name of names) {
    checkOutput(record, name);
    values[name] = copyOut(agent[name], `${record.id}.${name}`);
  }
  return values;
}
