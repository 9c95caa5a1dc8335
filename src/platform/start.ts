import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Channel, TlsFiles } from "../channel/index.ts";
import { acceptChannels } from "../channel/listen.ts";
import { RunError } from "../errors.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { within } from "../wall.ts";
import { Admission, type Joined } from "./admission.ts";
import { inlineMembers } from "./members/inline.ts";
import type { MemberLink } from "./members/link.ts";
import { type Meeting, startProcess } from "./members/process.ts";
import { type MemberHost, RemoteMember } from "./members/remote.ts";
import { startThread } from "./members/thread.ts";
import type { AgentModule } from "./module.ts";
import type { NodeOptions } from "./node-options.ts";
import type { Isolation, PlatformOptions } from "./options.ts";
import type { MemberOptions } from "./protocol.ts";
import { wireOptions } from "./wire/orders.ts";

/** How containers are started. */
export interface StartOptions extends Pick<PlatformOptions, "link" | "address" | "token" | "tls" | "onListening"> {
  readonly isolation: Isolation;
  readonly node: NodeOptions;
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
): Promise<MemberLink[]> | MemberLink[] {
  switch (options.isolation) {
    case "inline":
      return inlineMembers(module, members);
    case "thread":
      return startThreads(module, members, options.node);
    case "process":
      return startProcesses(module, members, options);
    case "remote":
      return awaitRemote(module, members, options);
  }
}

async function startThreads(
  module: AgentModule,
  members: readonly MemberOptions[],
  node: NodeOptions,
): Promise<MemberLink[]> {
  const admission = new Admission(module, members, false);
  const { limits } = members[0]!;
  const hosts: MemberHost[] = [];
  return joined(admission, hosts, members, () => {
    for (const { index } of members) {
      const onEnd = (host: string, how: string) => admission.fail(notStarted(index, host, "start", how));
      hosts.push(startThread(index, module, limits, node, admission.admit, onEnd));
    }
  });
}

async function startProcesses(
  module: AgentModule,
  members: readonly MemberOptions[],
  { link = process.platform === "win32" ? "tcp" : "ipc", node }: StartOptions,
): Promise<MemberLink[]> {
  const { limits } = members[0]!;
  const token = randomBytes(16).toString("hex");
  const folder = link === "ipc" ? await mkdtemp(join(tmpdir(), "cosimas-")) : undefined;
  try {
    const address = folder === undefined ? "tcp://127.0.0.1:0" : `ipc://${folder}/coordinator`;
    return await meet(module, members, address, { token }, false, (at, admission, hosts) => {
      const meeting: Meeting = { address: at, token, folder };
      for (const { index } of members) {
        const onEnd = (host: string, how: string) => admission.fail(notStarted(index, host, "join", how));
        hosts.push(startProcess(index, module, limits, node.execArgv, meeting, onEnd));
      }
    });
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

function awaitRemote(
  module: AgentModule,
  members: readonly MemberOptions[],
  { address, token, tls, onListening }: StartOptions,
): Promise<MemberLink[]> {
  const at = address ?? (tls === undefined ? "tcp://127.0.0.1:0" : "tls://127.0.0.1:0");
  const secrets = { ...(token !== undefined && { token }), ...(tls !== undefined && { tls }) };
  return meet(module, members, at, secrets, true, (bound) => onListening?.(bound));
}

/** Wait at `address` for the containers that `start` starts; if it `isOpen`, for those that anybody starts. */
async function meet(
  module: AgentModule,
  members: readonly MemberOptions[],
  address: string,
  { token, tls }: { readonly token?: string; readonly tls?: TlsFiles },
  isOpen: boolean,
  start: (address: string, admission: Admission, hosts: MemberHost[]) => void,
): Promise<MemberLink[]> {
  const admission = new Admission(module, members, isOpen);
  const hello = { heartbeat: true, ...(token !== undefined && { token }) };
  const { codec, limits } = wireOptions(module.types, members[0]!.limits);
  const options = { codec, limits: patientLimits(limits, members.length), hello, ...(tls && { tls }) };
  const entrance = await acceptChannels(address, options, admission.admit);
  const hosts: MemberHost[] = [];
  try {
    return await joined(admission, hosts, members, () => start(entrance.address, admission, hosts));
  } finally {
    void entrance.close(); // nobody else is to come; resolves only when all have gone
  }
}

/** On a loaded machine a container may be slow to say hello, and all of them may say it at once: `joinTimeoutMs` alone decides. */
function patientLimits(limits: Limits, containers: number): Limits {
  const handshakeTimeoutMs = Math.max(limits.handshakeTimeoutMs, limits.joinTimeoutMs);
  const handshakesMax = Math.max(limits.handshakesMax, containers + DEFAULT_LIMITS.handshakesMax);
  const connectionsMax = Math.max(limits.connectionsMax, containers + handshakesMax);
  return { ...limits, handshakeTimeoutMs, handshakesMax, connectionsMax };
}

/** All containers, once they have joined. */
async function joined(
  admission: Admission,
  hosts: readonly MemberHost[],
  members: readonly MemberOptions[],
  start: () => void,
): Promise<MemberLink[]> {
  const { joinTimeoutMs } = members[0]!.limits;
  try {
    start();
    if (!(await within(admission.complete, joinTimeoutMs))) throw late(admission.missing, joinTimeoutMs);
    const all = await admission.complete;
    const hostOf = ({ index, host, channel }: Joined) => hosts[index] ?? elsewhere(host, channel);
    return all.map((each) => new RemoteMember(each.index, each.channel, hostOf(each), members[each.index]!.limits));
  } catch (error) {
    await Promise.all(hosts.map((host) => host.end(true)));
    throw error;
  }
}

/** A container that somebody else has started and ends. */
function elsewhere(name: string, { peer }: Channel): MemberHost {
  return { name: `${name} at ${peer}`, ending: async () => undefined, end: async () => {} };
}

function late(missing: readonly number[], timeoutMs: number): RunError {
  const text = `containers ${missing.join(", ")} did not join within joinTimeoutMs = ${timeoutMs} ms`;
  return new RunError("ERR_CONTAINER_START", text);
}

function notStarted(index: number, host: string, what: "start" | "join", how: string): RunError {
  return new RunError("ERR_CONTAINER_START", `container ${index} (${host}) did not ${what}: ${how}`);
}
