/**
 * Bundles `cosimas/browser` and its two halves for pages, with stand-ins for what they use of Node: `node
 * esbuild.browser.mjs [OUTDIR]`. The halves share chunks, so that an error of one is an error of the other.
 */
import { readFile, rm } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL(".", import.meta.url));
const HOST = `${root}src/host.browser.ts`;
const MISSING = `${root}adapters/web/missing.ts`;

/** What a browser has in another form. What it does not have at all is not reached from `src/browser`. */
const STAND_INS = `
  export { Buffer } from "buffer/";
  export const process = {
    env: {},
    nextTick: (callback, ...args) => queueMicrotask(() => callback(...args)),
    emitWarning: (text) => console.warn(text),
  };
  // Node's timers are objects; unref says that they keep no process alive.
  class Timer {
    constructor(id) {
      this.id = id;
    }
    unref() {}
  }
  export const setTimeout = (...args) => new Timer(globalThis.setTimeout(...args));
  export const setInterval = (...args) => new Timer(globalThis.setInterval(...args));
  export const clearTimeout = (timer) => globalThis.clearTimeout(timer?.id);
  export const clearInterval = (timer) => globalThis.clearInterval(timer?.id);
  export const setImmediate = (callback) => globalThis.setTimeout(callback);
  const missing = () => {
    throw new Error("a page cannot do this");
  };
  export { missing as createHash, missing as timingSafeEqual };
`;

/** Globals of Node among them. */
const GLOBALS = "Buffer, process, setTimeout, setInterval, clearTimeout, clearInterval, setImmediate";

/** `host.browser.ts` in the place of `host.ts`: all that the engine needs to run in a page. */
const browserHost = {
  name: "the host of a page",
  setup({ onResolve }) {
    onResolve({ filter: /\/host\.ts$/ }, ({ resolveDir, path }) =>
      resolve(resolveDir, path) === `${root}src/host.ts` ? { path: HOST } : undefined,
    );
  },
};

/**
 * Files of connections get Node's globals as imports, and their `node:` modules are the stand-ins; the files below them get
 * all from `src/host.browser.ts`.
 */
const forBrowsers = {
  name: "for browsers",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:|cosimas-stand-ins$)/ }, () => ({ path: "stand-ins", namespace: "cosimas" }));
    browserHost.setup({ onResolve });
    onLoad({ filter: /.*/, namespace: "cosimas" }, () => ({ contents: STAND_INS, loader: "js", resolveDir: root }));
    onLoad({ filter: /\/src\/(channel|rpc|browser)\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      return { contents: `import { ${GLOBALS} } from "cosimas-stand-ins";\n${text}`, loader: "ts" };
    });
  },
};

/** What no page has, and is loaded when it is asked for, says so. */
const missing = {
  name: "missing in a page",
  setup({ onResolve }) {
    const isOurs = (importer) => /^(src|adapters)\//.test(relative(root, importer).replaceAll("\\", "/"));
    onResolve({ filter: /./ }, ({ kind, importer }) =>
      kind === "dynamic-import" && isOurs(importer) ? { path: MISSING } : undefined,
    );
  },
};

/** How all of it is built: what is shared in chunks of its own, what is loaded later, too. */
const PAGES = {
  bundle: true,
  splitting: true,
  minifySyntax: true,
  minifyWhitespace: true, // not identifiers: errors and classes keep their names
  format: "esm",
  platform: "browser",
  target: "es2022",
  chunkNames: "[name]-[hash]",
  plugins: [missing, browserHost, forBrowsers],
  logLevel: "warning",
  metafile: true,
};

/** Write `index.js`, `client.js`, `engine.js` and the chunks that they share to the folder `outdir`. */
export function bundle(outdir) {
  const entryPoints = {
    index: `${root}adapters/web/index.ts`,
    client: `${root}src/browser/index.ts`,
    engine: `${root}adapters/web/engine.ts`,
  };
  return build({ ...PAGES, entryPoints, outdir, sourcemap: true, sourcesContent: false });
}

/** Write `worker.js`, which runs the programs of the guide in a page, and what it loads to the folder `outdir`. */
export async function bundleRunner(outdir) {
  await rm(outdir, { recursive: true, force: true });
  return build({ ...PAGES, entryPoints: { worker: `${root}docs/.vitepress/run/worker.ts` }, outdir });
}

/** Write `entry`, which uses `src/engine.ts` and nothing of Node, with the engine into `outfile`, for pages. */
export function bundleEngine(entry, outfile) {
  return build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    plugins: [browserHost],
    logLevel: "warning",
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle(process.argv[2] ?? `${root}dist/browser`);
