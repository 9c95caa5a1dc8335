import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Container } from "../../src/index.ts";
import { Actor, name } from "../support/actors.ts";
import { count } from "../support/heavy.ts";
import { GUESTS, type Plan, plans } from "../support/population.ts";

interface Schedule {
  /** Spawn the agents in the opposite order. */
  reversed: boolean;
  /** Let somebody look at every event. */
  observed: boolean;
  /** Advance in steps of this many seconds. */
  stride: number;
}

async function hashOf(plan: Plan, { reversed, observed, stride }: Schedule): Promise<string> {
  const { communication } = plan;
  const container = await Container.create({ seed: 7, ...(communication && { communication }) });
  const indices = Array.from({ length: plan.agents + GUESTS }, (_, i) => i);
  for (const index of reversed ? indices.reverse() : indices) container.spawn(Actor, { id: name(index) });
  let seen = 0;
  if (observed) container.events$.subscribe(() => seen++);
  for (let t = 0; t <= 20; t += stride) {
    const due = plan.inputs.filter(({ at }) => at === t);
    for (const { agent, actions } of due) {
      container.input(name(agent), "run", [actions]);
    }
    await container.advance(t);
  }
  const hash = container.traceHash();
  await container.close();
  if (observed) expect(seen).toBeGreaterThan(0);
  return hash;
}

describe("a random population", () => {
  it("has one trace, whoever observes, in whatever order it was spawned and advanced", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const first = await hashOf(plan, { reversed: false, observed: false, stride: 1 });
        const others = [
          { reversed: true, observed: false, stride: 1 },
          { reversed: false, observed: true, stride: 1 },
          { reversed: true, observed: true, stride: 0.5 },
        ];
        for (const schedule of others) expect(await hashOf(plan, schedule)).toBe(first);
      }),
      { numRuns: count("populations", 100, 2000) },
    );
  });
});
