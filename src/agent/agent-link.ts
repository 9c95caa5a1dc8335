import type { Clock } from "../clock/clock.ts";
import { plainCopy } from "../codec/index.ts";
import { timeoutTicks } from "../kernel/communication.ts";
import { OUTSIDE } from "../kernel/delivery.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { checkOutput } from "../kernel/outputs.ts";
import { createRandom } from "../kernel/random.ts";
import type { AgentRecord } from "../kernel/record.ts";
import type { Invoke } from "../rpc/proxy.ts";
import type { AgentClass } from "./agent.ts";
import { AgentClock } from "./agent-clock.ts";
import { checkAgentId } from "./id.ts";
import { agentProxy } from "./references.ts";
import { type AgentFuture, AgentQueue, openFuture } from "./waits.ts";

/** Options of a one-way message. */
export interface SendOptions {
  /** Seconds until it is delivered; 0, the default, is the next round. */
  delay?: number;
}

/** Options of a new agent. */
export interface SpawnOptions {
  /** Unique in the run; an id is never used again, even after its agent was removed. */
  id?: string;
  /** Arguments of its constructor. */
  args?: readonly unknown[];
}

/** Options of a proxy. */
export interface ConnectOptions {
  /**
   * Simulated seconds, above 0, within which a call has to be answered, or it fails with `ERR_CALL_TIMEOUT`; an answer at
   * exactly that time is late. Default: `callTimeout` of the communication model, otherwise none. Calls of live peers
   * have `limits.callTimeoutMs` of wall time instead.
   */
  timeout?: number;
}

/** What the container does for its agents besides the simulation itself. */
export interface AgentHost {
  readonly kernel: Kernel;
  readonly seed: number | string;
  /** Proxy of an agent by id or URL. */
  connect(record: AgentRecord, address: string, options: ConnectOptions): Promise<object>;
  /** Make an agent and its record. */
  create(type: AgentClass, id: string, args: readonly unknown[]): AgentRecord;
  /** Run agent code as a tracked task. */
  task(record: AgentRecord, code: () => unknown): void;
}

/** Everything that one agent may ask of its container. */
export class AgentLink {
  readonly #record: AgentRecord;
  readonly #host: AgentHost;
  #clock: Clock | undefined;

  constructor(record: AgentRecord, host: AgentHost) {
    this.#record = record;
    this.#host = host;
  }

  get clock(): Clock {
    this.#clock ??= new AgentClock(this.#host.kernel, this.#record);
    return this.#clock;
  }

  get id(): string {
    return this.#record.id;
  }

  connect(address: string, options: ConnectOptions): Promise<object> {
    return this.#host.connect(this.#record, address, options);
  }

  random(): number {
    this.#host.kernel.guard(this.#record, "random");
    const { seldom } = this.#record;
    seldom.random ??= createRandom(this.#host.seed, this.#record.id);
    return seldom.random();
  }

  external<T>(start: () => Promise<T> | T): Promise<T> {
    return this.#host.kernel.emissions.external(this.#record, start);
  }

  future<T>(): AgentFuture<T> {
    return openFuture<T>(this.#host.kernel, this.#record);
  }

  queue<T>(): AgentQueue<T> {
    return new AgentQueue<T>(this.#host.kernel, this.#record);
  }

  task(code: () => unknown): void {
    this.#host.kernel.guard(this.#record, "task");
    this.#host.task(this.#record, code);
  }

  send(to: string, method: string, args: readonly unknown[], options: SendOptions): void {
    this.#host.kernel.emissions.send(
      this.#record,
      to,
      method,
      args,
      this.#host.kernel.clock.ticksIn(options.delay ?? 0),
    );
  }

  emit(output: string, value: unknown): void {
    const { outputEvents } = this.#host.kernel;
    this.#host.kernel.guard(this.#record, "emit");
    checkOutput(this.#record, output);
    outputEvents.put(this.#record.id, output, this.#host.kernel.copyOut(value, `${this.#record.id}.${output}`));
  }

  log(message: string, fields: Record<string, unknown>): void {
    const kernel = this.#host.kernel;
    const record = this.#record;
    kernel.guard(record, "log");
    const id = `${record.id}#${record.seq++}`;
    // Checked whether somebody observes or not: an observer must not make a difference.
    const kept = kernel.copyOut(fields, `${record.id}.log`);
    const { cause, tag } = kernel;
    kernel.tracer.note(() => {
      const fields = plainCopy(kept, kernel.types);
      return { kind: "log", ...tag, agent: record.id, id, cause, message, fields };
    });
  }

  spawn(type: AgentClass, options: SpawnOptions): object {
    const kernel = this.#host.kernel;
    const record = this.#record;
    kernel.guard(record, "spawn");
    const id = checkAgentId(options.id ?? `${record.id}/${record.seldom.children++}`);
    const args = kernel.copyFor(id, options.args ?? [], `spawn(${id})`) as unknown[];
    const create = () => this.#host.create(type, id, args);
    const birth = { id, create, parent: record, cause: kernel.cause };
    if (kernel.transit?.bear(birth, type, args, kernel.clock.ticks) !== true) kernel.next.addBirth(birth);
    return localProxy(kernel, record, id);
  }

  remove(): void {
    this.#host.kernel.guard(this.#record, "remove");
    this.#host.kernel.next.addDeath(this.#record, this.#host.kernel.cause);
  }
}

/** Proxy through which `record` calls the agent `id` of its own platform. One made outside may be used outside. */
export function localProxy(kernel: Kernel, record: AgentRecord, id: string, options: ConnectOptions = {}): object {
  const outside = !kernel.serving;
  const { timeout } = options;
  const ticks = timeout === undefined ? callTicks(kernel) : timeoutTicks(timeout, kernel.clock.resolution);
  return agentProxy(id, kernel, (path, args) => kernel.emissions.call(record, id, path, args, outside, ticks));
}

/** The calls of the agent `id` by `receiver`, which has got a reference to it: an agent, or what is outside. */
export function callsOf(kernel: Kernel, receiver: string, id: string): Invoke {
  const { outside, limits } = kernel;
  if (receiver === OUTSIDE.id) {
    return async (path, args) =>
      outside.call(id, path, kernel.copyFor(id, args, `${id}.${path}`), limits.outsideCallsMax);
  }
  const record = kernel.registry.get(receiver)!;
  return (path, args) => kernel.emissions.call(record, id, path, args, false, callTicks(kernel));
}

/** Simulated time that a call may take; -1: any. */
function callTicks(kernel: Kernel): number {
  return kernel.communication?.callTimeoutTicks ?? -1;
}
