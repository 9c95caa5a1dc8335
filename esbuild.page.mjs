/**
 * Bundles the page of `adapters/dashboard` for browsers: `node esbuild.page.mjs [FOLDER]`. What it needs of libraries is
 * in it; it asks nothing of the network.
 */
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL(".", import.meta.url));
const source = join(root, "adapters/dashboard/page");

/** Write the page's files to `folder`. */
export async function buildPage(folder) {
  await mkdir(folder, { recursive: true });
  await build({
    entryPoints: { page: join(source, "main.tsx") },
    outdir: folder,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "eof",
    logLevel: "warning",
  });
  for (const name of ["index.html", "favicon.svg"]) await copyFile(join(source, name), join(folder, name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPage(process.argv[2] ?? join(root, "dist/adapters/dashboard/assets"));
}
