/**
 * `npm test`: types, lint and docs while the tests run, which build what they start (`test/support/build.ts`). Arguments go to
 * vitest. Ends with 1 if any of them fails, and says which.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** @returns its name, whether it is fine, and what it has said if it was not to be seen at once. */
function run(name, command, args, stdio) {
  const child = spawn(command, args, { cwd: root, stdio, shell: process.platform === "win32" });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
  }
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ name, fine: false, said: String(error) }));
    child.on("close", (code) => resolve({ name, fine: code === 0, said }));
  });
}

/** One after another, beside the tests: their output waits until those have ended. */
async function checks() {
  const ended = [];
  for (const name of ["types", "lint", "docs"])
    ended.push(await run(name, "npm", ["run", "--silent", name], ["ignore", "pipe", "pipe"]));
  return ended;
}

const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const tests = run("tests", process.execPath, [vitest, "run", ...process.argv.slice(2)], "inherit");
const [others, last] = await Promise.all([checks(), tests]);
for (const { name, fine, said } of others)
  process.stdout.write(fine ? `${name}: fine\n` : `${name}: FAILED\n${said}\n`);
process.stdout.write(last.fine ? "tests: fine\n" : "tests: FAILED\n");
process.exitCode = [...others, last].every(({ fine }) => fine) ? 0 : 1;
