import { DATE_TIME } from "../agent/value-types.ts";
import type { Channel } from "../channel/index.ts";
import type { Codec } from "../codec/index.ts";
import type { Limits } from "../limits.ts";
import type { AgentModule } from "./agent-module.ts";
import { Member } from "./member.ts";
import type { MemberOptions } from "./orders.ts";
import { orderFromWire, reportToWire, wireCodec, wireLimits } from "./wire.ts";

/** What a container says when it joins. */
export interface Joining {
  /** The number that it was given; null if the coordinator is to give it one. */
  readonly index: number | null;
  /** SHA-256 of its module of agents. */
  readonly hash: string;
  /** What runs it, as `process 4711`. */
  readonly host: string;
}

/** Options of the connection between a container and its coordinator. */
export function joinOptions(module: AgentModule, limits: Limits): { codec: Codec; limits: Limits } {
  return { codec: wireCodec(limits, [DATE_TIME, ...module.types]), limits: wireLimits(limits) };
}

/**
 * Be one of the containers of the platform behind `channel`: join it, then carry out its orders.
 *
 * @returns Resolves when the coordinator has let go of it, or is gone.
 * @throws RemoteError if the coordinator does not take it.
 */
export async function serveMember(
  channel: Channel,
  module: AgentModule,
  joining: Omit<Joining, "hash">,
): Promise<void> {
  let member: Member | undefined;
  let last: Promise<unknown> = Promise.resolve();
  channel.serve((request) => {
    const report = last.then(() => member!.obey(orderFromWire(request.content)));
    last = report;
    report.then(
      (done) => request.reply(reportToWire(done)),
      (error) => request.fail(error),
    );
  });
  const options = await channel.request({ ...joining, hash: module.hash } satisfies Joining);
  const tell = () => void channel.request(null).catch(() => {}); // who is gone need not be told
  member = new Member(module, options as unknown as MemberOptions, tell);
  await channel.closed;
}
