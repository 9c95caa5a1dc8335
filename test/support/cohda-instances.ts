import { Topology } from "cosimas";
import type { Schedule } from "../../scenarios/virtual-power-plant/cohda.ts";
import { type Agreement, type Member, Negotiation } from "../../scenarios/virtual-power-plant/negotiation.ts";
import { createRandom } from "../../src/random.ts";

/** Who has which schedules, and what their sum is to be. */
export interface Instance {
  readonly target: Schedule;
  /** For each agent. */
  readonly schedules: readonly (readonly Schedule[])[];
}

/** The instance of mango-library's own test: everybody has to end at 11. */
export const PUBLISHED: Instance = {
  target: [110, 110, 110, 110, 110],
  schedules: Array.from({ length: 10 }, () => [
    [1, 1, 1, 1, 1],
    [4, 3, 3, 3, 3],
    [6, 6, 6, 6, 6],
    [9, 8, 8, 8, 8],
    [11, 11, 11, 11, 11],
  ]),
};

/** Random instances, each near a target that can be met: `agents`, `schedules` and `intervals` from and to. */
export function randomInstances(
  seed: number,
  count: number,
  sizes: Readonly<Record<"agents" | "schedules" | "intervals", readonly [number, number]>>,
): readonly Instance[] {
  const random = createRandom(seed, "instances");
  const between = ([low, high]: readonly [number, number]) => low + Math.floor(random() * (high - low + 1));
  return Array.from({ length: count }, () => {
    const [agents, each, intervals] = [between(sizes.agents), between(sizes.schedules), between(sizes.intervals)];
    const list = <T>(length: number, make: () => T) => Array.from({ length }, make);
    const schedules = list(agents, () => list(each, () => list(intervals, () => between([0, 100]))));
    const chosen = schedules.map((own) => own[between([0, each - 1])]!);
    const target = chosen[0]!.map((_, i) => chosen.reduce((sum, one) => sum + one[i]!, 0) + between([-20, 20]));
    return { target, schedules };
  });
}

/** Ids of an instance's agents, in order. */
export const idsOf = ({ schedules }: Instance) => schedules.map((_, i) => `agent-${String(i).padStart(2, "0")}`);

/** Who knows whom. */
export const topologyOf = (instance: Instance) => Topology.smallWorld(idsOf(instance), { k: 4, p: 0.1, seed: 1 });

/** What the scenario's agents agree on; the first one is told the target. */
export async function agreed(instance: Instance, containers = 1): Promise<Agreement & { readonly hash: string }> {
  const ids = idsOf(instance);
  const members = ids.map((id, i): Member => ({ id, type: "Participant", args: [instance.schedules[i]] }));
  const isolation = containers === 1 ? "inline" : "process";
  const negotiation = await Negotiation.create(members, topologyOf(instance), { containers, isolation, seed: 1 });
  try {
    const agreement = await negotiation.agree(ids[0]!, "sell", [instance.target], 0);
    return { ...agreement, hash: negotiation.traceHash() };
  } finally {
    await negotiation.close();
  }
}
