import { AgentError, RunError } from "../errors.ts";
import { warn } from "../host.ts";
import { failedCall } from "./faults.ts";
import { type AgentRecord, Delivery } from "./model.ts";
import { byCodeUnits, compareAnswers, comparePeers, Kind, OUTSIDE } from "./order.ts";

/** What comes from outside to the agent `to`. */
export function fromOutside(kind: Kind, to: string, seq: number, method: string, content: unknown): Delivery {
  return new Delivery(kind, to, undefined, OUTSIDE, seq, method, content, -1, undefined);
}

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

  /** An input to `agent`, due at the time of the next advance. @param receiver - Its record, if that is known. */
  input(agent: string, method: string, args: unknown, receiver?: AgentRecord): void {
    this.onFeed?.("input", agent, method, args);
    this.#inputs.push(new Delivery(Kind.input, agent, receiver, OUTSIDE, this.#seq++, method, args, -1, undefined));
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
      return fromOutside(Kind.request, call.agent, seq, call.method, call.args);
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

/** One value that an agent has given to `this.emit`. */
export interface EmittedEvent {
  /** When, in seconds since the start of the run. */
  readonly time: number;
  readonly value: unknown;
}

/** What agents have emitted: by agent, then by output, each in its order; at least one event of every output named. */
export interface TakenEvents {
  readonly byAgent: ReadonlyMap<string, Readonly<Record<string, readonly EmittedEvent[]>>>;
  /** Events beyond `limits.outputEventsMax` that a later one of the same output has replaced. */
  readonly lost: number;
}

/**
 * Events that agents have put out and nobody has taken yet. All are kept, up to a bound over all agents; beyond it the last
 * of each output alone, since a run of which nobody takes events must not grow.
 */
export class OutputEvents {
  readonly #max: number;
  #byAgent = new Map<string, Record<string, EmittedEvent[]>>();
  /** Events beyond the last of each output. */
  #earlier = 0;
  #lost = 0;

  /** @param max - Events that are kept beyond the last of each output. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Note an event, after those of the same output. */
  put(agent: string, output: string, event: EmittedEvent): void {
    let own = this.#byAgent.get(agent);
    if (own === undefined) {
      own = {};
      this.#byAgent.set(agent, own);
    }
    if (!Object.hasOwn(own, output)) {
      // Not by assignment, which a name as "__proto__" would make something else.
      Object.defineProperty(own, output, { value: [event], enumerable: true, configurable: true, writable: true });
      return;
    }
    const events = own[output]!;
    if (this.#earlier < this.#max) {
      this.#earlier++;
      events.push(event);
    } else {
      this.#lost++;
      events[events.length - 1] = event;
    }
  }

  /** Take in what another container's agents have put out. */
  putAll({ byAgent, lost }: { readonly byAgent: Iterable<readonly [string, object]>; readonly lost: number }): void {
    this.#lost += lost;
    for (const [agent, outputs] of byAgent) {
      for (const [output, events] of Object.entries(outputs as Record<string, readonly EmittedEvent[]>)) {
        for (const event of events) this.put(agent, output, event);
      }
    }
  }

  /** Take all of them, in the order of the agents' ids; they belong to the caller. */
  take(): TakenEvents {
    const taken = this.#byAgent;
    const lost = this.#lost;
    if (taken.size === 0) return { byAgent: taken, lost };
    this.#byAgent = new Map();
    this.#earlier = 0;
    this.#lost = 0;
    return { byAgent: new Map([...taken].sort(([a], [b]) => byCodeUnits(a, b))), lost };
  }

  /** Drop those of an agent that could not be made. */
  forget(agent: string): void {
    const own = this.#byAgent.get(agent);
    if (own === undefined) return;
    for (const events of Object.values(own)) this.#earlier -= events.length - 1;
    this.#byAgent.delete(agent);
  }
}

/** Outputs of which it is told that earlier events were replaced, at most. */
const REPLACED_WARNINGS_MAX = 10;

/** Takes the last event of an output where there may be several, and warns of each such output once. */
export class LastEvents {
  readonly #warned = new Set<string>();
  readonly #instead: string;

  /** @param instead - How to get all of them. */
  constructor(instead: string) {
    this.#instead = instead;
  }

  /** The value of the last of `events`. */
  of(agent: string, output: string, events: readonly EmittedEvent[]): unknown {
    if (events.length > 1) this.#warn(agent, output, events);
    return events.at(-1)!.value;
  }

  /** The value of the last event of every output. */
  ofAll({ byAgent }: TakenEvents): Map<string, Record<string, unknown>> {
    const last = new Map<string, Record<string, unknown>>();
    for (const [agent, outputs] of byAgent) {
      const values = Object.entries(outputs).map(([output, events]) => [output, this.of(agent, output, events)]);
      last.set(agent, Object.fromEntries(values));
    }
    return last;
  }

  #warn(agent: string, output: string, events: readonly EmittedEvent[]): void {
    const key = `${output} ${agent}`;
    if (this.#warned.has(key) || this.#warned.size >= REPLACED_WARNINGS_MAX) return;
    this.#warned.add(key);
    const times = `${events[0]!.time} s to ${events.at(-1)!.time} s`;
    const others = this.#warned.size === REPLACED_WARNINGS_MAX ? "; of further outputs it is not told" : "";
    const text = `agent "${agent}" emitted "${output}" ${events.length} times before it was taken (${times}): the last value alone is put out; ${this.#instead}${others}`;
    warn(text, "COSIMAS_EVENTS_REPLACED");
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
  const values: Record<string, unknown> = {};
  for (const name of names) values[name] = readOutput(record, name, copyOut);
  return values;
}

/** One of them. Throws as {@link readOutputs}. */
export function readOutput(
  record: AgentRecord,
  name: string,
  copyOut: (value: unknown, root: string) => unknown,
): unknown {
  checkOutput(record, name);
  return copyOut((record.agent as unknown as Record<string, unknown>)[name], `${record.id}.${name}`);
}

/** One output of one agent. */
interface OutputPlace {
  readonly record: AgentRecord;
  readonly name: string;
  /** Names it in errors. */
  readonly root: string;
}

/** Reads the same outputs again and again, one value after the other; undefined, and nothing read, if an agent is gone. */
export type OutputReader = () => unknown[] | undefined;

/**
 * Reads as {@link readOutputs}, for many agents. An id is used once in a run, so that whose it is need not be asked each time.
 *
 * @param find - The record of an agent.
 * @returns Undefined if an agent does not live, or an output is not listed: whoever reads them one by one is told so.
 */
export function outputReader(
  request: ReadonlyMap<string, readonly string[]>,
  find: (id: string) => AgentRecord | undefined,
  copyOut: (value: unknown, root: string) => unknown,
): OutputReader | undefined {
  const places: OutputPlace[] = [];
  for (const [id, names] of request) {
    const record = find(id);
    if (record === undefined) return undefined;
    for (const name of names) {
      if (!record.type.outputs.includes(name)) return undefined;
      places.push({ record, name, root: `${id}.${name}` });
    }
  }
  const isGone = ({ record }: OutputPlace) => record.state === "removed";
  const read = ({ record, name, root }: OutputPlace) =>
    copyOut((record.agent as unknown as Record<string, unknown>)[name], root);
  return () => (places.some(isGone) ? undefined : places.map(read));
}
