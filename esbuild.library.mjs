/**
 * Writes the JavaScript of the package: `node esbuild.library.mjs [OUTDIR]`. A file for each entry of package.json, and what
 * they share in chunks: Node loads some forty files instead of three hundred, and a loader of TypeScript, which takes each
 * file through a thread of its own, hardly notices them. What a command alone needs stays in files of its own.
 */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL(".", import.meta.url));

/** What containers in threads and processes start from: one is found beside the other and beside the chunks. */
const PLATFORM = "src/platform";

/** What a federate's process starts from. */
const HELICS = "adapters/helics/process";

/** JavaScript that is there before anything reads TypeScript, and names its files by their places. */
const AS_IT_IS = [`${PLATFORM}/boot.js`, `${PLATFORM}/typescript.js`, `${HELICS}/boot.js`];

/**
 * A class that names itself is written as `var Agent = class _Agent`: give it its name back, which users see. (esbuild's
 * `keepNames` would do so by a call for every function that is made at run time.)
 */
function named(text) {
  const names = [...text.matchAll(/^var (\w+) = class _\1\b/gm)].map(([, name]) => name);
  return names.reduce((all, name) => all.replace(new RegExp(`(?<![#.\\w$])_${name}(?![\\w$])`, "g"), name), text);
}

/** Write it to the folder `outdir`, with further `entries` of the repository, which share its chunks. */
export async function bundle(outdir, { entries: further = [], plugins = [] } = {}) {
  const { exports } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const faces = Object.values(exports).flatMap((entry) => entry["cosimas:source"] ?? []);
  const entries = [
    ...faces,
    "src/cli/main.ts",
    `${PLATFORM}/container-main.ts`,
    `${HELICS}/main.ts`,
    `${HELICS}/watch.ts`,
    `${HELICS}/inline-watch.ts`,
    ...further,
  ];
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: entries,
    plugins,
    outbase: root,
    outdir,
    chunkNames: `${PLATFORM}/[name]-[hash]`,
    bundle: true,
    splitting: true,
    packages: "external",
    conditions: ["cosimas:source"],
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: true,
    sourcesContent: false,
    logLevel: "warning",
    write: false,
  });
  for (const { path, text } of outputFiles) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, path.endsWith(".js") ? named(text) : text);
  }
  for (const file of AS_IT_IS) await copyFile(join(root, file), join(outdir, file));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle(process.argv[2] ?? join(root, "dist"));
