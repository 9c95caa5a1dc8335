import { TLS } from "../channel/checks.ts";
import { type Channel, open, type Request, type TlsFiles } from "../channel/index.ts";
import { type CosimError, RunError } from "../errors.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { checkOptions, number, token as tokenCheck } from "../options.ts";
import { Member } from "./member.ts";
import { OrderQueue } from "./members/order-queue.ts";
import { type AgentModule, loadAgentModule } from "./module.ts";
import type { Joining, MemberOptions, Report } from "./protocol.ts";
import { orderFromWire, reportToWire, wireOptions } from "./wire/orders.ts";

/**
 * Be one of the containers of the platform behind `channel`: join it, then carry out its orders.
 *
 * @param timeoutMs - Wall time that the coordinator has to take it.
 * @returns Resolves when the connection has ended: whether the coordinator had let go of the container.
 * @throws RemoteError if the coordinator does not take it.
 */
export async function serveMember(
  channel: Channel,
  module: AgentModule,
  joining: Omit<Joining, "hash">,
  timeoutMs: number,
): Promise<boolean> {
  let member: Member | undefined;
  let isReleased = false;
  const queue = new OrderQueue();
  channel.writeAtOnce();
  channel.serve((request) => {
    const order = orderFromWire(request.content);
    isReleased = order.task.what === "close";
    queue.run((ended) =>
      member!.obey(order, (report) => {
        ended();
        reply(request, report);
      }),
    );
  });
  const options = await channel.request({ ...joining, hash: module.hash } satisfies Joining, { timeoutMs });
  const tell = () => void channel.request(null).catch(() => {}); // who is gone need not be told
  member = new Member(module, options as unknown as MemberOptions, tell);
  await channel.closed;
  return isReleased;
}

function reply(request: Request, report: Report): void {
  try {
    request.reply(reportToWire(report));
  } catch (error) {
    request.fail(error);
  }
}

/** What a container that somebody has started joins with. */
export interface JoinOptions {
  /** Shared secret, if the platform has one. */
  readonly token?: string;
  /** Certificates, if the platform has such; for an address `tls://HOST:PORT`. */
  readonly tls?: TlsFiles;
  /** Wall time to wait for the coordinator, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Join a platform that waits for remote containers, and be one of them to its end.
 *
 * @param module - Of agents, the same as the platform's; a `file:` URL.
 * @param address - Where the platform waits, as `tcp://127.0.0.1:5555`.
 * @throws TypeError or RangeError for an option, as an empty token; ScenarioError if the module does not load; ChannelError if nobody waits there, or the token is wrong;
 *   RemoteError if the platform does not take it; RunError `ERR_PLATFORM_LOST` if the platform goes away before it has
 *   let go of this container.
 */
export async function joinPlatform(module: string, address: string, options: JoinOptions): Promise<void> {
  checkOptions("joinPlatform", options, {
    token: tokenCheck,
    tls: TLS,
    timeoutMs: number({ min: 0, unit: "milliseconds" }),
  });
  const { token, tls, timeoutMs } = options;
  const agents = await loadAgentModule(module);
  const hello = { heartbeat: true, ...(token !== undefined && { token }) };
  const { codec, limits } = wireOptions(agents.types, DEFAULT_LIMITS);
  const patient = { ...limits, connectTimeoutMs: timeoutMs };
  const channel = await open(address, { codec, limits: patient, hello, retryMs: timeoutMs, ...(tls && { tls }) });
  const lost = ({ message }: Error) =>
    new RunError("ERR_PLATFORM_LOST", `the platform at ${address} was lost: ${message}`, { peer: address });
  try {
    if (await serveMember(channel, agents, { index: null, host: `process ${process.pid}` }, timeoutMs)) return;
  } catch (error) {
    throw (error as CosimError).code === "ERR_CHANNEL_CLOSED" ? lost(error as Error) : error;
  }
  throw lost(await channel.closed);
}
