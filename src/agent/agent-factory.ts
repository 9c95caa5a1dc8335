import type { Handlers } from "../kernel/handlers.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { AgentRecord } from "../kernel/record.ts";
import { underTraps } from "../kernel/strict.ts";
import { type Agent, type AgentClass, construct } from "./agent.ts";
import { type AgentHost, AgentLink, type ConnectOptions, localProxy } from "./agent-link.ts";
import { agentType } from "./agent-type.ts";
import type { LiveLinks } from "./live-peers.ts";

/** Makes a container's agents, and does for them what takes more than the simulation itself. */
export class AgentHome implements AgentHost {
  readonly seed: number | string;
  readonly kernel: Kernel;
  readonly #handlers: Handlers;
  readonly #links: LiveLinks;

  constructor(kernel: Kernel, handlers: Handlers, links: LiveLinks, seed: number | string) {
    this.kernel = kernel;
    this.#handlers = handlers;
    this.#links = links;
    this.seed = seed;
  }

  /**
   * Make an agent and its record, which is in the container's registry from now on.
   *
   * @throws AgentError `ERR_AGENT_DUPLICATE`; TypeError if its class is wrong; what its constructor throws.
   */
  create(type: AgentClass, id: string, args: readonly unknown[]): AgentRecord {
    const kernel = this.kernel;
    const record = new AgentRecord(id, agentType(type));
    kernel.registry.add(record, kernel.tag);
    const outer = kernel.constructing;
    kernel.constructing = record;
    try {
      const link = new AgentLink(record, this);
      const make = () => construct(link, type, [...args]) as Agent;
      record.agent = underTraps(kernel, record, "constructor", make);
    } catch (error) {
      kernel.forget(record);
      throw error;
    } finally {
      kernel.constructing = outer;
    }
    return record;
  }

  /** As `Agent.connect`. */
  async connect(record: AgentRecord, address: string, options: ConnectOptions): Promise<object> {
    const local = this.#links.localId(address);
    if (local === undefined) return this.#links.connect(record, address);
    return localProxy(this.kernel, record, local, options);
  }

  /** As `Agent.task`. */
  task(record: AgentRecord, code: () => unknown): void {
    this.#handlers.task(record, code);
  }
}
