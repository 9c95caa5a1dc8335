import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Channel } from "../channel/index.ts";
import { acceptChannels } from "../channel/listen.ts";
import { RunError } from "../errors.ts";
import type { AgentModule } from "./agent-module.ts";
import { joinOptions } from "./join.ts";
import { inlineSeats } from "./members/inline.ts";
import { startProcess } from "./members/process.ts";
import { type Host, RemoteSeat } from "./members/remote.ts";
import { startThread } from "./members/thread.ts";
import type { MemberOptions } from "./orders.ts";
import type { Isolation, PlatformOptions } from "./platform-options.ts";
import { type Joined, Reception } from "./reception.ts";
import type { Seat } from "./seat.ts";
import { within } from "./within.ts";

/** How containers are started. */
export interface StartOptions extends Pick<PlatformOptions, "link" | "address" | "token" | "onListening"> {
  readonly isolation: Isolation;
  readonly execArgv: readonly string[];
}

/**
 * Start the containers of a platform.
 *
 * @param members - Options of each container, by its number.
 * @throws RunError `ERR_CONTAINER_START`, `ERR_CONTAINER_MODULE`; then nothing is left of those that were started.
 */
export function startContainers(
  module: AgentModule,
  members: readonly MemberOptions[],
  options: StartOptions,
): Promise<Seat[]> | Seat[] {
  switch (options.isolation) {
    case "inline":
      return inlineSeats(module, members);
    case "thread":
      return threadSeats(module, members, options.execArgv);
    case "process":
      return processSeats(module, members, options);
    case "remote":
      return remoteSeats(module, members, options);
  }
}

async function threadSeats(module: AgentModule, members: readonly MemberOptions[], execArgv: readonly string[]) {
  const reception = new Reception(module, members, false);
  const { limits } = members[0]!;
  const hosts = members.map(({ index }) => startThread(index, module, limits, execArgv, reception));
  return seated(reception, hosts, members);
}

async function processSeats(
  module: AgentModule,
  members: readonly MemberOptions[],
  { link = process.platform === "win32" ? "tcp" : "ipc", execArgv }: StartOptions,
): Promise<Seat[]> {
  const { limits } = members[0]!;
  const token = randomBytes(16).toString("hex");
  const folder = link === "ipc" ? await mkdtemp(join(tmpdir(), "cosimas-")) : undefined;
  try {
    const address = folder === undefined ? "tcp://127.0.0.1:0" : `ipc://${folder}/coordinator`;
    return await received(module, members, address, token, false, (at, reception) =>
      members.map(({ index }) => startProcess(index, module, limits, execArgv, { address: at, token }, reception)),
    );
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

function remoteSeats(
  module: AgentModule,
  members: readonly MemberOptions[],
  { address = "tcp://127.0.0.1:0", token, onListening }: StartOptions,
): Promise<Seat[]> {
  return received(module, members, address, token, true, (at) => {
    onListening?.(at);
    return [];
  });
}

/** Wait at `address` for the containers that `start` starts; if it `isOpen`, for those that anybody starts. */
async function received(
  module: AgentModule,
  members: readonly MemberOptions[],
  address: string,
  token: string | undefined,
  isOpen: boolean,
  start: (address: string, reception: Reception) => Host[],
): Promise<Seat[]> {
  const reception = new Reception(module, members, isOpen);
  const hello = { heartbeat: true, ...(token !== undefined && { token }) };
  const options = { ...joinOptions(module, members[0]!.limits), hello };
  const entrance = await acceptChannels(address, options, reception.welcome);
  try {
    return await seated(reception, start(entrance.address, reception), members);
  } finally {
    void entrance.close(); // nobody else is to come; resolves only when all have gone
  }
}

/** The seats of all containers, once they have joined. */
async function seated(
  reception: Reception,
  hosts: readonly Host[],
  members: readonly MemberOptions[],
): Promise<Seat[]> {
  const { joinTimeoutMs } = members[0]!.limits;
  try {
    if (!(await within(reception.complete, joinTimeoutMs))) throw late(reception.missing, joinTimeoutMs);
    const joined = await reception.complete;
    const hostOf = ({ index, host, channel }: Joined) => hosts[index] ?? elsewhere(host, channel);
    return joined.map((each) => new RemoteSeat(each.index, each.channel, hostOf(each), members[each.index]!.limits));
  } catch (error) {
    await Promise.all(hosts.map((host) => host.end(true)));
    throw error;
  }
}

/** A container that somebody else has started and ends. */
function elsewhere(name: string, { peer }: Channel): Host {
  return { name: `${name} at ${peer}`, ending: async () => undefined, end: async () => {} };
}

function late(missing: readonly number[], timeoutMs: number): RunError {
  const text = `containers ${missing.join(", ")} did not join within joinTimeoutMs = ${timeoutMs} ms`;
  return new RunError("ERR_CONTAINER_START", text);
}
