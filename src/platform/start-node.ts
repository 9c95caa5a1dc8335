/** The program that containers elsewhere start with. */
export const BOOT = new URL("./boot.js", import.meta.url);

/** What that program is told: with what to go on, and whether Node needs tsx to read that or the module of agents. */
export function bootOptions(module: string): { readonly main: string; readonly typescript: boolean } {
  const own = isTypeScript(import.meta.url);
  const main = new URL(`./container-main.${own ? "ts" : "js"}`, import.meta.url).href;
  const native = (process.features as { typescript?: unknown }).typescript;
  return { main, typescript: !native && (own || isTypeScript(module)) };
}

/** Options of this process that are its own affair: debuggers and profilers of several processes get in their way. */
const OWN = /^--(?:inspect|cpu-prof|heap-prof|prof|watch|test)/;

/** Options of Node with which containers start if none are asked for: those of this process. */
export function inheritedOptions(): string[] {
  return process.execArgv.filter((option) => !OWN.test(option));
}

function isTypeScript(url: string): boolean {
  return /\.[mc]?ts$/.test(url);
}
