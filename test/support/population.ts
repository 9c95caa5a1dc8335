import fc from "fast-check";
import type { CommunicationModel } from "../../src/index.ts";
import { type Action, name } from "./actors.ts";

/** A random population: agents, how their messages travel, and the programs that they are given. */
export interface Plan {
  agents: number;
  communication: CommunicationModel | undefined;
  inputs: { at: number; agent: number; actions: Action[] }[];
}

/** Agents that get no inputs. */
export const GUESTS = 2;

const chance = fc.constantFrom(0, 0.1, 0.5);
const link = fc.record({
  delay: fc.constantFrom(0, 0.1, 1),
  jitter: fc.constantFrom(0, 0.3),
  loss: chance,
  duplication: chance,
  bandwidth: fc.constantFrom(10, 1000),
});
const communications: fc.Arbitrary<CommunicationModel> = fc.record({
  links: fc.oneof(
    link,
    fc.tuple(link, link).map(([all, some]) => [all, { ...some, from: name(0) }]),
    link.map((some) => (from: string, to: string) => (from < to ? some : undefined)),
  ),
  partitions: fc.constantFrom([], [{ at: 1, until: 3, groups: [[name(0)], [name(1)]] }]),
  callTimeout: fc.constantFrom(0.5, 2),
});
const dt = fc.constantFrom(0, 0.1, 0.25, 1, 3);
/** Random populations. */
export const plans: fc.Arbitrary<Plan> = fc.integer({ min: 1, max: 6 }).chain((agents) => {
  // The last one does not exist; the two before it get no inputs, and may be removed.
  const peer = fc.integer({ min: 0, max: agents + GUESTS });
  const guest = fc.integer({ min: agents, max: agents + GUESTS - 1 });
  const action: fc.Arbitrary<Action> = fc.oneof(
    fc.record({ do: fc.constant("call" as const), peer, depth: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ do: fc.constant("both" as const), peers: fc.tuple(peer, peer) }),
    fc.record({ do: fc.constant("send" as const), peer, delay: dt }),
    fc.record({ do: fc.constant("sleep" as const), dt }),
    fc.record({ do: fc.constant("timer" as const), dt }),
    fc.record({ do: fc.constant("spawn" as const) }),
    fc.record({ do: fc.constant("throw" as const), peer }),
    fc.record({ do: fc.constant("doze" as const), peer: guest, dt }),
    fc.record({ do: fc.constant("leave" as const), peer: guest }),
  );
  const input = fc.record({
    at: fc.integer({ min: 0, max: 5 }),
    agent: fc.integer({ min: 0, max: agents - 1 }),
    actions: fc.array(action, { maxLength: 5 }),
  });
  return fc.record({
    agents: fc.constant(agents),
    communication: fc.option(communications, { nil: undefined }),
    inputs: fc.array(input, { maxLength: 8 }),
  });
});
