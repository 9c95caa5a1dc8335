import type { DateTime } from "../clock/calendar.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import { plainCopy } from "../codec/index.ts";
import { AgentError } from "../errors.ts";
import { timeoutTicks } from "../kernel/communication.ts";
import type { Emissions } from "../kernel/emissions.ts";
import { AgentRecord, type AgentTimer, type AgentType, type TimerOwner } from "../kernel/model.ts";
import { OUTSIDE } from "../kernel/order.ts";
import { checkOutput } from "../kernel/outside.ts";
import { anything, checkArgument, checkOptions, func, listOf, type OptionChecks, string } from "../options.ts";
import { createRandom } from "../random.ts";
import type { Invoke } from "../rpc/proxy.ts";
import {
  type AgentApi,
  type AgentClass,
  type ConnectOptions,
  checkAgentClass,
  checkAgentId,
  NO_OPTIONS,
  type SendOptions,
  type SpawnOptions,
} from "./agent.ts";
import { type Gathered, type GatherOptions, gather } from "./gather.ts";
import { checkNeighbours } from "./neighbours.ts";
import { type EveryOptions, type Periodic, startPeriodic } from "./periodic.ts";
import { agentProxy } from "./references.ts";
import { type AgentFuture, AgentQueue, openFuture } from "./waits.ts";

/** Their numbers are checked where they are used, as times. */
const CONNECT_CHECKS: OptionChecks<ConnectOptions> = { timeout: anything };
const SEND_CHECKS: OptionChecks<SendOptions> = { delay: anything };
/** Ids are checked as ids. */
const SPAWN_CHECKS: OptionChecks<SpawnOptions> = {
  id: anything,
  args: listOf(anything),
  neighbours: listOf(anything),
};

/** What the container does for its agents besides the simulation itself. */
export interface AgentHost extends TimerOwner<AgentTimer> {
  readonly emissions: Emissions;
  readonly seed: number | string;
  /** Proxy of an agent by id or URL. */
  connect(record: AgentRecord, address: string, options: ConnectOptions): Promise<object>;
  /** Where live peers find an agent of this container. */
  urlOf(id: string): string;
  /** Make an agent and its record. */
  create(type: AgentClass, id: string, args: readonly unknown[], neighbours?: readonly string[]): AgentRecord;
  /** Run agent code as a tracked task. */
  task(record: AgentRecord, code: () => unknown): void;
}

/**
 * Everything that one agent may ask of its container: the agent's own record, so that what an agent does finds all that it
 * needs in one place, and there is an object less for each agent.
 */
export class AgentLink extends AgentRecord implements AgentApi {
  declare readonly type: AgentType<AgentHost>;

  get owner(): AgentHost {
    return this.type.owner;
  }

  /** Made anew each time: most are used at once and cost nothing, and one that is kept would cost each agent 48 bytes. */
  get clock(): Clock {
    return new AgentClock(this);
  }

  get addr(): string {
    return this.owner.urlOf(this.id);
  }

  connect(address: string, options: ConnectOptions): Promise<object> {
    if (this.mute) return new Promise(() => {});
    // A program outside may still connect; the proxy refuses calls, and a loop that begins with it would not end otherwise.
    if (this.state === "removed") this.rare.refusals++;
    try {
      if (typeof address !== "string") checkArgument("connect", "address", address, string);
      if (options !== NO_OPTIONS) checkOptions("connect", options, CONNECT_CHECKS);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.owner.connect(this, address, options);
  }

  random(): number {
    if (!this.mute) this.owner.emissions.kernel.guard(this, "random");
    const { rare } = this;
    rare.random ??= createRandom(this.owner.seed, this.id);
    return rare.random();
  }

  external<T>(start: () => Promise<T> | T): Promise<T> {
    try {
      checkFunction("external", "start", start);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.owner.emissions.external(this, start);
  }

  future<T>(): AgentFuture<T> {
    return openFuture<T>(this.owner.emissions, this);
  }

  queue<T>(): AgentQueue<T> {
    return new AgentQueue<T>(this.owner.emissions, this);
  }

  task(code: () => unknown): void {
    checkFunction("task", "code", code);
    if (this.mute) return;
    this.owner.emissions.kernel.guard(this, "task");
    this.owner.task(this, code);
  }

  send(to: string, method: string, args: readonly unknown[], options: SendOptions): void {
    if (options !== NO_OPTIONS) checkOptions("send", options, SEND_CHECKS);
    const { emissions } = this.owner;
    const { clock } = emissions.kernel;
    const { delay } = options;
    emissions.send(this, to, method, args, delay === undefined ? clock.ticks : clock.ticksIn(delay));
  }

  get sender(): string | undefined {
    if (this.mute) return undefined;
    const { kernel } = this.owner.emissions;
    kernel.guard(this, "sender");
    const { handling } = kernel;
    if (handling === null || kernel.constructing === this) return undefined;
    if (handling !== undefined) return handling.from.rank < 0 ? undefined : handling.from.id;
    const text =
      `agent "${this.id}" asked for its sender after an await, when other handlers may have run; keep it before the first ` +
      "await, as const { sender } = this";
    throw new AgentError("ERR_AGENT_SENDER", text, { agent: this.id, method: "sender", tag: kernel.tag });
  }

  every(dt: number, f: () => unknown, options: EveryOptions): Periodic {
    return startPeriodic(this.owner.emissions, this, dt, f, options);
  }

  neighbours(): readonly object[] {
    const { emissions } = this.owner;
    if (!this.mute) emissions.kernel.guard(this, "neighbours");
    const { known } = this;
    if (known === undefined) return [];
    known.proxies ??= Object.freeze(known.ids.map((id) => localProxy(emissions, this, id)));
    return known.proxies;
  }

  broadcast(method: string, args: readonly unknown[]): void {
    const { emissions } = this.owner;
    if (this.mute) return;
    emissions.kernel.guard(this, "broadcast");
    const { ticks } = emissions.kernel.clock;
    for (const id of this.known?.ids ?? []) emissions.send(this, id, method, args, ticks);
  }

  gather(
    peers: readonly (string | object)[],
    method: string,
    args: readonly unknown[],
    options: GatherOptions,
  ): Promise<Gathered> {
    const log = (message: string, fields: Record<string, unknown>) => this.log(message, fields);
    return gather(this.owner.emissions, this, peers, method, args, options, log);
  }

  emit(output: string, value: unknown): void {
    const { kernel } = this.owner.emissions;
    if (this.mute) return;
    kernel.guard(this, "emit");
    if (typeof output !== "string") checkArgument("emit", "output", output, string);
    checkOutput(this, output);
    const copy = kernel.copyOut(value, `${this.id}.${output}`);
    kernel.outputEvents.put(this.id, output, { time: kernel.clock.time(), value: copy });
    kernel.tracer.emitted(this, output, copy);
  }

  log(message: string, fields: Record<string, unknown>): void {
    const kernel = this.owner.emissions.kernel;
    if (this.mute) return;
    kernel.guard(this, "log");
    const id = `${this.id}#${this.seq++}`;
    // Checked whether somebody observes or not: an observer must not make a difference.
    const kept = kernel.copyOut(fields, `${this.id}.log`);
    const { cause, tag } = kernel;
    kernel.tracer.note(() => {
      const fields = plainCopy(kept, kernel.types);
      return { kind: "log", ...tag, agent: this.id, id, cause: cause?.id, message, fields };
    });
  }

  spawn(type: AgentClass, options: SpawnOptions): object {
    const kernel = this.owner.emissions.kernel;
    if (!this.mute) kernel.guard(this, "spawn");
    checkAgentClass(type);
    checkOptions("spawn", options, SPAWN_CHECKS);
    const id = checkAgentId(options.id ?? `${this.id}/${this.rare.children++}`);
    if (this.mute) return localProxy(this.owner.emissions, this, id);
    const args = kernel.copyFor(id, options.args ?? [], `spawn(${id})`) as unknown[];
    const neighbours = checkNeighbours(id, options.neighbours);
    const create = () => this.owner.create(type, id, args, neighbours);
    const birth = { id, create, parent: this, cause: kernel.cause, neighbours };
    if (kernel.others?.bear(birth, type, args, kernel.clock.ticks) !== true) kernel.next.addBirth(birth);
    return localProxy(this.owner.emissions, this, id);
  }

  remove(): void {
    if (this.mute) return;
    this.owner.emissions.kernel.guard(this, "remove");
    this.owner.emissions.kernel.next.addDeath(this, this.owner.emissions.kernel.cause);
  }
}

function checkFunction(of: string, name: string, value: unknown): void {
  if (typeof value !== "function") checkArgument(of, name, value, func);
}

/** Proxy through which `record` calls the agent `id` of its own platform. One made outside may be used outside. */
export function localProxy(
  emissions: Emissions,
  record: AgentRecord,
  id: string,
  options: ConnectOptions = {},
): object {
  const { kernel } = emissions;
  const outside = !kernel.serving;
  const { timeout } = options;
  const ticks = timeout === undefined ? callTicks(emissions) : timeoutTicks(timeout, kernel.clock.resolution);
  const invoke: Invoke = (path, args) => emissions.call(record, id, path, args, outside, ticks);
  return agentProxy(id, kernel.references, invoke);
}

/** The calls of the agent `id` by `receiver`, which has got a reference to it: an agent, or what is outside. */
export function callsOf(emissions: Emissions, receiver: string, id: string): Invoke {
  const { kernel } = emissions;
  const { outside, limits } = kernel;
  if (receiver === OUTSIDE.id) {
    return async (path, args) =>
      outside.call(id, path, kernel.copyFor(id, args, `${id}.${path}`), limits.outsideCallsMax);
  }
  const record = kernel.registry.get(receiver)!;
  return (path, args) => emissions.call(record, id, path, args, false, callTicks(emissions));
}

/** Simulated time that a call may take; -1: any. */
function callTicks({ kernel }: Emissions): number {
  return kernel.communication?.callTimeoutTicks ?? -1;
}

/** The clock as one agent uses it: the container's time, and waits that are this agent's. */
class AgentClock implements Clock {
  readonly #record: AgentLink;

  constructor(record: AgentLink) {
    this.#record = record;
  }

  get #emissions(): Emissions {
    return this.#record.owner.emissions;
  }

  time(): number {
    return this.#emissions.kernel.clock.time();
  }

  utcnow(): DateTime {
    return this.#emissions.kernel.clock.utcnow();
  }

  sleep(dt: number): Promise<void> {
    try {
      return this.#emissions.sleep(this.#record, this.#emissions.kernel.clock.ticksIn(dt));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  sleepUntil(t: number | DateTime): Promise<void> {
    try {
      return this.#emissions.sleep(this.#record, this.#emissions.kernel.clock.ticksAt(t));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  callIn(dt: number, f: () => unknown): Timer {
    checkFunction("clock.callIn", "f", f);
    return this.#emissions.callAt(this.#record, this.#emissions.kernel.clock.ticksIn(dt), f);
  }

  callAt(t: number | DateTime, f: () => unknown): Timer {
    checkFunction("clock.callAt", "f", f);
    return this.#emissions.callAt(this.#record, this.#emissions.kernel.clock.ticksAt(t), f);
  }
}
