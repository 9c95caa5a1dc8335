import type { ValueType } from "../codec/index.ts";
import { AgentError } from "../errors.ts";
import type { ValueReferences } from "../kernel/kernel.ts";
import { createNamedProxy, type Invoke, type ProxyTarget, standFor } from "../rpc/proxy.ts";

/** Stands for an agent in what travels between containers: agents cross by their ids. */
export class AgentReference {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
}

/** An agent, as far as its id is all that crosses. */
interface Identified {
  readonly id: string;
}

/** Whether a value is an agent itself, not a proxy of one. The class of agents tells, see {@link knowAgents}. */
export let isAgent = (_value: object): _value is Identified => false;

/** Let agents be known by `brand`: a private field costs none of them anything, as a set of all of them would. */
export function knowAgents(brand: (value: object) => value is Identified): void {
  isAgent = brand;
}

/** What a proxy of an agent stands for. */
interface Standing {
  readonly id: string;
  /** The container or platform that has made the proxy. */
  readonly home: object;
}

const standings = new WeakMap<object, Standing>();

/** A proxy of the agent `id`, which may itself be passed to agents of `home`. */
export function agentProxy(id: string, home: object, invoke: Invoke): object {
  const proxy = createNamedProxy(invoke, urlOfId(id) ?? id);
  standings.set(proxy, { id, home });
  return proxy;
}

/** Id of the agent for which a proxy stands that `home` has made. */
export function idOfProxy(value: object, home: object): string | undefined {
  const standing = standings.get(value);
  return standing?.home === home ? standing.id : undefined;
}

/** What stands at live peers, as values of a simulation: each has a text as its id, `<address of the peer>/<path there>`. */
export interface LiveReferences {
  /** The id of what a proxy of a peer's service stands for; undefined for any other value. */
  idOf(value: object): string | undefined;
  /** What the proxy with this id leads to, while somebody has one. */
  target(id: string): ProxyTarget | undefined;
}

/** Whether an id in a reference is one of {@link LiveReferences}: an agent's own has no address in front. */
export function isLiveId(id: string): boolean {
  return id.includes("://");
}

/** Front of the id of an agent that somebody has connected to by its URL: that is found again whenever it is called. */
const BY_URL = "url:";

/** The id in a reference of the agent with this URL. */
export function idOfUrl(url: string): string {
  return `${BY_URL}${url}`;
}

/** The URL in such an id; undefined for any other. */
export function urlOfId(id: string): string | undefined {
  return id.startsWith(BY_URL) && isLiveId(id) ? id.slice(BY_URL.length) : undefined;
}

/** Ways in which a value that stands for an agent is written and read. */
interface AgentValues {
  /** Whether a proxy made by `home` is known here. */
  knows(home: object): boolean;
  /** Whether the agent itself is known here. */
  has(agent: Identified): boolean;
  read(id: string): object;
  /** The id of what stands at a live peer. */
  liveId?(value: object): string | undefined;
}

/** The registered type of agents; on the wire it is an id. It comes after all types that users register. */
function agentType({ knows, has, read, liveId }: AgentValues): ValueType {
  return {
    type: AgentReference,
    accepts: (value) => isAgent(value) || standings.has(value) || liveId?.(value) !== undefined,
    write(value) {
      if (value instanceof AgentReference) return value.id;
      if (isAgent(value)) {
        if (has(value)) return value.id;
        throw elsewhere(value.id);
      }
      const standing = standings.get(value);
      if (standing === undefined) return liveId?.(value);
      if (knows(standing.home)) return standing.id;
      throw elsewhere(standing.id);
    },
    read(id) {
      if (typeof id !== "string") throw new TypeError("an agent is given by its id");
      return read(id);
    },
  };
}

function elsewhere(id: string): AgentError {
  const text = `agent "${id}" is of another container, and its id means nothing here; connect to it by its URL`;
  return new AgentError("ERR_AGENT_UNKNOWN", text, { agent: id });
}

/** As it travels: between the coordinator of a platform and its containers, where every id is known. */
export const AGENT_REFERENCE: ValueType = agentType({
  knows: () => true,
  has: () => true,
  read: (id) => new AgentReference(id),
});

/** References as a platform's program gives them: its own proxies only. */
export function referencesFrom(home: object): ValueType {
  return agentType({ knows: (other) => other === home, has: () => false, read: (id) => new AgentReference(id) });
}

/** References as a platform's program gets them: as proxies. */
export function referencesAt(home: object, invokeOf: (id: string) => Invoke): ValueType {
  const read = (id: string) => agentProxy(id, home, invokeOf(id));
  return agentType({ knows: () => true, has: () => true, read });
}

/**
 * Agents as values of one container's simulation: what is an agent, or a proxy of one, in arguments and results arrives
 * as a proxy through which the receiver calls it.
 *
 * A copy is made before anybody knows for whom; its references are bound to the receiver right after.
 */
export class AgentReferences implements ValueReferences {
  readonly type: ValueType;
  readonly #invokeOf: (receiver: string, id: string) => Invoke;
  /** What stands at live peers; given once there are connections. */
  live: LiveReferences | undefined;
  /** Read since the last binding. */
  #unbound: Unbound[] = [];

  /** @param invokeOf - The calls of agent `id` by `receiver`. */
  constructor(has: (agent: Identified) => boolean, invokeOf: (receiver: string, id: string) => Invoke) {
    this.#invokeOf = invokeOf;
    this.type = agentType({
      knows: (other) => other === this,
      has,
      read: (id) => this.#read(id),
      liveId: (value) => this.live?.idOf(value),
    });
  }

  /** Let what was read since the last call belong to the agent `receiver`. */
  bindTo(receiver: string): void {
    if (this.#unbound.length === 0) return;
    for (const reference of this.#unbound) reference.receiver = receiver;
    this.#unbound = [];
  }

  #read(id: string): object {
    const reference = new Unbound(this.#invokeOf, id);
    this.#unbound.push(reference);
    const proxy = agentProxy(id, this, (path, args) => reference.invoke(path, args));
    const target = isLiveId(id) ? this.live?.target(id) : undefined;
    if (target !== undefined) standFor(proxy, target); // so that it goes home as what it is
    return proxy;
  }
}

class Unbound {
  receiver = "";
  readonly #id: string;
  readonly #invokeOf: (receiver: string, id: string) => Invoke;
  #invoke: Invoke | undefined;

  constructor(invokeOf: (receiver: string, id: string) => Invoke, id: string) {
    this.#invokeOf = invokeOf;
    this.#id = id;
  }

  invoke(path: string, args: unknown[]): Promise<unknown> {
    this.#invoke ??= this.#invokeOf(this.receiver, this.#id);
    return this.#invoke(path, args);
  }
}
