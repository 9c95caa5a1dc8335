import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { installPackage } from "../support/docs/folder.ts";
import { blocks, pages, ROOT, readPage } from "../support/docs/page.ts";
import { playPage } from "../support/docs/play.ts";
import { ELSEWHERE, PYTHON_PAGES, UNCHECKED } from "../support/docs/table.ts";

/** Every code block of the docs runs as it stands there, with the package as it would be installed, or is compiled. */
describe("code blocks of the docs", () => {
  const here = pages().filter((page) => !(page in PYTHON_PAGES) && !(page in ELSEWHERE));

  it.concurrent.each(here.filter((page) => blocks(readPage(page)).length > 0))("%s", { timeout: 300_000 }, (page) =>
    playPage(page, undefined),
  );

  it("compile, also those that are no whole program", { timeout: 300_000 }, async () => {
    mkdirSync(join(ROOT, "out"), { recursive: true });
    const folder = mkdtempSync(join(ROOT, "out", "docs-types-"));
    try {
      installPackage(folder);
      const counted = pages().map((page) => writeTypeScript(folder, page));
      expect(counted.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(40);
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG));
      const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
      const said = await promisify(execFile)(process.execPath, [tsc, "-p", folder]).catch(({ stdout }) => ({ stdout }));
      expect(said.stdout).toBe("");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("are looked at, but for those of a short list", () => {
    const unseen = pages().flatMap((page) =>
      blocks(readPage(page))
        .filter(({ kind }) => kind === "other")
        .map(({ text }) => `${page}: ${text.split("\n", 1)[0]}`),
    );
    expect(unseen.sort()).toEqual(Object.keys(UNCHECKED).sort());
  });

  it("of pages with Python have Python", () => {
    for (const page of Object.keys(PYTHON_PAGES))
      expect(
        blocks(readPage(page)).some(({ language }) => language === "python" || language === "bash"),
        page,
      ).toBe(true);
  });
});

const TSCONFIG = {
  compilerOptions: {
    target: "es2023",
    module: "nodenext",
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: ["node"],
    typeRoots: [join(ROOT, "node_modules/@types")],
    moduleDetection: "force",
    noImplicitOverride: true,
    resolveJsonModule: true,
  },
  include: ["**/*.ts"],
};

/** @returns how many files it has written. */
function writeTypeScript(folder: string, page: string): number {
  const place = join(folder, page.replaceAll("/", "-"));
  mkdirSync(place);
  writeFileSync(join(place, "package.json"), '{ "type": "module" }');
  const all = blocks(readPage(page)).filter(({ language }) => language === "ts");
  for (const { name, context, text, line } of all) {
    const file = name ?? `line-${line}.ts`;
    expect(basename(file)).toBe(file);
    writeFileSync(join(place, file), context === "" ? text : `${context}\n${text}`, { flag: "wx" });
  }
  return all.length;
}
