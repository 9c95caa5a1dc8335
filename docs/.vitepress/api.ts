/** The sidebar of the API: its modules. What each has stands on its own page, and is found by the search. */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { DefaultTheme } from "vitepress";

const api = fileURLToPath(new URL("../api", import.meta.url));

/** typedoc has written a folder for each module, within it those of the modules below: `cosimas/mosaik/columns`. */
export function apiSidebar(): DefaultTheme.SidebarItem[] {
  if (!existsSync(`${api}/cosimas`)) return [];
  const pages = readdirSync(api, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith("/index.md"));
  const modules = pages.map((path) => path.slice(0, -"/index.md".length)).sort();
  return [{ text: "Modules", items: modules.map((name) => ({ text: name, link: `/api/${name}/` })) }];
}
