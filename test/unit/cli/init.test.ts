import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { writeProject } from "../../../src/cli/commands/init.ts";

/** What `test/scenario/project.test.ts` installs and runs. */
const FILES = [
  ".gitignore",
  "README.md",
  "agents.ts",
  "cars.ts",
  "mosaik_scenario.py",
  "package.json",
  "scenario.test.ts",
  "scenario.ts",
  "tsconfig.json",
];

describe("cosimas init", () => {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-init-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("writes a project whose places are filled in", () => {
    const to = join(folder, "deep", "My Agents!");
    expect(writeProject(to).sort()).toEqual(FILES);
    expect(readdirSync(to).sort()).toEqual(FILES);
    for (const name of FILES) expect(readFileSync(join(to, name), "utf8")).not.toContain("{{");
    const { name, dependencies } = JSON.parse(readFileSync(join(to, "package.json"), "utf8"));
    const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
    expect({ name, dependencies }).toEqual({ name: "my-agents", dependencies: { cosimas: `^${version}` } });
  });

  it.each(["....", "cosimas", "node_modules", "日本"])("finds a name for a folder called %s", (name) => {
    const to = join(folder, name);
    writeProject(to);
    expect(JSON.parse(readFileSync(join(to, "package.json"), "utf8")).name).toBe("my-agents");
  });

  it.each(FILES)("names %s if it is there, and writes nothing", (name) => {
    const to = join(folder, `has-${name}`);
    mkdirSync(to);
    writeFileSync(join(to, name), "mine");
    const refused = expect.objectContaining({ code: "ERR_INIT_EXISTS", message: expect.stringContaining(name) });
    expect(() => writeProject(to)).toThrow(refused);
    expect(readdirSync(to)).toEqual([name]);
    expect(readFileSync(join(to, name), "utf8")).toBe("mine");
  });

  it("says so if a file stands where the folder is to be", () => {
    const file = join(folder, "file");
    writeFileSync(file, "mine");
    expect(() => writeProject(file)).toThrow(expect.objectContaining({ code: "ERR_INIT_FOLDER" }));
    expect(readFileSync(file, "utf8")).toBe("mine");
  });
});
