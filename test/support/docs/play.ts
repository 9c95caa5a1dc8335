/** Plays a page: writes its files, runs its programs and commands in order, and compares what they print with what it says. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DocsFolder, type Outcome } from "./folder.ts";
import { type Block, blocks, ROOT, readPage } from "./page.ts";

const BLOCK_MS_MAX = 120_000;

export interface Play {
  /** Files of the repository that the page takes for granted, as `test/interop/fixtures/tutorial/collector.py`. */
  readonly files?: readonly string[];
  /** Ports that the page names, which others may use: each is replaced by the free one of `freePort`. */
  readonly ports?: readonly string[];
  /** What standard error must not have. */
  readonly quiet?: RegExp;
  readonly freePort?: () => Promise<number>;
}

/**
 * @param python - The interpreter of the page's programs in Python.
 * @throws an assertion that names page and line. With `COSIMAS_DOCS=write` it writes what was printed into the page instead.
 */
export async function playPage(page: string, python: string | undefined, options: Play = {}): Promise<void> {
  const text = readPage(page);
  const folder = new DocsFolder(python);
  const ports = new Map<string, string>();
  for (const port of options.ports ?? []) ports.set(port, String(await options.freePort!()));
  const ours = (code: string) => [...ports].reduce((all, [from, to]) => all.replaceAll(from, to), code);
  const corrections: { readonly block: Block; readonly printed: string }[] = [];
  try {
    for (const file of options.files ?? []) folder.take(file);
    let last: { readonly block: Block; readonly outcome: Outcome } | undefined;
    for (const [i, block] of blocks(text).entries()) {
      const at = `${page}:${block.line}`;
      if (block.kind === "output") {
        assert(last !== undefined, `${at}: what prints this?`);
        const printed = theirs(last.outcome.stdout, ports);
        if (fits(block, printed)) last = undefined;
        else if (process.env["COSIMAS_DOCS"] === "write") corrections.push({ block, printed });
        else assert.equal(printed, block.text, `${at} is not what ${page}:${last.block.line} prints:\n${printed}`);
      } else {
        const outcome = await play(folder, block, ours(block.text), i);
        if (outcome === undefined) continue;
        assert.equal(outcome.code, 0, `${at} failed\n${outcome.stdout}${outcome.stderr}`);
        if (options.quiet !== undefined) assert.doesNotMatch(outcome.stderr, options.quiet, at);
        last = { block, outcome };
      }
    }
  } finally {
    folder.remove();
  }
  if (corrections.length > 0) writeFileSync(join(ROOT, page), corrected(text, corrections));
}

/** @returns how it has ended, if it was run. */
async function play(folder: DocsFolder, block: Block, text: string, i: number): Promise<Outcome | undefined> {
  switch (block.kind) {
    case "file":
      folder.write(block.name!, text);
      return undefined;
    case "shell":
      return folder.shell(text, BLOCK_MS_MAX);
    case "program": {
      const name = block.name ?? `block-${i}.${block.language === "python" ? "py" : "ts"}`;
      folder.write(name, text);
      return folder.program(block.language, name, BLOCK_MS_MAX);
    }
    case "fragment":
      return block.language === "python" ? folder.compile(text) : undefined; // TypeScript: all pages at once
    default:
      return undefined;
  }
}

function theirs(printed: string, ports: ReadonlyMap<string, string>): string {
  return [...ports].reduce((all, [from, to]) => all.replaceAll(to, from), printed);
}

function fits({ text, before }: Block, printed: string): boolean {
  if (before.includes("besides mosaik's own log")) return printed.endsWith(text);
  if (!text.includes("…")) return printed.trimEnd() === text.trimEnd();
  const literal = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const line = (part: string) => part.split("…").map(literal).join(".*");
  return new RegExp(`^${text.trimEnd().split(/^…\n?/m).map(line).join("[\\s\\S]*")}\\s*$`).test(printed);
}

function corrected(text: string, corrections: readonly { readonly block: Block; readonly printed: string }[]): string {
  return corrections.reduceRight(
    (all, { block: { offset, text: old }, printed }) =>
      `${all.slice(0, offset)}${printed.trimEnd()}\n${all.slice(offset + old.length)}`,
    text,
  );
}
