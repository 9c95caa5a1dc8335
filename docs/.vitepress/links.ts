/** Links that hold in a repository's folder, made to hold in the site. */
import type { MarkdownRenderer } from "vitepress";

/** A scenario's README is a page of the site: `../scenarios/wind-park/README.md#without-mosaik`. */
const SCENARIO = /^(?:\.\.\/)+scenarios\/([a-z-]+)\/(?:README\.md)?(#.*)?$/;
/** Pages of `docs/` as a README names them, from the root of the repository or from a scenario's folder. */
const DOCS = /^(?:\.\.\/)+docs\/(.*)$/;

export function repositoryLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push("repository-links", (state) => {
    for (const token of state.tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === "link_open" ? token.attrGet("href") : null;
      if (href !== null) token.attrSet("href", inSite(href));
    }
  });
}

function inSite(href: string): string {
  const scenario = SCENARIO.exec(href);
  if (scenario !== null) return `/scenarios/${scenario[1]}/${scenario[2] ?? ""}`;
  const page = DOCS.exec(href);
  return page === null ? href : `/${page[1]}`;
}

/** The anchor that GitHub gives a heading, so that a link to it holds there and here: `## The command` is `#the-command`. */
export function githubAnchor(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}
