/** Builds `dist` before the first test, if it is older than what it is made of: tests start the built program. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = join(root, "dist", "src", "cli", "main.js");
/** What the present `dist` was made of. */
const made = join(root, "node_modules", ".cache", "cosimas-dist");

export default function build(): void {
  const now = stamp();
  if (existsSync(program) && read(made) === `${now}\n${statSync(program).mtimeMs}`) return;
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "inherit" });
  mkdirSync(dirname(made), { recursive: true });
  writeFileSync(made, `${now}\n${statSync(program).mtimeMs}`);
}

/** What tells one state of the sources from another: each file, its size and when it was written. */
function stamp(): string {
  const files = ["src", "adapters"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  return [
    ...files,
    "package.json",
    "tsconfig.json",
    "tsconfig.build.json",
    "build.mjs",
    "build-lock.mjs",
    "esbuild.browser.mjs",
    "esbuild.library.mjs",
    "esbuild.page.mjs",
  ]
    .map((file) => [file, statSync(join(root, file))] as const)
    .filter(([, stat]) => stat.isFile())
    .map(([file, { size, mtimeMs }]) => `${file} ${size} ${mtimeMs}`)
    .sort()
    .join("\n");
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
