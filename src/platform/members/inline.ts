import { Member } from "../member.ts";
import type { AgentModule } from "../module.ts";
import type { MemberOptions } from "../protocol.ts";
import type { MemberLink } from "./link.ts";
import { OrderQueue } from "./order-queue.ts";

/** Containers in the coordinator's own thread: one of them runs at a time, so that each one's drains see its own code. */
export function inlineMembers(module: AgentModule, options: readonly MemberOptions[]): MemberLink[] {
  const queue = new OrderQueue();
  return options.map((each) => {
    const member = new Member(module, each, () => link.onFailure());
    const link: MemberLink = {
      onFailure: () => {},
      onLost: () => {},
      name: `container ${each.index}`,
      ask: (order, reported) =>
        queue.run((ended) =>
          member.obey(order, (report) => {
            ended();
            reported(report);
          }),
        ),
      async leave(now) {
        // Nothing ends an order that is carried out in this thread; what it has set up goes when it has ended by itself.
        if (now) queue.run((ended) => void member.abandon().then(ended, ended));
      },
    };
    return link;
  });
}
