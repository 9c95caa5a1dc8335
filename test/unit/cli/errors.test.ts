import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { errorLines } from "../../../src/cli/errors.ts";
import { AgentError, BridgeError, RemoteError } from "../../../src/errors.ts";

it.each<[unknown, string[]]>([
  [new BridgeError("ERR_BRIDGE_OUTPUT", "no value"), ["cosimas: ERR_BRIDGE_OUTPUT: no value"]],
  [new TypeError("bad"), ["cosimas: TypeError: bad"]],
  [new Error(""), ["cosimas: Error: no message"]],
  ["text", ["cosimas: Error: text (thrown, but no error)"]],
  [runInNewContext("new RangeError('far')"), ["cosimas: RangeError: far"]],
  [
    new BridgeError("ERR_BRIDGE_X", "outer", { cause: new TypeError("middle", { cause: "inner" }) }),
    [
      "cosimas: ERR_BRIDGE_X: outer",
      "  caused by TypeError: middle",
      "  caused by Error: inner (thrown, but no error)",
    ],
  ],
  // The outer message says all that the cause does.
  [
    new BridgeError("ERR_BRIDGE_X", "step(): boom", { cause: new Error("boom") }),
    ["cosimas: ERR_BRIDGE_X: step(): boom"],
  ],
  [
    new AggregateError([new Error("one"), new TypeError("two")], "both"),
    ["cosimas: AggregateError: both", "  with Error: one", "  with TypeError: two"],
  ],
])("%s", (error, lines) => {
  expect(errorLines(error, false)).toEqual(lines);
});

it("says the sentence of a caught mistake once, and where it is", () => {
  const cause = new AgentError("ERR_AGENT_STRICT", 'agent "m" used Date.now');
  const error = new RemoteError("ERR_AGENT_STRICT", "AgentError", 'agent "m" used Date.now', { cause });
  expect(errorLines(cause, false)).toEqual([
    'cosimas: ERR_AGENT_STRICT: agent "m" used Date.now',
    expect.stringMatching(/^ {4}at \S*errors\.test\.ts:\d+:\d+$/),
  ]);
  expect(errorLines(error, false)).toEqual(errorLines(cause, false));
});

it("says where an agent's own code has thrown, without a stack", () => {
  const cause = new TypeError("no meter");
  const error = new AgentError("ERR_AGENT_FAILED", 'agent "m" failed in read at 0 s: TypeError: no meter', { cause });
  expect(errorLines(error, false)).toEqual([
    'cosimas: ERR_AGENT_FAILED: agent "m" failed in read at 0 s: TypeError: no meter',
    expect.stringMatching(/^ {4}at \S*errors\.test\.ts:\d+:\d+$/),
    "  caused by TypeError: no meter",
  ]);
});

it("shows stacks for debugging only, and survives a ring of causes", () => {
  const error = new Error("round");
  error.cause = error;
  expect(errorLines(error, false).join("\n")).not.toContain("    at ");
  const lines = errorLines(error, true);
  expect(lines.join("\n")).toContain("errors.test.ts");
  expect(lines.length).toBeLessThan(40);
});
