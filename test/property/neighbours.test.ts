import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AgentTopology, Container, type Isolation, Platform, Topology } from "../../src/index.ts";
import { count } from "../support/heavy.ts";
import { type Deed, type Life, Walker } from "../support/neighbour-agents.ts";

const module = new URL("../support/neighbour-agents.ts", import.meta.url);
const END_S = 8;
const STRIDE_S = 2;

const lives: fc.Arbitrary<Life> = fc.record({
  period: fc.constantFrom(0.5, 1, 1 / 3, 2.25),
  first: fc.constantFrom(0, 0.5, 1),
  within: fc.constantFrom(0.1, 0.5, 1, 3),
  pause: fc.constantFrom(0, 0.5, 1.5),
  deeds: fc.array(fc.constantFrom<Deed>("broadcast", "gather", "gather ids", "spawn", "leave", "stop"), {
    minLength: 1,
    maxLength: 5,
  }),
});

interface Plan {
  readonly lives: readonly Life[];
  readonly topology: AgentTopology;
}

function topologyOf(kind: string, ids: readonly string[], seed: number): AgentTopology {
  switch (kind) {
    case "ring":
      return Topology.ring(ids);
    case "star":
      return Topology.star(ids[0]!, ids.slice(1));
    case "complete":
      return Topology.complete(ids);
    default:
      return Topology.smallWorld(ids, { k: 2, p: 0.5, seed });
  }
}

const plans: fc.Arbitrary<Plan> = fc
  .tuple(
    fc.array(lives, { minLength: 3, maxLength: 7 }),
    fc.constantFrom("ring", "star", "complete", "small"),
    fc.nat(),
  )
  .map(([lives, kind, seed]) => ({
    lives,
    topology: topologyOf(
      kind,
      lives.map((_, i) => `w${i}`),
      seed,
    ),
  }));

/** What of a container and of a platform is the same. */
type Population = Pick<Container | Platform, "advance" | "traceHash" | "close" | "counts"> &
  Pick<Container, "input" | "takeAllOutputEvents">;

async function run(population: Population, { lives }: Plan): Promise<string> {
  try {
    for (const [i, life] of lives.entries()) population.input(`w${i}`, "live", [life]);
    for (let t = 0; t <= END_S; t += STRIDE_S) await population.advance(t);
    expect(population.counts.deliveries[1]).toBeGreaterThan(0);
    return population.traceHash();
  } finally {
    await population.close();
  }
}

async function inContainer(plan: Plan): Promise<string> {
  const container = await Container.create({ seed: 3 });
  for (const id of plan.topology.ids) container.spawn(Walker, { id, neighbours: plan.topology.neighbours(id) });
  return run(container, plan);
}

async function onPlatform(plan: Plan, containers: number, isolation: Isolation, salt: string): Promise<string> {
  process.env["COSIMAS_TEST_PLACEMENT"] = salt;
  const platform = await Platform.create({ module, seed: 3, containers, isolation });
  const { ids } = plan.topology;
  await Promise.all(ids.map((id) => platform.spawn("Walker", { id, neighbours: plan.topology.neighbours(id) })));
  return run(platform, plan);
}

describe("periodic agents that gather and broadcast among neighbours", () => {
  it("have one trace in one container and in many, inline", async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.string(), async (plan, salt) => {
        const hash = await inContainer(plan);
        for (const containers of [1, 2, 3, 4]) {
          expect(await onPlatform(plan, containers, "inline", salt)).toBe(hash);
        }
      }),
      { numRuns: count("neighbours on platforms, inline", 60, 1000) },
    );
  });

  it.each(["thread", "process"] as const)(
    "have it in containers of their own: %s",
    { timeout: 600_000 },
    async (isolation) => {
      await fc.assert(
        fc.asyncProperty(plans, fc.constantFrom(2, 3, 4), async (plan, containers) => {
          expect(await onPlatform(plan, containers, isolation, "")).toBe(await inContainer(plan));
        }),
        { numRuns: count("neighbours on platforms in threads or processes", 2, 20) },
      );
    },
  );
});
