import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, launchChromium } from "../support/page-browser.ts";

/** The Run buttons of the built site, in a real Chromium: what a block prints there is what Node prints of it. */
const root = fileURLToPath(new URL("../..", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** What pressing the button of an unchanged block may load, compressed. */
const GZIP_BYTES_MAX = 150_000;
/** And with the part that takes the types off a changed one. */
const CHANGED_GZIP_BYTES_MAX = 210_000;

describe.skipIf(!hasChromium)("the Run buttons of the guide", () => {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-guide-"));
  const site = join(folder, "site");
  // Inside the repository, where `cosimas` is this package.
  mkdirSync(join(root, "out"), { recursive: true });
  const programs = mkdtempSync(join(root, "out", "guide-"));
  let http: Server;
  let origin = "";
  let browser: Browser;
  const asked: string[] = [];

  beforeAll(async () => {
    const build = join(root, "docs/.vitepress/build.mjs");
    await promisify(execFile)(process.execPath, [build, "--out", site], { cwd: root });
    http = createServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url!, "http://site").pathname);
      const file = join(site, path.endsWith("/") ? `${path}index.html` : path);
      asked.push(path);
      if (!existsSync(file)) response.statusCode = 404;
      response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
      response.end(existsSync(file) ? readFileSync(file) : "");
    });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    browser = await launchChromium(folder);
  }, 600_000);
  afterAll(async () => {
    await browser?.close();
    http?.close();
    for (const made of [folder, programs]) rmSync(made, { recursive: true, force: true });
  });

  /** A page, of which nothing may go wrong and which asks nobody but its own server. */
  async function opened(path: string): Promise<{ page: Page; wrong: string[] }> {
    const page = await browser.newPage();
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("request", (request) => {
      if (!request.url().startsWith(origin) && !/^(blob|data):/.test(request.url())) wrong.push(request.url());
    });
    await page.goto(`${origin}${path}`);
    return { page, wrong };
  }

  /** Press Run and wait until it is over. */
  async function run(block: Locator): Promise<{ state: string; output: string; hashes: string[] }> {
    await block.getByRole("button", { name: "Run" }).click();
    await block.and(block.page().locator("[data-state=ended], [data-state=failed]")).waitFor();
    const state = (await block.getAttribute("data-state"))!;
    const output = (await block.locator(".output > div").allInnerTexts()).join("\n");
    return { state, output, hashes: await block.locator(".hash code").allInnerTexts() };
  }

  async function change(block: Locator, to: (code: string) => string): Promise<void> {
    const edit = block.getByRole("button", { name: "Edit" });
    if ((await edit.count()) > 0) await edit.click();
    const field = block.getByRole("textbox");
    await field.fill(to(await field.inputValue()));
  }

  /** What Node prints of the same program, and the hash of its containers. */
  async function onNode(code: string): Promise<{ output: string; hashes: string[] }> {
    const file = join(programs, "program.ts");
    const seen = `import { Container as C } from "cosimas";
      const made: C[] = [], create = C.create;
      C.create = async (options) => { const one = await create.call(C, options); made.push(one); return one; };
      process.on("exit", () => console.log("hashes", made.map((one) => one.traceHash()).join()));`;
    writeFileSync(join(programs, "seen.ts"), seen);
    writeFileSync(file, code);
    const tsx = ["--conditions=cosimas:source", "--import", join(root, "node_modules/tsx/dist/esm/index.mjs")];
    const args = [...tsx, "--import", join(programs, "seen.ts"), file];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: programs });
    const [output = "", hashes = ""] = stdout.trimEnd().split(/\n?hashes(?: |$)/);
    return { output, hashes: hashes === "" ? [] : hashes.split(",") };
  }

  /** Pages with such blocks: where they are in the site, and their programs. */
  const pages = ["", "guide/"].flatMap((where) =>
    readdirSync(join(root, "docs", where))
      .filter((name) => name.endsWith(".md"))
      .map((name) => {
        const text = readFileSync(join(root, "docs", where, name), "utf8");
        const programs = [...text.matchAll(/^```ts\b[^\n]*\brun\b[^\n]*\n([\s\S]*?)^```/gm)].map(([, code]) => code!);
        return { path: `/${where}${name.replace(/\.md$/, ".html")}`, programs };
      })
      .filter(({ programs }) => programs.length > 0),
  );

  it("are on the front page and in the first steps", () => {
    expect(pages.map(({ path }) => path)).toEqual(expect.arrayContaining(["/index.html", "/guide/first-steps.html"]));
  });

  it.each(pages)("run every block of $path as Node does", async ({ path, programs: codes }) => {
    const { page, wrong } = await opened(path);
    expect(await page.locator(".run-block").count()).toBe(codes.length);
    for (const [i, code] of codes.entries()) {
      const { output, hashes } = await run(page.locator(".run-block").nth(i));
      expect({ output, hashes }).toEqual(await onNode(code));
    }
    expect(wrong).toEqual([]);
    await page.close();
  });

  it("load nothing before they are pressed, then less than 150 kB, from the site alone", async () => {
    const before = asked.length;
    const { page, wrong } = await opened("/guide/first-steps.html");
    await page.waitForLoadState("networkidle");
    const isOfRun = (path: string) => path.startsWith("/run/");
    expect(asked.slice(before).filter(isOfRun)).toEqual([]);
    const block = page.locator(".run-block").first();
    const gzipBytes = () =>
      [...new Set(asked.slice(before).filter(isOfRun))].reduce(
        (sum, path) => sum + gzipSync(readFileSync(join(site, path))).length,
        0,
      );
    expect((await run(block)).state).toBe("ended");
    expect(gzipBytes()).toBeGreaterThan(50_000); // it is all there
    expect(gzipBytes()).toBeLessThan(GZIP_BYTES_MAX);
    await change(block, (code) => code.replace("[5]", "[7]"));
    expect((await run(block)).state).toBe("ended");
    expect(gzipBytes()).toBeLessThan(CHANGED_GZIP_BYTES_MAX);
    expect(wrong).toEqual([]);
    await page.close();
  });

  it("run the front page's example again when it was changed: another hash, that of Node, and back", async () => {
    const { page, wrong } = await opened("/");
    const block = page.locator(".run-block").first();
    const first = await run(block);
    await change(block, (code) => code.replace("seed: 1", "seed: 2 as number"));
    const changed = await run(block);
    expect(changed.hashes).not.toEqual(first.hashes);
    const code = await block.getByRole("textbox").inputValue();
    expect({ output: changed.output, hashes: changed.hashes }).toEqual(await onNode(code));
    await block.getByText("another than in the run before").waitFor();
    await block.getByRole("button", { name: "Reset" }).click();
    expect(await run(block)).toEqual(first);
    expect(wrong).toEqual([]);
    await page.close();
  });

  it("show the events, and run what `cosimas run` runs, a World too", async () => {
    const { page } = await opened("/");
    const block = page.locator(".run-block").first();
    await run(block);
    await block.locator("summary").click();
    expect(await block.locator(".events").innerText()).toMatch(/0\s?s\s+2\s+car\s+request ask from station/);
    const files = ["agents.ts", "cars.ts", "scenario.ts"].map((name) =>
      readFileSync(join(root, "scenarios/template", name), "utf8"),
    );
    const scenario = files
      .join("\n")
      .replace(/^import .* from "\.\/.*";$/gm, "")
      .replace(/new URL\(.*?, import\.meta\.url\)/, '"agents.ts"')
      .replace(/^export default defineSimulator.*$/m, "");
    await change(block, () => scenario);
    const { state, output, hashes } = await run(block);
    expect({ state, hashes }).toEqual({ state: "ended", hashes: ["5d74a7d7fa0dccac"] }); // as test/scenario/project.test.ts
    expect(output).toContain("transformer: at most 22.0 kW of 22 kW\ntrace hash 5d74a7d7fa0dccac");
    await page.close();
  });

  it.each([
    ["an endless loop", "for (;;);"],
    ["an endless loop that prints", "for (let i = 0; ; i++) console.log(i);"],
    ["a wait that nobody ends", "await new Promise(() => {});"],
  ])("stop %s, and run again", async (_what, code) => {
    const { page, wrong } = await opened("/");
    const block = page.locator(".run-block").first();
    await change(block, (before) => `console.log("begun");\n${code}\n${before}`);
    await block.getByRole("button", { name: "Run" }).click();
    await block.locator(".output > div", { hasText: "begun" }).waitFor();
    await block.getByRole("button", { name: "Stop" }).click();
    await block.getByRole("status").and(page.getByText("stopped")).waitFor();
    await block.getByRole("button", { name: "Reset" }).click();
    expect((await run(block)).state).toBe("ended");
    expect(wrong).toEqual([]);
    await page.close();
  });

  it("end by themselves after thirty seconds", async () => {
    const { page } = await opened("/");
    await page.clock.install();
    const block = page.locator(".run-block").first();
    await change(block, () => 'console.log("begun"); for (;;);');
    await block.getByRole("button", { name: "Run" }).click();
    await block.locator(".output > div", { hasText: "begun" }).waitFor();
    await page.clock.fastForward(30_000);
    await block.getByText("stopped after 30 s").waitFor();
    await page.close();
  });

  it.each([
    ["const a: = 1;", /^SyntaxError: .*1:10/],
    ['import { readFileSync } from "node:fs";\nreadFileSync("a");', /there is no "node:fs" in a page/],
    ['import { Platform } from "cosimas";\nawait Platform.create({});', /a page has no Platform of "cosimas".*line 2/],
    ['\nthrow new RangeError("mine");', /^RangeError: mine, line 2/],
    ["void Promise.reject(new Error('floating'));\nawait new Promise(() => {});", /^Error: floating, line 1/],
  ])("say what is wrong with %j", async (code, message) => {
    const { page } = await opened("/");
    const block = page.locator(".run-block").first();
    await change(block, () => code);
    expect((await run(block)).state).toBe("failed");
    expect(await block.locator(".failure").innerText()).toMatch(message);
    await page.close();
  });
});
