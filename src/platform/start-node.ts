/** The program that containers elsewhere start with. */
export const BOOT = new URL("./boot.js", import.meta.url);

/** What that program is told: with what to go on, and whether Node needs tsx to read that or the module of agents. */
export function bootOptions(module: string): { readonly main: string; readonly typescript: boolean } {
  const own = isTypeScript(import.meta.url);
  const main = new URL(`./container-main.${own ? "ts" : "js"}`, import.meta.url).href;
  const native = (process.features as { typescript?: unknown }).typescript;
  return { main, typescript: !native && (own || isTypeScript(module)) };
}

function isTypeScript(url: string): boolean {
  return /\.[mc]?ts$/.test(url);
}
