import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { type BuildResult, build, type PluginBuild } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../esbuild.browser.mjs";
import { readCase } from "../../scenarios/economic-dispatch/problem.ts";
import { startNegotiation } from "../../scenarios/economic-dispatch/start.ts";
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
/** What a page has of `cosimas` and `cosimas/mosaik`. */
const FACE = join(root, "adapters/web/engine.ts");

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
          onResolve({ filter: /^cosimas(\/mosaik)?$/ }, () => ({ path: FACE }));
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
      "/cases.json": [
        "application/json",
        readFileSync(new URL("../economic-dispatch/data/cases.json", folder), "utf8"),
      ],
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

  async function inPage<T>(expression: string): Promise<T> {
    const page = await browser.newPage();
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(String(error)));
    await page.goto(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`);
    await page.waitForFunction("globalThis.engine !== undefined");
    const seen = await page.evaluate<T>(expression);
    expect(wrong).toEqual([]);
    return seen;
  }

  it("gives lv-congestion's trace hash", async () => {
    const { traceHash, messages } = expected;
    expect(await inPage("engine.congestion(140)")).toEqual({ traceHash, figure: messages });
  });

  it("gives economic-dispatch's trace hash and cost", async () => {
    const method = { rho: 0.3, kappa: 0.3 };
    const options = { containers: 1, seed: 1, method, toleranceOfLoad: 1e-5, iterationsMax: 5000 };
    const negotiation = await startNegotiation(readCase("case14"), options);
    const { cost } = await negotiation.settle();
    const traceHash = negotiation.traceHash();
    await negotiation.close();
    expect(traceHash).toBe("19dda11f648fa288"); // as in the scenario's test
    const here = { traceHash, figure: cost };
    expect(await inPage(`engine.dispatch("case14", ${JSON.stringify(method)})`)).toEqual(here);
  });
});

/** What a page loads with `cosimas/browser/engine` may weigh so much, compressed. */
const GZIP_BYTES_MAX = 150_000;

describe("cosimas/browser, built", () => {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-built-"));
  let outputs: Readonly<Record<string, { readonly imports: readonly { path: string; kind: string }[] }>>;

  beforeAll(async () => {
    outputs = (await bundle(folder)).metafile.outputs;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A file and all that it imports at once, not what it may load later. */
  function filesOf(name: string): Set<string> {
    const byName = new Map(Object.entries(outputs).map(([path, output]) => [basename(path), output]));
    const files = new Set([name]);
    for (const file of files) {
      const { imports } = byName.get(file)!;
      for (const { path, kind } of imports) if (kind !== "dynamic-import") files.add(basename(path));
    }
    return files;
  }

  function gzipBytes(name: string): number {
    return [...filesOf(name)].reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file))).length, 0);
  }

  it("is small: the engine below 150 kB, compressed, and a client alone below a half of it", () => {
    const [engine, client] = [gzipBytes("engine.js"), gzipBytes("client.js")];
    expect(engine).toBeLessThan(GZIP_BYTES_MAX);
    expect(engine).toBeGreaterThan(50_000); // it is all there
    expect(client).toBeLessThan(engine / 2);
  });

  it("says what a page cannot do, by a code", async () => {
    const { AgentSimulator, Agent, agentModel } = (await import(
      join(folder, "engine.js")
    )) as typeof import("cosimas") & typeof import("cosimas/mosaik");
    class Home extends Agent {}
    const simulator = new AgentSimulator({
      models: { Home: agentModel(Home) },
      containers: 2,
      isolation: "process",
      module: "home.ts",
    });
    await expect(simulator.init("Homes", { timeResolution: 1 })).rejects.toMatchObject({ code: "ERR_SCENARIO_PAGE" });
  });
});
