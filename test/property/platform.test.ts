import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { Container, type Isolation, Platform } from "../../src/index.ts";
import { Actor, name } from "../support/actors.ts";
import { count } from "../support/heavy.ts";
import { GUESTS, type Plan, plans } from "../support/population.ts";

const module = new URL("../support/actors.ts", import.meta.url);
const STRIDE_S = 1;
/** Processes are started for every run. */
const TIMEOUT_MS = 1_200_000;
const END_S = 20;

interface Spread {
  readonly containers: number;
  readonly isolation: Isolation;
  readonly link?: "ipc" | "tcp";
  /** Another one spreads the agents otherwise. */
  readonly salt: string;
}

/** Run a plan in one container, which is what all platforms have to repeat. */
async function inContainer({ agents, communication, inputs }: Plan): Promise<string> {
  const container = await Container.create({ seed: 7, ...(communication && { communication }) });
  for (let i = 0; i < agents + GUESTS; i++) container.spawn(Actor, { id: name(i) });
  for (let t = 0; t <= END_S; t += STRIDE_S) {
    for (const { at, agent, actions } of inputs) if (at === t) container.input(name(agent), "run", [actions]);
    await container.advance(t);
  }
  const hash = container.traceHash();
  await container.close();
  return hash;
}

async function onPlatform(plan: Plan, { salt, ...spread }: Spread): Promise<string> {
  const { agents, communication, inputs } = plan;
  process.env["COSIMAS_TEST_PLACEMENT"] = salt;
  const platform = await Platform.create({ module, seed: 7, ...spread, ...(communication && { communication }) });
  try {
    await Promise.all(Array.from({ length: agents + GUESTS }, (_, i) => platform.spawn("Actor", { id: name(i) })));
    for (let t = 0; t <= END_S; t += STRIDE_S) {
      for (const { at, agent, actions } of inputs) if (at === t) platform.input(name(agent), "run", [actions]);
      await platform.advance(t);
    }
    return platform.traceHash();
  } finally {
    await platform.close();
  }
}

/** Schedules that were run, and the most different hashes that one population has had. */
const counts = { schedules: 0, distinct: 0 };

/** All schedules of a population have one hash. */
function expectOne(hashes: readonly string[]): void {
  const distinct = new Set(hashes).size;
  counts.schedules += hashes.length;
  counts.distinct = Math.max(counts.distinct, distinct);
  expect(distinct).toBe(1);
}

afterAll(() => process.stdout.write(`${counts.schedules} schedules: distinct ${counts.distinct}\n`));

describe("a random population on a platform", () => {
  it("has the trace of one container, inline, however many containers it is spread over", async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.string(), async (plan, salt) => {
        const hashes = [await inContainer(plan)];
        for (const containers of [1, 2, 3, 4, 8]) {
          hashes.push(await onPlatform(plan, { containers, isolation: "inline", salt }));
        }
        expectOne(hashes);
      }),
      { numRuns: count("populations on platforms, inline", 100, 2000) },
    );
  });
  it.each([
    { isolation: "thread" },
    { isolation: "process", link: "ipc" },
    { isolation: "process", link: "tcp" },
  ] as const)("has it in containers of $isolation $link", { timeout: TIMEOUT_MS }, async (kind) => {
    await fc.assert(
      fc.asyncProperty(
        plans.filter(({ communication }) => typeof communication?.links !== "function"),
        fc.constantFrom(1, 2, 3, 4, 8),
        fc.string().map((salt) => salt.replaceAll("\0", "")),
        async (plan, containers, salt) => {
          expectOne([await inContainer(plan), await onPlatform(plan, { ...kind, containers, salt })]);
        },
      ),
      { numRuns: count("populations on platforms in threads or processes", 2, 34) },
    );
  });
});
