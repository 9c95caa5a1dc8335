import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Container, type Isolation, Platform, type TraceEvent } from "../../src/index.ts";
import { Meter } from "../support/population-agents.ts";

const HEAVY = process.env["COSIMAS_HEAVY"] === "1";
const module = new URL("../support/population-agents.ts", import.meta.url);
const AGENTS = 8;
const idOf = (n: number) => `meter-${n}`;

/** What a driver asks of an agent between two advances. */
interface Ask {
  readonly agent: number;
  readonly what: "after" | "ask" | "fail" | "leave" | "nobody";
  readonly n: number;
}

/** One list of calls for each step, in the order in which they are made. */
type Plan = readonly (readonly Ask[])[];

const ask: fc.Arbitrary<Ask> = fc.record({
  agent: fc.nat(AGENTS - 1),
  what: fc.constantFrom("after", "after", "ask", "fail", "leave", "nobody"),
  n: fc.nat(AGENTS - 1),
});
const plans: fc.Arbitrary<Plan> = fc.array(fc.array(ask, { maxLength: 12 }), { minLength: 1, maxLength: 5 });

function callOf(population: Container | Platform, { agent, what, n }: Ask): Promise<unknown> {
  if (what === "nobody") return population.call("nobody", "echo", [n]);
  const args = what === "after" ? [n * 3] : what === "ask" ? [idOf(n), 1] : [];
  return population.call(idOf(agent), what, args);
}

/**
 * A driver that acts on what it sees: whoever answers first in a step gets an input in the next one, each answer brings
 * another call, and an agent is made with the number of answers.
 */
async function drive(population: Container | Platform, plan: Plan) {
  const events: TraceEvent[] = [];
  const seen: string[] = [];
  population.events$.subscribe((event) => events.push(event));
  // An input to an agent that has left fails the run: that, too, is seen.
  const told = [() => true, (error: Error) => seen.push(`${error.name}: ${error.message}`) === 0] as const;
  const spawn = async (id: string) =>
    (population.spawn as (type: typeof Meter, options: { id: string }) => unknown)(Meter, { id });
  await Promise.all(Array.from({ length: AGENTS }, (_, i) => spawn(idOf(i)).then(() => seen.push(idOf(i)))));
  for (const [t, asks] of plan.entries()) {
    let first: string | undefined;
    for (const each of asks) {
      const name = `${t} ${each.what} ${each.agent}`;
      const note = (outcome: unknown) => {
        seen.push(`${name}: ${outcome}`);
        first ??= idOf(each.agent);
        void population.call(idOf(each.n), "echo", [seen.length]).catch(() => {});
      };
      callOf(population, each).then(note, (error: { code: string }) => note(error.code));
    }
    if (!(await population.advance(t).then(...told))) break;
    for (const [agent, values] of population.takeOutputEvents()) seen.push(`${agent} ${JSON.stringify(values)}`);
    if (first === undefined) continue;
    try {
      population.inputs([{ agent: first, method: "add", args: [t + 1] }]);
    } catch (error) {
      seen.push((error as { code: string }).code); // it has left
    }
    await spawn(`meter-${AGENTS + t}-${seen.length}`);
  }
  await population.advance(plan.length + 1).then(...told);
  const hash = population.traceHash();
  await population.close();
  return { hash, seen, events };
}

const onPlatform = async (plan: Plan, containers: number, isolation: Isolation) =>
  drive(await Platform.create({ module, containers, isolation }), plan);

describe("a driver that acts on what it sees", () => {
  it("sees the same, and makes the same run, for any number of containers", async () => {
    let answers = 0;
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const one = await drive(await Container.create(), plan);
        answers += one.seen.length;
        for (const containers of [1, 2, 3, 4, 8]) {
          const own = await onPlatform(plan, containers, "inline");
          expect(own.seen).toEqual(one.seen);
          expect(own.events).toEqual(one.events);
          expect(own.hash).toBe(one.hash);
        }
      }),
      { numRuns: HEAVY ? 1000 : 60 },
    );
    expect(answers).toBeGreaterThan(500);
  });

  it.each<[Isolation, number]>([
    ["thread", 2],
    ["process", 2],
    ["process", 3],
  ])("in a %s each: %i", { timeout: 600_000 }, async (isolation, containers) => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const one = await drive(await Container.create(), plan);
        expect(await onPlatform(plan, containers, isolation)).toEqual(one);
      }),
      { numRuns: HEAVY ? 50 : 3 },
    );
  });
});
