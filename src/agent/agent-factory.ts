import type { Value } from "../codec/index.ts";
import { AgentError } from "../errors.ts";
import type { Emissions } from "../kernel/emissions.ts";
import type { Handlers } from "../kernel/handlers.ts";
import { type AgentRecord, type AgentTimer, type AgentType, Neighbours } from "../kernel/model.ts";
import { underTraps } from "../kernel/strict-mode.ts";
import { exposedMethods, type Servable, toResolver } from "../rpc/services.ts";
import { type Agent, type AgentClass, type ConnectOptions, construct } from "./agent.ts";
import { type AgentHost, AgentLink, localProxy } from "./agent-link.ts";
import type { Peers } from "./peers.ts";

/**
 * What peers may call of an agent: the exposed methods of its class, and those of the services that stand in the fields
 * which the class lists in `services`, as `sub/mul`. Such a service is looked into at each call; what it gives is looked
 * after as what the agent's own methods give.
 */
class Exposed extends Map<string, (...args: unknown[]) => unknown> {
  readonly #services: readonly string[];
  /** What was looked up last: most messages of a round call the same method. */
  #last = "";
  #found: ((...args: unknown[]) => unknown) | undefined;

  constructor(type: AgentClass) {
    super(exposedMethods(type));
    this.#services = (type as { readonly services?: readonly string[] }).services ?? [];
  }

  override get(name: string): ((...args: unknown[]) => unknown) | undefined {
    if (name !== this.#last) {
      this.#found = this.#find(name);
      this.#last = name;
    }
    return this.#found;
  }

  #find(name: string): ((...args: unknown[]) => unknown) | undefined {
    const own = super.get(name);
    if (own !== undefined || !name.includes("/")) return own;
    const [field = "", ...path] = name.split("/");
    if (!this.#services.includes(field)) return undefined;
    return function (this: object, ...args: unknown[]): unknown {
      const service = (this as Record<string, unknown>)[field] as Servable;
      return toResolver(service).resolve(path, undefined as never)(args as Value[], {});
    };
  }
}

/** Makes a container's agents, and does for them what takes more than the simulation itself. */
export class AgentFactory implements AgentHost {
  readonly seed: number | string;
  readonly emissions: Emissions;
  readonly #handlers: Handlers;
  readonly #peers: Peers;
  readonly #types = new Map<AgentClass, AgentType<AgentHost>>();

  constructor(emissions: Emissions, handlers: Handlers, peers: Peers, seed: number | string) {
    this.emissions = emissions;
    this.#handlers = handlers;
    this.#peers = peers;
    this.seed = seed;
  }

  /**
   * Make an agent and its record, which is in the container's registry from now on.
   *
   * @param neighbours - Ids of the agents that it knows, checked.
   * @throws AgentError `ERR_AGENT_DUPLICATE`; TypeError if its class is wrong; what its constructor throws.
   */
  create(type: AgentClass, id: string, args: readonly unknown[], neighbours?: readonly string[]): AgentRecord {
    const { kernel } = this.emissions;
    const record = new AgentLink(id, this.#typeOf(type));
    kernel.registry.add(record, kernel.tag);
    if (neighbours !== undefined && neighbours.length > 0) record.rare.neighbours = new Neighbours(neighbours);
    const outer = kernel.constructing;
    kernel.constructing = record;
    try {
      const make = () => construct(record, type, [...args]) as Agent;
      record.agent = underTraps(kernel, record, "constructor", make);
    } catch (error) {
      kernel.forget(record);
      throw error;
    } finally {
      kernel.constructing = outer;
    }
    return record;
  }

  /**
   * What the engine knows about a class, read once.
   *
   * @throws TypeError if its `exposed` does not fit.
   */
  #typeOf(type: AgentClass): AgentType<AgentHost> {
    let known = this.#types.get(type);
    if (known === undefined) {
      known = { name: type.name, owner: this, exposed: new Exposed(type), outputs: type.outputs };
      this.#types.set(type, known);
    }
    return known;
  }

  /** The record of a living agent. @throws AgentError `ERR_AGENT_UNKNOWN`. */
  living(id: string, method: string): AgentRecord {
    const record = this.emissions.kernel.registry.get(id);
    if (record !== undefined && record.state !== "removed") return record;
    throw new AgentError("ERR_AGENT_UNKNOWN", `there is no agent "${id}"`, { agent: id, method });
  }

  /** As `Agent.connect`. */
  async connect(record: AgentRecord, address: string, options: ConnectOptions): Promise<object> {
    const local = this.#peers.localId(address);
    if (local === undefined) return this.#peers.connect(record, address);
    return localProxy(this.emissions, record, local, options);
  }

  urlOf(id: string): string {
    return this.#peers.urlOf(id);
  }

  /** As `Timer.cancel`. */
  cancelTimer(timer: AgentTimer): boolean {
    return this.emissions.cancelTimer(timer);
  }

  /** As `Agent.task`. */
  task(record: AgentRecord, code: () => unknown): void {
    this.#handlers.task(record, code);
  }
}
