/**
 * Compiles the benchmarks and the product that they measure: `node test/bench/build.mjs` writes to `dist.bench` what `npm run
 * build` writes to `dist`, in the same way and with the same folders, so that what is measured is what a user has. A loader
 * of TypeScript in its place would add calls to each function that is made at run time.
 */
import { readdirSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundle } from "../../esbuild.library.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bench = join(root, "test", "bench");

/** What lies beside a benchmark (programs of peers, data) is found where its source is. */
const sourceUrls = {
  name: "source URLs",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const [first] = relative(root, path).split(sep);
      if (first !== "test" && first !== "scenarios") return undefined;
      const text = await readFile(path, "utf8");
      return { contents: text.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)), loader: "ts" };
    });
  },
};

/** Programs of their own: the command, the peers, the floors. */
const programs = ["peers", "floors"].flatMap((folder) =>
  readdirSync(join(bench, folder))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `test/bench/${folder}/${file}`),
);

const outdir = join(root, "dist.bench");
rmSync(outdir, { recursive: true, force: true });
await bundle(outdir, { entries: ["test/bench/run.ts", ...programs], plugins: [sourceUrls] });
