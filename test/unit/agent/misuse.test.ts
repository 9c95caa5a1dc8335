import { expect, test } from "vitest";
import { Agent, type AgentClass, Container } from "../../../src/index.ts";

/** What an agent may call, with what is no function, no class, no text in the place of one. */
const MISUSES: readonly [name: string, misuse: (agent: Loose, value: unknown) => unknown, says: string][] = [
  ["connect", (agent, value) => agent.connect(value), "connect: address must be a string"],
  ["spawn", (agent, value) => agent.spawn(value), "spawn: type must be a class that extends Agent"],
  ["task", (agent, value) => agent.task(value), "task: code must be a function"],
  ["external", (agent, value) => agent.external(value), "external: start must be a function"],
  ["emit", (agent, value) => agent.emit(value, 1), "emit: output must be a string"],
  ["every", (agent, value) => agent.every(1, value), "every: f must be a function"],
  ["clock.callIn", (agent, value) => agent.clock.callIn(1, value), "clock.callIn: f must be a function"],
  ["clock.callAt", (agent, value) => agent.clock.callAt(9, value), "clock.callAt: f must be a function"],
];

/** An agent as a program without types sees it. */
type Loose = Record<"connect" | "spawn" | "task" | "external" | "emit" | "every", (...args: unknown[]) => unknown> & {
  clock: Record<"callIn" | "callAt", (...args: unknown[]) => unknown>;
};

const VALUES: readonly [value: unknown, shown: string][] = [
  [undefined, "undefined"],
  [null, "null"],
  [5, "5"],
  [{}, "an object"],
  [[], "an array of 0"],
  [Symbol("x"), "a symbol"],
];

test.each(MISUSES)("%s says at once what it was given and what it takes", async (_name, misuse, says) => {
  for (const [value, shown] of VALUES) {
    class Misuser extends Agent {
      static override readonly exposed = ["go"] as const;
      async go(): Promise<void> {
        await misuse(this as unknown as Loose, value);
      }
    }
    const container = await Container.create();
    container.spawn(Misuser, { id: "m" });
    container.input("m", "go");
    await expect(container.advance(1)).rejects.toMatchObject({
      code: "ERR_AGENT_FAILED",
      agent: "m",
      method: "go",
      message: expect.stringContaining(`${says}, got ${shown}`),
      cause: { name: "TypeError", code: "ERR_OPTION_TYPE" },
    });
    await container.close();
  }
});

test("a container spawns classes of agents only", async () => {
  const container = await Container.create();
  for (const type of [undefined, {}, () => {}, class Foreign {}]) {
    expect(() => container.spawn(type as unknown as AgentClass)).toThrow(
      /spawn: type must be a class that extends Agent/,
    );
  }
  class Some extends Agent {}
  expect(() => container.spawn(Some, { id: Symbol("x") as unknown as string })).toThrow(
    /an agent's id .* got a symbol/,
  );
  await container.close();
});
