import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** The built program as a dependency of a user's project, whose modules are TypeScript. */
const root = fileURLToPath(new URL("../..", import.meta.url));

const SCENARIO = `
import { defineScenario } from "cosimas";
import { text } from "./text.ts";
export default defineScenario({ name: "here", async run({ print }) { print(text); } });
`;

describe("cosimas, installed in a project", () => {
  // Inside the repository, so that the package's dependencies and tsx are found above it.
  mkdirSync(join(root, "out"), { recursive: true });
  const folder = mkdtempSync(join(root, "out", "installed-"));
  const installed = join(folder, "node_modules", "cosimas");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function node(...args: string[]): SpawnSyncReturns<string> {
    return spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", timeout: 120_000 });
  }

  beforeAll(() => {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const built = node(tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", join(installed, "dist"));
    expect(built.stdout + built.stderr).toBe("");
    copyFileSync(join(root, "package.json"), join(installed, "package.json"));
    writeFileSync(join(folder, "scenario.ts"), SCENARIO);
    writeFileSync(join(folder, "text.ts"), 'export const text: string = "here";');
  });

  it.each(["{}", '{ "type": "module" }'])("runs TypeScript in a project whose package.json is %s", (content) => {
    writeFileSync(join(folder, "package.json"), content);
    const { status, stdout, stderr } = node(join(installed, "dist/src/cli/main.js"), "run", "scenario.ts");
    expect(stdout, stderr).toBe("here\n");
    expect(status).toBe(0);
  });
});
