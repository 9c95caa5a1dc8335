/**
 * `npm run docs`, that is `node docs/.vitepress/build.mjs [--out FOLDER]`: writes the API by typedoc, builds the site and looks at its
 * links. Builds write to the same folders, so one waits for another.
 */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { locked } from "../../build-lock.mjs";
import { problemsOf } from "./check-site.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const lock = fileURLToPath(new URL(".lock", import.meta.url));

const { values } = parseArgs({ options: { out: { type: "string" } } });
const out = resolve(values.out ?? fileURLToPath(new URL("dist", import.meta.url)));

await locked(lock, async () => {
  await run("typedoc/bin/typedoc");
  await run("vitepress/bin/vitepress.js", "build", "docs", "--outDir", out);
});
const problems = problemsOf(out);
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exit(1);

/** Run a program of a package; the first that fails ends this one. */
function run(file, ...args) {
  const program = join(root, "node_modules", file);
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [program, ...args], { cwd: root, stdio: "inherit" });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) done();
      else reject(new Error(`${file} ended with ${code ?? signal}`));
    });
  });
}
