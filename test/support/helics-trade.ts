import type { FederateSetup } from "cosimas/helics";
import { expect } from "vitest";
import { type Broker, type HelicsEnvironment, type Started, startPartner } from "./helics.ts";
import type { Trader } from "./helics-agents.ts";
import { federateProgram } from "./helics-program.ts";

const UNTIL_S = 4;

/** A whole federation of a program of ours and a federate in Python: values and messages both ways, and a clean end of all. */
export async function expectTrade(
  environment: HelicsEnvironment,
  broker: Pick<Broker, "address" | "coreType"> & Started,
  setup: Partial<FederateSetup>,
): Promise<{ output: string }> {
  const trader = startPartner(environment, broker, "trader", { until: UNTIL_S });
  const entity = {
    model: "Trader",
    inputs: { x: "trader/x", orders: { endpoint: "agents/a/orders" } },
    outputs: { y: {}, answer: { to: "trader/out" } },
  };
  const own = { untilS: UNTIL_S, connectTimeoutMs: 30_000, ...setup };
  const told = await federateProgram(environment, { agents: "trader", broker, entity, setup: own });
  const seen = told.seen as unknown as Trader["seen"];
  expect(seen).toEqual([0, 1, 2, 3].map((at) => [at, at, [["trader/out", { at }]]]));
  expect(await trader.ended).toBe(0);
  const lines = trader.output().trim().split("\n");
  // What the agents say at t is there for whoever is granted t + 1.
  const granted = [1, 2, 3].flatMap((t) => [
    `granted ${t} ${10 * (t - 1)}`,
    `message ${t} agents/a/answer ${JSON.stringify({ to: { at: t - 1 } })}`,
  ]);
  expect(lines.filter((line) => /^(?:granted|message|done)/.test(line))).toEqual([...granted, "done"]);
  expect(await broker.ended).toBe(0);
  return { output: trader.output() };
}
