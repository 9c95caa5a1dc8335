import { isIPv4, isIPv6 } from "node:net";

/** Where a channel is: a TCP address. */
export interface Address {
  readonly scheme: "tcp";
  /** Name or IP address; IPv6 without brackets. */
  readonly host: string;
  /** 0 to 65535; 0 only for listening: any free port. */
  readonly port: number;
}

/** Where an agent is: the address of its container, and its id there. */
export interface AgentUrl {
  /** Address of the container, as `tcp://127.0.0.1:5555`. */
  readonly address: string;
  /** Id of the agent; may contain slashes. */
  readonly agent: string;
}

const ADDRESS = /^tcp:\/\/(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/;
const AGENT_URL = /^(tcp:\/\/[^/]+)\/(.+)$/s;

/**
 * Read `tcp://host:port`; IPv6 addresses stand in brackets, as `tcp://[::1]:5555`.
 *
 * @throws TypeError if it is anything else.
 */
export function parseAddress(address: string): Address {
  const [, ipv6, name, digits] = ADDRESS.exec(address) ?? [];
  const host = ipv6 ?? name;
  const port = Number(digits);
  if (host === undefined || port > 65_535 || (ipv6 !== undefined && !isIPv6(ipv6))) {
    const form = "tcp://HOST:PORT with a port from 0 to 65535, and IPv6 in brackets";
    throw new TypeError(`address must be ${form}; got ${JSON.stringify(address)}`);
  }
  return { scheme: "tcp", host: host.toLowerCase(), port };
}

/** The text of an address; {@link parseAddress} reads it. */
export function formatAddress(host: string, port: number): string {
  return isIPv6(host) ? `tcp://[${host}]:${port}` : `tcp://${host}:${port}`;
}

/**
 * Read `tcp://host:port/agent`.
 *
 * @throws TypeError if it is anything else.
 */
export function parseAgentUrl(url: string): AgentUrl {
  const [, address, agent] = AGENT_URL.exec(url) ?? [];
  if (address === undefined || agent === undefined) {
    throw new TypeError(`agent URL must be tcp://HOST:PORT/AGENT; got ${JSON.stringify(url)}`);
  }
  const { host, port } = parseAddress(address);
  return { address: formatAddress(host, port), agent };
}

/** The text of an agent's URL; {@link parseAgentUrl} reads it. */
export function formatAgentUrl({ address, agent }: AgentUrl): string {
  return `${address}/${agent}`;
}

/** Whether only this machine can reach the host: `localhost`, `::1`, 127.0.0.0/8. Other names are not resolved. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
