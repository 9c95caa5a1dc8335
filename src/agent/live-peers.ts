import type { CodecName } from "../codec/index.ts";
import { AgentError, RunError } from "../errors.ts";
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
import type { PeerConnections } from "./peers.ts";
import { idOfProxy, isAgent } from "./references.ts";

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
  };
  #server: Server | undefined;
  /** One connection for each peer; a failed or closed one is forgotten, so that the next connect tries again. */
  readonly #connections = new Map<string, Promise<RpcConnection>>();

  constructor(kernel: Kernel, codec: CodecName) {
    this.#kernel = kernel;
    this.#codec = codec;
  }

  get #options() {
    // Dates come first, as in aiomas's containers: on the wire a type is its number.
    return { limits: this.#kernel.limits, codec: this.#codec, types: this.#kernel.valueTypes };
  }

  get address(): string | undefined {
    return this.#server?.address;
  }

  async listen(address: string): Promise<void> {
    this.#server = await serve(address, this.#resolver, this.#options);
  }

  async validate(address: string, agent: string): Promise<void> {
    const connection = await this.#connection(address);
    const type = await connection.call("validate_aid", [agent]);
    if (type !== null) return;
    throw new AgentError("ERR_AGENT_UNKNOWN", `there is no agent "${agent}" at ${address}`, { agent, peer: address });
  }

  async call(address: string, agent: string, path: string, args: unknown[]): Promise<unknown> {
    return (await this.#connection(address)).call(`agents/${agent}/${path}`, args);
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
      connection = connect(address, { ...this.#options, service: this.#resolver });
      this.#connections.set(address, connection);
      const forget = () => this.#connections.delete(address);
      connection.then(({ closed }) => closed.then(forget), forget);
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
    // Ids may have slashes, methods may not.
    const [root, ...id] = path.slice(0, -1);
    if (root !== "agents" || id.length === 0) throw notFound(path);
    const { limits } = this.#kernel;
    // Proxies of the peer's services are no values of the simulation.
    return (args) => {
      const agent = id.join("/");
      return outside.call(
        agent,
        path.at(-1)!,
        this.#kernel.copyFor(agent, args, "$.args"),
        limits.outsideCallsMax,
        from.peer,
      );
    };
  }

  /** Where peers find an agent that is passed to them. @throws AgentError for one of another container. */
  #pathOf(service: object): string | undefined {
    const id = idOfProxy(service, this.#kernel.references);
    if (id !== undefined) return `agents/${id}`;
    if (!isAgent(service)) return undefined;
    if (this.#kernel.registry.get(service.id)?.agent === (service as object)) return `agents/${service.id}`;
    const message = `agent "${service.id}" is not in the container that passes it`;
    throw new AgentError("ERR_AGENT_UNKNOWN", message, { agent: service.id });
  }
}
