import { parseAgentUrl } from "../channel/index.ts";
import type { CodecName } from "../codec/index.ts";
import { AgentError, RunError } from "../errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { AgentRecord } from "../kernel/record.ts";
import {
  connect,
  createProxy,
  type Method,
  notFound,
  type Resolver,
  type RpcConnection,
  type RpcPeer,
  type Server,
  serve,
} from "../rpc/index.ts";
import { Agent } from "./agent.ts";
import { idOfProxy } from "./references.ts";

/**
 * A container's connections to live peers: other containers that no simulated clock orders, as those of Python's
 * aiomas, and with its paths: `agents/<id>/<method>`, `validate_aid`.
 *
 * What peers call enters at the next advance; what agents call there is an external. Such runs are not promised to
 * repeat.
 */
export class LiveLinks {
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
    // Dates come first, as in aiomas\'s containers: on the wire a type is its number.
    return { limits: this.#kernel.limits, codec: this.#codec, types: this.#kernel.valueTypes };
  }

  /** Where it listens, with the port that was really taken. */
  get address(): string | undefined {
    return this.#server?.address;
  }

  /** Offer the container's agents at `address`. @throws ChannelError as `rpc.serve`. */
  async listen(address: string): Promise<void> {
    this.#server = await serve(address, this.#resolver, this.#options);
  }

  /** Id of the agent that `address` names in this container; undefined if it is elsewhere. */
  localId(address: string): string | undefined {
    if (!address.includes("://")) return address;
    const { address: at, agent } = parseAgentUrl(address);
    return at === this.address ? agent : undefined;
  }

  /**
   * Proxy of an agent elsewhere, for `record`.
   *
   * @param url - As `tcp://127.0.0.1:5555/battery-7`.
   * @throws ChannelError if nobody answers; AgentError `ERR_AGENT_UNKNOWN` if the peer has no such agent. Inside the
   *   simulation, where it is an external, these arrive as RemoteError of that code.
   */
  async connect(record: AgentRecord, url: string): Promise<object> {
    const { address, agent } = parseAgentUrl(url);
    const outside = !this.#kernel.serving;
    await this.#real(record, outside, () => this.#validate(address, agent));
    return createProxy((path, args) =>
      this.#real(record, outside, async () => (await this.#connection(address)).call(`agents/${agent}/${path}`, args)),
    );
  }

  /** Close the server and every connection. */
  async close(): Promise<void> {
    const connections = await Promise.allSettled(this.#connections.values());
    const open = connections.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    await Promise.all([this.#server?.close(), ...open.map((connection) => connection.close())]);
  }

  /** Do I/O for an agent: as an external inside the simulation, at once for a program that uses the agent outside. */
  async #real<T>(record: AgentRecord, outside: boolean, io: () => Promise<T>): Promise<T> {
    if (!outside || this.#kernel.serving) return this.#kernel.emissions.external(record, io);
    this.#kernel.guardOutside(record, "call of a live peer");
    return io();
  }

  async #validate(address: string, agent: string): Promise<void> {
    const connection = await this.#connection(address);
    const type = await connection.call("validate_aid", [agent]);
    if (type !== null) return;
    throw new AgentError("ERR_AGENT_UNKNOWN", `there is no agent "${agent}" at ${address}`, { agent, peer: address });
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
    const id = idOfProxy(service, this.#kernel);
    if (id !== undefined) return `agents/${id}`;
    if (!(service instanceof Agent)) return undefined;
    if (this.#kernel.registry.get(service.id)?.agent === service) return `agents/${service.id}`;
    const message = `agent "${service.id}" is not in the container that passes it`;
    throw new AgentError("ERR_AGENT_UNKNOWN", message, { agent: service.id });
  }
}
