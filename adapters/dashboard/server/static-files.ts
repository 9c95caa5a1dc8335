import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ScenarioError } from "../../../src/index.ts";

/** A file of the page. */
export interface StaticFile {
  readonly type: string;
  readonly bytes: Buffer;
}

/** The only paths that are answered. */
const FILES: Record<string, readonly [name: string, type: string]> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/page.js": ["page.js", "text/javascript; charset=utf-8"],
  "/page.css": ["page.css", "text/css; charset=utf-8"],
  "/favicon.svg": ["favicon.svg", "image/svg+xml"],
};

/** Folders in which the built page may be: beside the built program, or as built from the sources of which this is one. */
const FOLDERS = ["./assets/", "../../../dist/adapters/dashboard/assets/"].map((path) => new URL(path, import.meta.url));

/** One file of the built page. @param folder - Where it is; default: in this package. */
export function asset(name: string, folder?: string): Buffer {
  const folders = folder === undefined ? FOLDERS.map((url) => fileURLToPath(url)) : [`${folder}/`];
  for (const at of folders) {
    try {
      return readFileSync(at + name);
    } catch {
      // The next folder, or the error below.
    }
  }
  const text = `the page has not been built: there is no ${name}; run \`npm run build\``;
  throw new ScenarioError("ERR_PAGE_ASSETS", text);
}

/** The files of the page by their paths. */
export function staticFiles(folder?: string): ReadonlyMap<string, StaticFile> {
  return new Map(Object.entries(FILES).map(([path, [name, type]]) => [path, { type, bytes: asset(name, folder) }]));
}
