import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEntrance } from "../channel/listen.ts";
import { RunError } from "../errors.ts";
import type { AgentModule } from "./agent-module.ts";
import { inlineSeats } from "./inline-seat.ts";
import { joinOptions } from "./join.ts";
import type { MemberOptions } from "./orders.ts";
import type { Isolation, PlatformOptions } from "./platform-options.ts";
import { startProcess } from "./processes.ts";
import { type Joined, Reception } from "./reception.ts";
import { type Host, RemoteSeat } from "./remote-seat.ts";
import type { Seat } from "./seat.ts";
import { startThread } from "./threads.ts";
import { within } from "./within.ts";

/** How containers are started. */
export interface StartOptions extends Pick<PlatformOptions, "link"> {
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
  }
}

async function threadSeats(module: AgentModule, members: readonly MemberOptions[], execArgv: readonly string[]) {
  const reception = new Reception(module, members);
  const { limits } = members[0]!;
  const hosts = members.map(({ index }) => startThread(index, module, limits, execArgv, reception));
  return seated(reception, hosts, members);
}

async function processSeats(
  module: AgentModule,
  members: readonly MemberOptions[],
  { link = process.platform === "win32" ? "tcp" : "ipc", execArgv }: StartOptions,
): Promise<Seat[]> {
  const reception = new Reception(module, members);
  const { limits } = members[0]!;
  const token = randomBytes(16).toString("hex");
  const folder = link === "ipc" ? await mkdtemp(join(tmpdir(), "cosimas-")) : undefined;
  const asked = folder === undefined ? "tcp://127.0.0.1:0" : `ipc://${folder}/coordinator`;
  try {
    const hello = { token, heartbeat: true };
    const entrance = await openEntrance(asked, { ...joinOptions(module, limits), hello }, reception.welcome);
    const { address } = entrance;
    const start = ({ index }: MemberOptions) =>
      startProcess(index, module, limits, execArgv, { address, token }, reception);
    try {
      return await seated(reception, members.map(start), members);
    } finally {
      void entrance.close(); // nobody else is to come; resolves only when all have gone
    }
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
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
    return joined.map(
      ({ index, channel }: Joined) => new RemoteSeat(index, channel, hosts[index]!, members[index]!.limits),
    );
  } catch (error) {
    await Promise.all(hosts.map((host) => host.end(true)));
    throw error;
  }
}

function late(missing: readonly number[], timeoutMs: number): RunError {
  const text = `containers ${missing.join(", ")} did not join within joinTimeoutMs = ${timeoutMs} ms`;
  return new RunError("ERR_CONTAINER_START", text);
}
