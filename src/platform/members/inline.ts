import { Member } from "../member.ts";
import type { AgentModule } from "../module.ts";
import type { MemberOptions } from "../protocol.ts";
import { type MemberLink, SerialQueue } from "./link.ts";

/** Containers in the coordinator's own thread: one of them runs at a time, so that each one's drains see its own code. */
export function inlineMembers(module: AgentModule, options: readonly MemberOptions[]): MemberLink[] {
  const queue = new SerialQueue();
  return options.map((each) => {
    const member = new Member(module, each, () => link.onFailure());
    const link: MemberLink = {
      onFailure: () => {},
      onLost: () => {},
      name: `container ${each.index}`,
      ask: (order, reported, failed) => void queue.run(() => member.obey(order)).then(reported, failed),
      async leave(now) {
        // Nothing ends an order that is carried out in this thread; what it has set up goes when it has ended by itself.
        if (now) void queue.run(async () => member.abandon());
      },
    };
    return link;
  });
}
