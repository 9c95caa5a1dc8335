import { isIPv4, isIPv6 } from "node:net";

/** Where a channel is, by its scheme. */
export type Address = NetAddress | IpcAddress | LocalAddress;

/** A host and a port: TCP, TLS over it, or WebSocket over either. */
export interface NetAddress {
  readonly scheme: "tcp" | "tls" | "ws" | "wss";
  /** Name or IP address; IPv6 without brackets. */
  readonly host: string;
  /** 0 to 65535; 0 only for listening: any free port. */
  readonly port: number;
}

/** A Unix socket. */
export interface IpcAddress {
  readonly scheme: "ipc";
  /** Absolute path of the socket. */
  readonly path: string;
}

/** A queue within this process. */
export interface LocalAddress {
  readonly scheme: "local";
  readonly name: string;
}

/** Where an agent is: the address of its container, and its id there. */
export interface AgentUrl {
  /** Address of the container, as `tcp://127.0.0.1:5555`. */
  readonly address: string;
  /** Id of the agent; may contain slashes. */
  readonly agent: string;
}

const NET = /^(tcp|tls|ws|wss):\/\/(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/;
const IPC = /^ipc:\/\/(\/[^[\]\0]+)$/;
const LOCAL = /^local:\/\/([^/\s[\]]+)$/;
const AGENT_URL = /^((?:tcp|tls|ws|wss|local):\/\/[^/]+|ipc:\/\/\[[^\]]+\])\/(.+)$/s;

const FORMS =
  "tcp://, tls://, ws:// or wss:// with HOST:PORT (a port from 0 to 65535, IPv6 in brackets), ipc:///PATH, or local://NAME";

/**
 * Read `tcp://host:port` (as well `tls`, `ws`, `wss`), `ipc:///path` or `local://name`; IPv6 addresses stand in
 * brackets, as `tcp://[::1]:5555`.
 *
 * @throws TypeError if it is anything else.
 */
export function parseAddress(address: string): Address {
  const path = IPC.exec(address)?.[1];
  if (path !== undefined) return { scheme: "ipc", path };
  const name = LOCAL.exec(address)?.[1];
  if (name !== undefined) return { scheme: "local", name };
  const [, scheme, ipv6, hostname, digits] = NET.exec(address) ?? [];
  const host = ipv6 ?? hostname;
  const port = Number(digits);
  if (host === undefined || port > 65_535 || (ipv6 !== undefined && !isIPv6(ipv6))) {
    throw new TypeError(`address must be ${FORMS}; got ${JSON.stringify(address)}`);
  }
  return { scheme: scheme as NetAddress["scheme"], host: host.toLowerCase(), port };
}

/** The text of an address; {@link parseAddress} reads it. */
export function formatAddress(address: Address): string {
  if (address.scheme === "ipc") return `ipc://${address.path}`;
  if (address.scheme === "local") return `local://${address.name}`;
  const { scheme, host, port } = address;
  return isIPv6(host) ? `${scheme}://[${host}]:${port}` : `${scheme}://${host}:${port}`;
}

/**
 * Read an agent's URL as aiomas writes it: `tcp://host:port/agent` (as well `tls`, `ws`, `wss`), `ipc://[/path]/agent`,
 * `local://name/agent`.
 *
 * @throws TypeError if it is anything else.
 */
export function parseAgentUrl(url: string): AgentUrl {
  const [, place, agent] = AGENT_URL.exec(url) ?? [];
  if (place === undefined || agent === undefined) {
    const forms =
      "tcp://, tls://, ws:// or wss:// with HOST:PORT/AGENT, ipc://[/PATH]/AGENT (the path in brackets) or local://NAME/AGENT";
    throw new TypeError(`agent URL must be ${forms}; got ${JSON.stringify(url)}`);
  }
  const plain = place.startsWith("ipc:") ? place.replace(/[[\]]/g, "") : place;
  return { address: formatAddress(parseAddress(plain)), agent };
}

/** The text of an agent's URL; {@link parseAgentUrl} reads it. */
export function formatAgentUrl({ address, agent }: AgentUrl): string {
  return address.startsWith("ipc:") ? `ipc://[${address.slice("ipc://".length)}]/${agent}` : `${address}/${agent}`;
}

/** Whether only this machine can reach the host: `localhost`, `::1`, 127.0.0.0/8. Other names are not resolved. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
