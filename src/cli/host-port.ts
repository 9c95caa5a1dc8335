import { parseAddress } from "../channel/index.ts";
import { UsageError } from "./exit-code.ts";

/**
 * `tcp://HOST:PORT` of an argument.
 *
 * @param listens - Whether it is listened on: then the port may be 0, any free one.
 * @throws UsageError `ERR_CLI_VALUE`.
 */
export function parseHostPort(text: string, listens: boolean): string {
  try {
    const address = `tcp://${text}`;
    const parsed = parseAddress(address);
    if (listens || (parsed.scheme === "tcp" && parsed.port > 0)) return address;
  } catch {
    // Told below, in the terms of the command line.
  }
  const form = `HOST:PORT with a port from ${listens ? 0 : 1} to 65535, and IPv6 in brackets`;
  throw new UsageError("ERR_CLI_VALUE", `address ${JSON.stringify(text)}: must be ${form}`);
}
