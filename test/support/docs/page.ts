/**
 * Code blocks of a page of the docs, and what is to be done with each.
 *
 * | fence | it is |
 * | --- | --- |
 * | ` ```ts ` or ` ```python ` whose first line is a comment with a file's name, or any with `[name]` behind the language | a file |
 * | ` ```ts `, ` ```ts run ` (has a Run button in the site), ` ```python ` | a program that is run; it may have a `[name]`, too |
 * | ` ```ts fragment `, ` ```python fragment ` | a part of a program, checked by the compiler; the comment `<!-- context: … -->` before it has what it needs |
 * | ` ```bash ` | commands that are run |
 * | ` ``` ` | what the program or the commands before it print; `…` stands for anything in a line, a line `…` for any lines |
 * | any other language | looked at by nobody: the test has a list of them |
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export type BlockKind = "file" | "program" | "fragment" | "shell" | "output" | "other";

export interface Block {
  readonly kind: BlockKind;
  readonly language: string;
  /** Of a file. */
  readonly name: string | undefined;
  readonly text: string;
  /** What a fragment stands in. */
  readonly context: string;
  /** The paragraph before it. */
  readonly before: string;
  /** Line of its fence in the page, from 1. */
  readonly line: number;
  /** Where its text begins in the page. */
  readonly offset: number;
}

/** All pages that are written by hand, as `docs/guide/first-steps.md`. */
export function pages(): string[] {
  const generated = /^(api|scenarios|\.vitepress|public)\//;
  return readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".md") && !generated.test(path))
    .map((path) => `docs/${path}`)
    .sort();
}

export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

const FENCE = /^```([^\n`]*)\n([\s\S]*?)^```$/gm;
const NAMED = /^(?:\/\/|#) ([\w-]+\.(?:ts|py|json))\n/;
const CONTEXT = /<!-- context:\s*((?:(?!-->)[\s\S])*?)\s*-->\s*$/;

export function blocks(text: string): Block[] {
  return [...text.matchAll(FENCE)].map((match) => {
    const [, info = "", code = ""] = match;
    const above = text.slice(0, match.index).trimEnd();
    const words = info.split(/\s+/).filter((word) => word !== "");
    const [language = "", ...flags] = words;
    const name = flags.map((flag) => /^\[(.*)\]$/.exec(flag)?.[1]).find(Boolean) ?? NAMED.exec(code)?.[1];
    return {
      kind: kindOf(language, flags, name),
      language,
      name,
      text: code,
      context: CONTEXT.exec(above)?.[1] ?? "",
      before: above.slice(above.lastIndexOf("\n\n") + 2),
      line: above.split("\n").length + 2,
      offset: match.index + 3 + info.length + 1,
    };
  });
}

function kindOf(language: string, flags: readonly string[], name: string | undefined): BlockKind {
  if (language === "") return "output";
  if (flags.includes("fragment")) return "fragment";
  if (name !== undefined && !flags.includes("run")) return "file";
  if (language === "ts" || language === "python") return "program";
  return language === "bash" || language === "sh" ? "shell" : "other";
}
