import type { AgentModule } from "../agent-module.ts";
import { Line } from "../line.ts";
import { Member } from "../member.ts";
import type { MemberOptions, Order } from "../orders.ts";
import type { Seat } from "../seat.ts";

/** Containers in the coordinator's own thread: one of them runs at a time, so that each one's drains see its own code. */
export function inlineSeats(module: AgentModule, options: readonly MemberOptions[]): Seat[] {
  const line = new Line();
  return options.map((each) => {
    const member = new Member(module, each, () => seat.onFailure());
    const seat: Seat = {
      onFailure: () => {},
      name: `container ${each.index}`,
      ask: (order: Order) => line.run(() => member.obey(order)),
      leave: async () => {},
    };
    return seat;
  });
}
