import { CONNECTING, LISTENING } from "../channel/checks.ts";
import type { ListenOptions, OpenOptions } from "../channel/index.ts";
import type { CodecName } from "../codec/index.ts";
import type { Emissions } from "../kernel/emissions.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { AgentRecord } from "../kernel/model.ts";
import { OUTSIDE } from "../kernel/order.ts";
import type { OptionChecks } from "../options.ts";
import { type Invoke, type ProxyTarget, standFor } from "../rpc/proxy.ts";
import { agentProxy, idOfUrl } from "./references.ts";

/** How a container's connections to live peers are made and secured, both those it opens and those it accepts. */
export interface LiveOptions
  extends Pick<ListenOptions, "tls" | "hello" | "origins" | "insecure" | "onRefused">,
    Pick<OpenOptions, "retryMs" | "backoff"> {}

/** What {@link LiveOptions} may be. */
export const LIVE_CHECKS: OptionChecks<LiveOptions> = {
  ...LISTENING,
  retryMs: CONNECTING.retryMs,
  backoff: CONNECTING.backoff,
};

/** Connections of a container to live peers. */
export interface PeerConnections {
  /** Where it listens, with the port that was really taken; undefined if it does not. */
  readonly address: string | undefined;
  /** Offer the container's agents at `address`. @throws ChannelError as `rpc.serve`. */
  listen(address: string): Promise<void>;
  /** Find out whether the peer at `address` has `agent`. @throws AgentError `ERR_AGENT_UNKNOWN`; ChannelError if nobody answers. */
  validate(address: string, agent: string): Promise<void>;
  /** Call a method of an agent there. */
  call(address: string, agent: string, path: string, args: unknown[]): Promise<unknown>;
  /** What a proxy of an agent there stands for; undefined while there is no connection. */
  targetAt(address: string, agent: string): ProxyTarget | undefined;
  /** Call what stands at a live peer, by the id of its reference. */
  callLive(id: string, path: string, args: unknown[]): Promise<unknown>;
  /** Close the server and every connection. */
  close(): Promise<void>;
}

/** How a program reaches live peers. */
export interface PeerAccess {
  /** Reads an agent's URL as `tcp://127.0.0.1:5555/battery-7`. @throws TypeError if it is none. */
  parseUrl(url: string): { readonly address: string; readonly agent: string };
  /** Text of an agent's URL. */
  formatUrl(url: { readonly address: string; readonly agent: string }): string;
  /** Makes the connections of one container; called with its first address or URL. */
  open(kernel: Kernel, codec: CodecName, options: LiveOptions): Promise<PeerConnections>;
}

let access: PeerAccess | undefined;

/**
 * Let containers reach live peers by `by`. The engine itself knows no connections: so it runs in a page, and a program
 * that uses neither addresses nor URLs loads none of them.
 */
export function reachPeers(by: PeerAccess): void {
  access = by;
}

function accessFor(address: string): PeerAccess {
  if (access !== undefined) return access;
  throw new TypeError(`this program has no connections to live peers, got "${address}"; reach agents by their ids`);
}

/**
 * What a container's agents see of live peers: agents of other containers that no simulated clock orders. What agents
 * call there is an external; a program that uses an agent from outside calls at once.
 */
export class Peers {
  readonly #emissions: Emissions;
  readonly #codec: CodecName;
  readonly #options: LiveOptions;
  #opening: Promise<PeerConnections> | undefined;
  #connections: PeerConnections | undefined;

  /** @param codec - On the wire. */
  constructor(emissions: Emissions, codec: CodecName, options: LiveOptions) {
    this.#emissions = emissions;
    this.#codec = codec;
    this.#options = options;
  }

  /** Where the container listens; undefined if it does not. */
  get address(): string | undefined {
    return this.#connections?.address;
  }

  /** Offer the container's agents at `address`. @throws ChannelError as `rpc.serve`. */
  async listen(address: string): Promise<void> {
    await (await this.#open(address)).listen(address);
  }

  /** Where live peers find the agent `id`; its id alone if the container does not listen. */
  urlOf(id: string): string {
    const { address } = this;
    return address === undefined ? id : accessFor(address).formatUrl({ address, agent: id });
  }

  /** The calls of what stands at a live peer by `receiver`, which has got a reference to it: an agent, or what is outside. */
  callsOf(receiver: string, id: string): Invoke {
    const call = async (path: string, args: unknown[]) => (await this.#open(id)).callLive(id, path, args);
    if (receiver === OUTSIDE.id) return call;
    const record = this.#emissions.kernel.registry.get(receiver)!;
    return (path, args) => this.#emissions.external(record, () => call(path, args));
  }

  /** Id of the agent that `address`, an id or URL, names in this container; undefined if it is elsewhere. */
  localId(address: string): string | undefined {
    if (!address.includes("://")) return address;
    const { address: at, agent } = accessFor(address).parseUrl(address);
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
    const { address, agent } = accessFor(url).parseUrl(url);
    const outside = !this.#emissions.kernel.serving;
    await this.#real(record, outside, async () => (await this.#open(address)).validate(address, agent));
    const call: Invoke = (path, args) =>
      this.#real(record, outside, async () => (await this.#open(address)).call(address, agent, path, args));
    const proxy = agentProxy(idOfUrl(url), this.#emissions.kernel.references, call);
    const target = this.#connections?.targetAt(address, agent);
    if (target !== undefined) standFor(proxy, target); // so that peers get it, too
    return proxy;
  }

  /** Close the server and every connection. */
  async close(): Promise<void> {
    await (await this.#opening)?.close();
  }

  /** Do I/O for an agent: as an external inside the simulation, at once for a program that uses the agent outside. */
  async #real<T>(record: AgentRecord, outside: boolean, io: () => Promise<T>): Promise<T> {
    const { kernel } = this.#emissions;
    if (!outside || kernel.serving) return this.#emissions.external(record, io);
    kernel.guardOutside(record, "call of a live peer");
    return io();
  }

  #open(address: string): Promise<PeerConnections> {
    this.#opening ??= accessFor(address)
      .open(this.#emissions.kernel, this.#codec, this.#options)
      .then((connections) => {
        this.#connections = connections;
        return connections;
      });
    return this.#opening;
  }
}
