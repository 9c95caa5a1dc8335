import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleEngine } from "../../esbuild.browser.mjs";
import { populationHash } from "../support/engine-population.ts";

const population = fileURLToPath(new URL("../support/engine-population.ts", import.meta.url));

/** What of Node no page has. */
const OF_NODE = ["Buffer", "process", "global", "setImmediate", "clearImmediate"];

describe("the engine, bundled for pages", () => {
  let folder: string;
  let bundle: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "cosimas-engine-"));
    bundle = join(folder, "engine.mjs");
    await bundleEngine(population, bundle);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("gives the trace hash that it gives on Node, without anything of Node", async () => {
    const program = `
      import { writeSync } from "node:fs";
      // Node makes it when it is first used, of things that a page has not.
      new MessageEvent("message");
      // A page's own event of rejections that nobody handled.
      const node = process;
      globalThis.addEventListener = (_name, listener) =>
        node.on("unhandledRejection", (reason) => listener({ reason, preventDefault() {} }));
      globalThis.removeEventListener = () => {};
      for (const name of ${JSON.stringify(OF_NODE)}) delete globalThis[name];
      const { populationHash } = await import(${JSON.stringify(pathToFileURL(bundle).href)});
      writeSync(1, await populationHash());
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
    expect(stdout).toBe(await populationHash());
  });
});
