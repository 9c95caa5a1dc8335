import type { Command } from "commander";
import { traceJson } from "../../observe/exports.ts";
import { compareRuns } from "../../observing.ts";
import { EXIT_FAILED, EXIT_FINE } from "../errors.ts";
import { differenceLines, shown } from "../event-lines.ts";

/** Add `cosimas diff` to the program. */
export function addDiffCommand(program: Command, ends: (exitCode: number) => void): void {
  program
    .command("diff")
    .description("compare two recordings event by event: 0 the same, 1 they differ")
    .argument("<a>", "a recording")
    .argument("<b>", "another one")
    .option("--json", "print the result as JSON")
    .option("--debug", "print the stacks of errors")
    .action(async (a: string, b: string, { json = false }: { json?: boolean }) => {
      const found = await compareRuns(a, b);
      const { difference, compared, feeds, headers, ticksPerSecond } = found;
      const isSame = difference === undefined && feeds === undefined;
      const lines: string[] = [];
      if (json) lines.push(traceJson({ same: isSame, ...found }));
      else {
        for (const header of headers) lines.push(`${header}`);
        if (feeds !== undefined) {
          lines.push("fed with something else first:");
          for (const feed of [feeds.expected, feeds.actual]) {
            lines.push(
              feed === undefined
                ? "  nothing"
                : `  ${feed.ticks / ticksPerSecond} s: ${feed.op} ${shown(feed.content)}`,
            );
          }
        }
        if (difference !== undefined) lines.push(...differenceLines(difference, ticksPerSecond));
        lines.push(`${isSame ? "the same" : "they differ"}: ${compared} events compared`);
      }
      process.stdout.write(`${lines.join("\n")}\n`);
      ends(isSame ? EXIT_FINE : EXIT_FAILED);
    });
}
