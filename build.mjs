/**
 * `npm run build`: makes `dist` of the sources; nothing else is in it afterwards.
 *
 * All is made in a folder beside it. Then what is new or has changed gets its place, file by file, and what is not made any
 * more goes last: a program that runs from `dist` meanwhile finds whole files only, and all of them if no source has
 * changed. One build waits for another.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { locked } from "./build-lock.mjs";
import { bundle as bundleBrowser } from "./esbuild.browser.mjs";
import { bundle as bundleLibrary } from "./esbuild.library.mjs";
import { buildPage } from "./esbuild.page.mjs";

const root = fileURLToPath(new URL(".", import.meta.url));

/** Make it in `folder`, which lies in the root as `dist` does: the maps name the sources from there. */
async function make(folder) {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", "tsconfig.build.json", "--emitDeclarationOnly", "--outDir", folder];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) return false;
  await bundleLibrary(folder);
  await bundleBrowser(join(folder, "browser"));
  await buildPage(join(folder, "adapters/dashboard/assets"));
  return true;
}

/** Give the files of `made` their places in `folder`, and leave nothing else there; `made` is used up. */
export function replaceFiles(made, folder) {
  const files = filesIn(made);
  const changed = files.filter((file) => !isSame(join(made, file), join(folder, file)));
  const isThere = (file) => isFile(join(folder, file));
  removeClashes(folder, new Set(files), filesIn(folder));
  // New chunks come before the files that load them.
  for (const file of [...changed.filter((one) => !isThere(one)), ...changed.filter(isThere)]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    renameSync(join(made, file), join(folder, file));
  }
  const kept = new Set(files);
  for (const file of filesIn(folder)) if (!kept.has(file)) rmSync(join(folder, file));
  removeEmpty(folder);
}

/** What was a folder and is a file now, or the other way round. */
function removeClashes(folder, files, before) {
  const folders = new Set([...files].flatMap(foldersOf));
  for (const file of before) {
    if (folders.has(file)) rmSync(join(folder, file));
    for (const above of foldersOf(file))
      if (files.has(above)) rmSync(join(folder, above), { recursive: true, force: true });
  }
}

function foldersOf(file) {
  const above = dirname(file);
  return above === "." ? [] : [above, ...foldersOf(above)];
}

function filesIn(folder) {
  const all = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return all.filter((name) => statSync(join(folder, name)).isFile()).sort();
}

function isSame(one, other) {
  return isFile(other) && readFileSync(one).equals(readFileSync(other));
}

/** Also if a folder above is a file now. */
function isFile(path) {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function removeEmpty(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmpty(join(folder, entry.name));
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = join(root, `dist.${process.pid}`);
  await locked(join(root, "dist.lock"), async () => {
    try {
      mkdirSync(join(root, "dist"), { recursive: true });
      if (await make(made)) replaceFiles(made, join(root, "dist"));
      else process.exitCode = 1;
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
  });
}
