import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { problemsOf } from "../../docs/.vitepress/check-site.mjs";

/** A site of two pages. */
function site(index: string, other: string): string {
  const folder = mkdtempSync(join(tmpdir(), "site-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "guide"));
  writeFileSync(join(folder, "index.html"), index);
  writeFileSync(join(folder, "guide", "other.html"), other);
  return folder;
}

it("a site whose links lead somewhere is fine", () => {
  const index =
    '<h1 id="top">x</h1><a class="a" href="/guide/other.html#there">o</a><a href="https://example.org">e</a>';
  const other = '<h2 id="there">x</h2><a href="../index.html#top">i</a><a href="#there">t</a><a href="/">home</a>';
  expect(problemsOf(site(index, other))).toEqual([]);
});

it.each([
  ['<a href="/guide/no.html">', "index.html links to /guide/no.html, which is not there"],
  ['<a href="guide/other.html#no">', "index.html links to guide/other.html#no, where no such heading is"],
  [
    '<script src="https://example.org/x.js">',
    "index.html loads https://example.org/x.js, which is not part of the site",
  ],
  ['<img alt="" src="//example.org/x.png">', "index.html loads //example.org/x.png, which is not part of the site"],
])("%s is found", (html, problem) => {
  expect(problemsOf(site(html, "<p>x</p>"))).toEqual([problem]);
});
