/**
 * The scenarios' own READMEs as pages: `docs/scenarios/<name>/index.md`, which git ignores, with their pictures.
 *
 * A README stays where its scenario is, so that one reads it there; what it shows goes along.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const docs = fileURLToPath(new URL("..", import.meta.url));
const scenarios = fileURLToPath(new URL("../../scenarios", import.meta.url));

export interface ScenarioPage {
  readonly name: string;
  readonly title: string;
}

/** @returns a page for each folder of `scenarios/` that has a README. */
export function scenarioPages(): ScenarioPage[] {
  rmSync(`${docs}/scenarios`, { recursive: true, force: true });
  const names = readdirSync(scenarios, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(`${scenarios}/${entry.name}`).includes("README.md"))
    .map(({ name }) => name);
  return names.sort().map((name) => ({ name, title: page(name) }));
}

/** Writes the page. @returns its title. */
function page(name: string): string {
  const from = `${scenarios}/${name}`;
  const to = `${docs}/scenarios/${name}`;
  mkdirSync(to, { recursive: true });
  const text = readFileSync(`${from}/README.md`, "utf8");
  for (const file of readdirSync(from)) if (/\.(svg|png)$/.test(file)) copyFileSync(`${from}/${file}`, `${to}/${file}`);
  writeFileSync(`${to}/index.md`, text);
  return /^# (.*)$/m.exec(text)?.[1] ?? name;
}
