import { afterEach, expect, it } from "vitest";
import { Container, Platform, RemoteError, type TraceEvent } from "../../../src/index.ts";
import { Aggregator, Vehicle } from "../../support/failing-agents.ts";

const module = new URL("../../support/failing-agents.ts", import.meta.url);
const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const run of open.splice(0)) await run.close();
});

/** The throwing line of the vehicle, as a stack has it. */
const PLACE = /\S*test\/support\/failing-agents\.ts:\d+:\d+/;
const WORDS =
  'agent "aggregator" failed in onQuarterHour at 0 s: RangeError: no charger, in group.award, in ev.award at ';

const failureOf = (advance: Promise<unknown>): Promise<Error> =>
  advance.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: Error) => error,
  );

it("a failing callee is named with file and line through each call, and the original is the cause", async () => {
  const container = await Container.create({ seed: 1 });
  open.push(container);
  const events: TraceEvent[] = [];
  container.attach((batch) => void events.push(...batch));
  container.spawn(Aggregator, { id: "aggregator", args: ["group"] });
  container.spawn(Aggregator, { id: "group", args: ["ev"] });
  container.spawn(Vehicle, { id: "ev" });
  container.input("aggregator", "onQuarterHour");
  const error = await failureOf(container.advance(0));
  expect(error.message.startsWith(WORDS)).toBe(true);
  expect(error.message.slice(WORDS.length)).toMatch(new RegExp(`^${PLACE.source}$`));
  const [outer, inner] = [error.cause as RemoteError, (error.cause as RemoteError).cause as RemoteError];
  expect([outer.agent, outer.method, inner.agent, inner.method]).toEqual(["group", "award", "ev", "award"]);
  expect(inner.cause).toBeInstanceOf(RangeError);
  expect((inner.cause as Error).stack).toMatch(PLACE);
  // What is recorded and hashed has no files.
  const texts = JSON.stringify(events);
  expect(texts).toContain("no charger");
  expect(texts).not.toMatch(PLACE);
});

it.each(["inline", "thread", "process"] as const)("so it is across containers, %s", async (isolation) => {
  const platform = await Platform.create({ module, containers: 2, isolation });
  open.push(platform);
  await platform.spawn("Aggregator", { id: "aggregator", args: ["group"] });
  await platform.spawn("Aggregator", { id: "group", args: ["ev"] });
  await platform.spawn("Vehicle", { id: "ev" });
  platform.input("aggregator", "onQuarterHour");
  const error = await failureOf(platform.advance(0));
  expect(error.message.startsWith(WORDS), error.message).toBe(true);
  expect(error.message.slice(WORDS.length)).toMatch(new RegExp(`^${PLACE.source}$`));
});

it("a program outside has the original as cause", async () => {
  const container = await Container.create({ seed: 1 });
  open.push(container);
  container.spawn(Vehicle, { id: "ev" });
  const call = container.call("ev", "award", [1]);
  await container.advance(0);
  const error = await failureOf(call);
  expect(error).toBeInstanceOf(RemoteError);
  expect(error).toMatchObject({ agent: "ev", method: "award", message: "no charger" });
  expect(error.cause).toBeInstanceOf(RangeError);
});
