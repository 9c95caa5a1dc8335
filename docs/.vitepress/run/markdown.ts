/** Gives blocks of ```` ```ts run ```` their button: the block as it is, within a `<RunBlock>`. */
import type { MarkdownRenderer } from "vitepress";
import { strip } from "./strip.ts";

export function runnableBlocks(markdown: MarkdownRenderer): void {
  const fence = markdown.renderer.rules.fence!;
  markdown.renderer.rules.fence = (...args) => {
    const [tokens, index] = args;
    const { info, content } = tokens[index]!;
    const html = fence(...args);
    if (!/^ts\s.*\brun\b/.test(info)) return html;
    // The page runs an unchanged block without the part that strips types.
    return `<RunBlock code="${encoded(content)}" js="${encoded(strip(content))}">${html}</RunBlock>`;
  };
}

/** In an attribute, where Vue looks for nothing. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll("'", "%27");
}
