import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import type { Command } from "commander";
import type { TlsFiles } from "../../channel/index.ts";
import { joinPlatform } from "../../platform/index.ts";
import { EXIT_SIGNAL, UsageError } from "../errors.ts";
import { moduleUrl } from "../load.ts";
import { parseHostPort, parseSeconds } from "../options.ts";

/** Seconds to wait for the platform. */
const TIMEOUT_S = 60;

/** Variable of the environment with the token; an argument could be seen by everybody on the machine. */
const TOKEN_VARIABLE = "COSIMAS_TOKEN";

interface ContainerOptions {
  readonly tokenFile?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  /** Seconds. */
  readonly timeout: number;
  readonly debug?: boolean;
}

/** Add `cosimas container` to the program: one container of a platform that waits for remote ones. */
export function addContainerCommand(program: Command): void {
  program
    .command("container")
    .description("join a platform as one of its containers, until it lets go of it")
    .argument("<module>", "the platform's module of agents; it must be the same file")
    .argument("<address>", "HOST:PORT or tls://HOST:PORT where the platform waits")
    .option("--token-file <path>", `file with the platform's token; or set ${TOKEN_VARIABLE}`)
    .option("--tls-ca <path>", "authorities (PEM) that sign the platform's certificate; with it the line is encrypted")
    .option("--tls-cert <path>", "certificate (PEM) that this container shows")
    .option("--tls-key <path>", "its private key (PEM)")
    .option("-t, --timeout <seconds>", "how long to wait for the platform", parseSeconds, TIMEOUT_S)
    .option("--debug", "print the stacks of errors")
    .action(async (given: string, address: string, options: ContainerOptions) => {
      for (const name of ["SIGINT", "SIGTERM"] as const) {
        process.on(name, () => process.exit(EXIT_SIGNAL + constants.signals[name]));
      }
      const tls = certificatesOf(options);
      const platform = platformAddress(address, tls !== undefined);
      const token = await tokenOf(options);
      const module = await moduleUrl(given, []);
      await joinPlatform(module, platform, {
        timeoutMs: options.timeout * 1000,
        ...(token !== undefined && { token }),
        ...(tls !== undefined && { tls }),
      });
    });
}

/** @throws UsageError unless all three are given, or none. */
function certificatesOf({ tlsCa, tlsCert, tlsKey }: ContainerOptions): TlsFiles | undefined {
  const given = { "--tls-ca": tlsCa, "--tls-cert": tlsCert, "--tls-key": tlsKey };
  const missing = Object.entries(given).flatMap(([name, path]) => (path === undefined ? [name] : []));
  if (missing.length === 3) return undefined;
  if (missing.length === 0) return { cafile: tlsCa!, certfile: tlsCert!, keyfile: tlsKey! };
  const text = `${missing.join(" and ")} must be given, too: both sides show a certificate, and check the other's`;
  throw new UsageError("ERR_CLI_VALUE", text);
}

/** HOST:PORT is for TLS if there are certificates; `tls://` needs them. */
function platformAddress(given: string, isSecure: boolean): string {
  const [, scheme, hostPort] = /^(?:(tcp|tls):\/\/)?(.*)$/s.exec(given)!;
  const address = parseHostPort(hostPort!, false);
  if (scheme === "tls" && !isSecure) {
    throw new UsageError("ERR_CLI_VALUE", `${given} needs --tls-ca, --tls-cert and --tls-key`);
  }
  return isSecure ? address.replace("tcp://", "tls://") : address;
}

/** @throws UsageError for a file that cannot be read, and for an empty token: it would be none. */
async function tokenOf({ tokenFile }: ContainerOptions): Promise<string | undefined> {
  if (tokenFile === undefined) {
    const token = process.env[TOKEN_VARIABLE];
    return token === undefined
      ? undefined
      : notEmpty(token, TOKEN_VARIABLE, "set it, or unset it if the platform has none");
  }
  try {
    const token = (await readFile(tokenFile, "utf8")).trim();
    return notEmpty(token, `--token-file ${tokenFile}`, "write the platform's token into it");
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError("ERR_CLI_VALUE", `--token-file ${tokenFile} cannot be read: ${(cause as Error).message}`);
  }
}

function notEmpty(token: string, from: string, mend: string): string {
  if (token.trim() !== "") return token;
  throw new UsageError("ERR_CLI_VALUE", `${from} is empty, which is no token; ${mend}`);
}
