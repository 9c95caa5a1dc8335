import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { type BuildResult, build, type PluginBuild } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadProfiles } from "../../scenarios/lv-congestion/grid/index.ts";
import { launched, supported } from "../support/chromium.ts";

/**
 * The engine (kernel, agents, clocks, codecs, World with simulators of the same program) in a page of a real Chromium: the
 * same run has the same trace hash there.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = new URL("../../scenarios/lv-congestion/", import.meta.url);
const expected = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8"));

const pages = join(root, "test/support/engine");
const FACES = new Map([
  ["cosimas", join(pages, "cosimas.ts")],
  ["cosimas/mosaik", join(pages, "mosaik.ts")],
]);

/** Bundle the page's script. What takes the place of another file is `host.browser.ts` alone. */
function bundled(): Promise<BuildResult<{ metafile: true; write: false }>> {
  return build({
    absWorkingDir: root,
    entryPoints: [join(pages, "page.ts")],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
    outfile: "engine.js",
    metafile: true,
    logLevel: "silent",
    plugins: [
      {
        name: "a page",
        setup({ onResolve }: PluginBuild) {
          onResolve({ filter: /\/host\.ts$/ }, () => ({ path: join(root, "src/host.browser.ts") }));
          onResolve({ filter: /^cosimas(\/mosaik)?$/ }, ({ path }) => ({ path: FACES.get(path)! }));
          // Readers of files stand beside the grid's arithmetic and are not used here. Used, they would stay, see below.
          onResolve({ filter: /^node:/ }, () => ({ external: true, sideEffects: false }));
          // What is loaded when it is asked for, as a platform's processes, is not asked for here.
          onResolve({ filter: /./ }, ({ kind }) => (kind === "dynamic-import" ? { external: true } : undefined));
        },
      },
    ],
  });
}

/** The profiles as JSON. */
function profilesJson(): string {
  const file = new URL("data/profiles.csv.gz", folder);
  const profiles = loadProfiles(file);
  const [names = ""] = gunzipSync(readFileSync(file)).toString("utf8").split("\n", 1);
  return JSON.stringify(names.split(",").map((name) => [name, [...profiles.column(name)]]));
}

describe.skipIf(!supported && process.env["CI"] !== "true")("the engine in a browser", () => {
  const unpacked = mkdtempSync(join(tmpdir(), "cosimas-engine-"));
  let built: Awaited<ReturnType<typeof bundled>>;
  let http: Server;
  let browser: Browser;

  beforeAll(async () => {
    built = await bundled();
    const files: Record<string, [type: string, content: string]> = {
      "/": ["text/html", '<script type="module">globalThis.engine = await import("/engine.js");</script>'],
      "/engine.js": ["text/javascript", built.outputFiles[0]!.text],
      "/grid.json": ["application/json", readFileSync(new URL("data/grid.json", folder), "utf8")],
      "/profiles.json": ["application/json", profilesJson()],
    };
    http = createServer((request, response) => {
      const [type, content] = files[request.url!] ?? ["text/plain", ""];
      response.setHeader("content-type", type);
      response.end(content);
    });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    browser = await launched(unpacked);
  });
  afterAll(async () => {
    await browser?.close();
    http?.close();
    rmSync(unpacked, { recursive: true, force: true });
  });

  it("needs nothing of Node: no module of it is left, and no layer of connections or files", () => {
    const { inputs, outputs } = built.metafile;
    const imports = Object.values(outputs).flatMap((output) => output.imports);
    expect(imports.filter(({ kind }) => kind !== "dynamic-import")).toEqual([]);
    const below =
      /^(src\/(channel|platform|recording|replay|cli)\/|adapters\/mosaik\/(remote\/(client|process|server)|columns))/;
    // What options of connections may be is checked without them.
    expect(Object.keys(inputs).filter((path) => below.test(path))).toEqual(["src/channel/checks.ts"]);
    expect(Object.keys(inputs)).toContain("src/host.browser.ts");
    expect(Object.keys(inputs)).not.toContain("src/host.ts");
  });

  it("gives lv-congestion's trace hash", async () => {
    const page = await browser.newPage();
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(String(error)));
    await page.goto(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`);
    await page.waitForFunction("globalThis.engine !== undefined");
    const seen = await page.evaluate("engine.run(140)");
    expect(wrong).toEqual([]);
    expect(seen).toEqual({ traceHash: expected.traceHash, messages: expected.messages });
  });
});
