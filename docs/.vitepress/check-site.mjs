/**
 * Looks at the built site: every link within it leads to a page and, if it names one, to a heading of that page; nothing is
 * loaded from elsewhere.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** What a page loads by itself; links that somebody follows may lead anywhere. */
const LOADED = /<(?:script|link|img|iframe|source)\b[^>]*?\s(?:src|href)="([^"]*)"/g;
const LINKS = /<a\b[^>]*?\shref="([^"]*)"/g;
const IDS = /\sid="([^"]*)"/g;

/** @param {string} folder - Of the built site. @returns {string[]} what is wrong with it, a line each. */
export function problemsOf(folder) {
  const root = resolve(folder);
  const pages = new Map(
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".html"))
      .map((name) => [join(root, name), readFileSync(join(root, name), "utf8")]),
  );
  const headings = new Map([...pages].map(([page, html]) => [page, new Set(all(html, IDS))]));
  const problems = [];
  for (const [page, html] of pages) {
    const name = page.slice(root.length + 1);
    for (const url of all(html, LOADED))
      if (/^(?:https?:)?\/\//.test(url)) problems.push(`${name} loads ${url}, which is not part of the site`);
    for (const url of new Set(all(html, LINKS))) {
      if (/^[a-z]+:/i.test(url)) continue;
      const [path = "", anchor = ""] = url.split("#");
      const target = fileOf(root, page, path);
      if (target === undefined) problems.push(`${name} links to ${url}, which is not there`);
      else if (anchor !== "" && headings.get(target)?.has(decodeURIComponent(anchor)) === false)
        problems.push(`${name} links to ${url}, where no such heading is`);
    }
  }
  return problems;
}

function all(html, pattern) {
  return [...html.matchAll(pattern)].map(([, found]) => found.replaceAll("&amp;", "&"));
}

/** The file behind a link; undefined if there is none. */
function fileOf(root, page, path) {
  if (path === "") return page;
  const found = path.startsWith("/") ? join(root, path) : resolve(dirname(page), path);
  const file = existsSync(found) && statSync(found).isDirectory() ? join(found, "index.html") : found;
  return existsSync(file) ? file : undefined;
}
