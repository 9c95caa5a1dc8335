import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const SCENARIO = "test/support/determinism/scenario.ts";

/** `cosimas doctor --determinism` of the scenario with agents of this class. */
function doctor(type: string, scenario = SCENARIO): Promise<{ code: number; stdout: string; stderr: string }> {
  const program = ["--conditions=cosimas:source", "--import", "tsx", "src/cli/main.ts"];
  const args = [...program, "doctor", "--determinism", scenario];
  const env = { ...process.env, DETERMINISM_CLASS: type };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

it.each([
  ["Sound", 0, /^ok two runs.*\nok replayed here.*\nok once more here.*\n$/],
  ["Clocked", 1, /^two runs differ: something real is in it.*\nfirst difference, in values\.kw: .*\n/],
  [
    "Counting",
    1,
    /^ok two.*\nok replayed.*\nonce more here.*: agents share state through a module.*\nfirst difference, in values\.kw: 1 became 7\n/,
  ],
  [
    "Numbered",
    1,
    /^ok two.*\nok replayed.*\nonce more here.*: agents share state through a module.*\nfirst difference, in values\.kw: 0 became 1\n/,
  ],
])("the doctor says of agents that are %s what differs first", { timeout: 120_000 }, async (type, code, text) => {
  const ended = await doctor(type);
  expect(ended.stdout, ended.stderr).toMatch(text);
  expect(ended.code).toBe(code);
});

it("says why a scenario cannot be run twice", { timeout: 60_000 }, async () => {
  const ended = await doctor("Sound", "test/scenario/fixtures/throws-on-load.ts");
  expect(ended.code).not.toBe(0);
  expect(ended.stderr).toMatch(
    /ERR_SCENARIO_FAILED: test\/scenario\/fixtures\/throws-on-load\.ts cannot be run and recorded: /,
  );
});
