import { parseAgentUrl } from "../channel/address.ts";
import type { CodecName, Value } from "../codec/index.ts";
import { AgentError, RpcError, RunError } from "../errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import {
  connect,
  type Method,
  notFound,
  type Resolver,
  type RpcConnection,
  type RpcPeer,
  type Server,
  serve,
} from "../rpc/index.ts";
import { type ProxyTarget, proxyTarget } from "../rpc/proxy.ts";
import { proxyOrigin } from "../rpc/references.ts";
import { bindArguments } from "../rpc/services.ts";
import { CallBacks, WORKS_FOR } from "./call-backs.ts";
import type { LiveOptions, PeerConnections } from "./peers.ts";
import { type AgentReferences, idOfProxy, isAgent, isLiveId, urlOfId } from "./references.ts";

/**
 * A container's connections to live peers: other containers that no simulated clock orders, as those of Python's
 * aiomas, and with its paths: `agents/<id>/<method>`, `validate_aid`.
 *
 * What peers call enters at the next advance; what agents call there is an external. Such runs are not promised to
 * repeat.
 */
export class LivePeers implements PeerConnections {
  readonly #kernel: Kernel;
  readonly #codec: CodecName;
  readonly #resolver: Resolver = {
    resolve: (path, from) => this.#resolve(path, from),
    pathOf: (service) => this.#pathOf(service),
    serviceAt: (path) => this.#serviceAt(path),
  };
  #server: Server | undefined;
  /** One connection for each peer; a failed or closed one is forgotten, so that the next connect tries again. */
  readonly #connections = new Map<string, Promise<RpcConnection>>();
  /** Those that stand. */
  readonly #connected = new Map<string, RpcConnection>();

  readonly #liveOptions: LiveOptions;
  /** Proxies of what stands at live peers that are values of the simulation, by their ids. */
  readonly #live = new Map<string, WeakRef<object>>();
  /** When the next call of a peer may be sent. */
  readonly #turns = new WeakMap<RpcPeer, Promise<void>>();
  readonly #callBacks = new CallBacks();
  readonly #unused = new FinalizationRegistry<string>((id) => {
    if (this.#live.get(id)?.deref() === undefined) this.#live.delete(id);
  });

  constructor(kernel: Kernel, codec: CodecName, options: LiveOptions) {
    this.#kernel = kernel;
    this.#codec = codec;
    this.#liveOptions = options;
    // Made with the kernel, for this container.
    (kernel.references as AgentReferences).live = {
      idOf: (value) => this.#idOf(value),
      target: (id) => this.#target(id),
    };
  }

  get #options() {
    // Dates come first, as in aiomas's containers: on the wire a type is its number.
    return { limits: this.#kernel.limits, codec: this.#codec, types: this.#kernel.valueTypes };
  }

  get address(): string | undefined {
    return this.#server?.address;
  }

  async listen(address: string): Promise<void> {
    const { retryMs: _retryMs, backoff: _backoff, ...listening } = this.#liveOptions;
    this.#server = await serve(address, this.#resolver, { ...this.#options, ...listening });
  }

  async validate(address: string, agent: string): Promise<void> {
    const connection = await this.#connection(address);
    const type = await connection.call("validate_aid", [agent]);
    if (type !== null) return;
    throw new AgentError("ERR_AGENT_UNKNOWN", `there is no agent "${agent}" at ${address}`, { agent, peer: address });
  }

  async call(address: string, agent: string, path: string, args: unknown[]): Promise<unknown> {
    const connection = await this.#connection(address);
    return this.#asking(connection, () => connection.call(`agents/${agent}/${path}`, args));
  }

  targetAt(address: string, agent: string): ProxyTarget | undefined {
    const connection = this.#connected.get(address);
    const root = connection && proxyTarget(connection.remote);
    return root && { invoke: root.invoke, path: `agents/${agent}` };
  }

  async callLive(id: string, path: string, args: unknown[]): Promise<unknown> {
    const url = urlOfId(id);
    if (url !== undefined) {
      const { address, agent } = parseAgentUrl(url);
      return this.call(address, agent, path, args);
    }
    const target = this.#target(id);
    if (target === undefined) {
      const text = `what stood at ${id} was passed on a connection that is gone; it has to be passed again`;
      throw new RpcError("ERR_RPC_SERVICE_LOST", text, { method: path });
    }
    const { peer } = proxyOrigin(this.#live.get(id)!.deref()!)!;
    return this.#asking(peer, () => target.invoke(target.path === "" ? path : `${target.path}/${path}`, args));
  }

  /** Ask a peer; arguments that are too much at once wait for their turn. */
  async #asking<T>(peer: RpcPeer, ask: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(peer) ?? Promise.resolve();
    const turn = before.then(() => peer.drained());
    this.#turns.set(peer, turn);
    await turn;
    // The step waits for the answer if an agent asks during an advance of a clock that is moved from outside.
    const holds = this.#kernel.phase === "advancing" && this.#kernel.wake === undefined;
    return holds ? this.#callBacks.waitFor(peer, ask) : ask();
  }

  async close(): Promise<void> {
    const connections = await Promise.allSettled(this.#connections.values());
    const open = connections.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    await Promise.all([this.#server?.close(), ...open.map((connection) => connection.close())]);
  }

  #connection(address: string): Promise<RpcConnection> {
    let connection = this.#connections.get(address);
    if (connection === undefined) {
      if (this.#kernel.phase === "closed") throw new RunError("ERR_RUN_CLOSED", "the container is closed");
      const { insecure: _insecure, origins: _origins, onRefused: _onRefused, ...opening } = this.#liveOptions;
      connection = connect(address, { ...this.#options, ...opening, service: this.#resolver });
      this.#connections.set(address, connection);
      const forget = () => {
        this.#connections.delete(address);
        this.#connected.delete(address);
      };
      connection.then((connected) => {
        this.#connected.set(address, connected);
        return connected.closed.then(forget);
      }, forget);
    }
    return connection;
  }

  #resolve(path: readonly string[], from: RpcPeer): Method {
    const { registry, outside } = this.#kernel;
    if (path.length === 1 && path[0] === "validate_aid") {
      return ([id]) => {
        const record = typeof id === "string" ? registry.get(id) : undefined;
        return record === undefined || record.state === "removed" ? null : record.type.name;
      };
    }
    if (path.length === 1 && path[0] === WORKS_FOR) return ([id, via]) => this.#callBacks.worksFor(id, via);
    const [root, ...rest] = path;
    const found = root === "agents" ? this.#agentOn(rest) : undefined;
    if (found === undefined) throw notFound(path);
    const { agent, method } = found;
    const { limits } = this.#kernel;
    return (args, kwargs) => {
      const content = this.#contentOf(agent, method, args, kwargs);
      const answer = outside.call(agent, method, content, limits.outsideCallsMax, from.peer);
      this.#callBacks.serve(from, answer);
      if (!this.#callBacks.isWaiting) return answer;
      return this.#callBacks.unlessStuck(answer, agent, method, from, () => outside.withdraw(answer));
    };
  }

  /** Ids may have slashes, and services may stand below agents: the longest id that there is, or all but the method. */
  #agentOn(parts: readonly string[]): { readonly agent: string; readonly method: string } | undefined {
    if (parts.length < 2) return undefined;
    for (let length = parts.length - 1; length > 0; length--) {
      const agent = parts.slice(0, length).join("/");
      const type = this.#kernel.registry.get(agent)?.agent?.constructor as { services?: readonly string[] } | undefined;
      const below = parts.slice(length);
      if (type === undefined || (below.length > 1 && !type.services?.includes(below[0]!))) continue;
      return { agent, method: below.join("/") };
    }
    return { agent: parts.slice(0, -1).join("/"), method: parts.at(-1)! };
  }

  /** Arguments as the agent gets them; a parameter that was left out is undefined there, too. */
  #contentOf(agent: string, method: string, args: Value[], kwargs: Record<string, Value>): unknown {
    const type = this.#kernel.registry.get(agent)?.agent?.constructor;
    const bound = type === undefined ? args : bindArguments(type as never, method, args, kwargs);
    const content = this.#kernel.copyFor(agent, bound, "$.args") as unknown[];
    for (let i = 0; i < bound.length; i++) if (!(i in bound)) content[i] = undefined;
    return content;
  }

  /** An agent of this container that a peer passes back. */
  #serviceAt([root, ...id]: readonly string[]): object | undefined {
    const record = root === "agents" ? this.#kernel.registry.get(id.join("/")) : undefined;
    return record?.state === "removed" ? undefined : record?.agent;
  }

  #idOf(value: object): string | undefined {
    const origin = proxyOrigin(value);
    if (origin === undefined) return undefined;
    const { peer, target } = origin;
    const id = `${peer.peer}/${target.path}`;
    if (this.#live.get(id)?.deref() !== value) {
      this.#live.set(id, new WeakRef(value));
      this.#unused.register(value, id);
    }
    return id;
  }

  /** Keeps what it gives in use: the proxy itself is part of it. */
  #target(id: string): ProxyTarget | undefined {
    const url = urlOfId(id);
    if (url !== undefined) {
      const { address, agent } = parseAgentUrl(url);
      return this.targetAt(address, agent);
    }
    const proxy = this.#live.get(id)?.deref();
    const target = proxy && proxyOrigin(proxy)?.target;
    return target && { invoke: target.invoke, path: target.path, of: proxy };
  }

  /** Where peers find an agent that is passed to them. @throws AgentError for one of another container. */
  #pathOf(service: object): string | undefined {
    const id = idOfProxy(service, this.#kernel.references);
    if (id !== undefined) return isLiveId(id) ? undefined : `agents/${id}`;
    if (!isAgent(service)) return undefined;
    if (this.#kernel.registry.get(service.id)?.agent === (service as object)) return `agents/${service.id}`;
    const message = `agent "${service.id}" is not in the container that passes it`;
    throw new AgentError("ERR_AGENT_UNKNOWN", message, { agent: service.id });
  }
}
