import type { Command } from "commander";
import { dashboard } from "../../watching.ts";
import { EXIT_FINE } from "../errors.ts";
import { addPageOptions, pageOptions, show, shownOf, untilSignal, type WatchFlags } from "../watching.ts";

interface ViewOptions extends WatchFlags {
  readonly scenario?: string;
  readonly debug?: boolean;
}

/** Add `cosimas view` to the program. */
export function addViewCommand(program: Command, ends: (exitCode: number) => void): void {
  const view = program
    .command("view")
    .description("show a recording on a page of this machine, until Ctrl-C; nothing is run")
    .argument("<recording>", "file of cosimas run --record, or of a Recording")
    .option("--scenario <scenario>", "scenario whose grid the page draws")
    .option("--debug", "print the stacks of errors");
  addPageOptions(view).action(async (path: string, options: ViewOptions) => ends(await run(path, options)));
}

async function run(path: string, { scenario: given, open = false, ...flags }: ViewOptions): Promise<number> {
  const { view } = await dashboard();
  const shown = await shownOf(given);
  const page = await view(path, { ...pageOptions(flags), ...shown });
  try {
    show(page.url, open, (line) => process.stderr.write(`${line}\n`));
    await untilSignal();
  } finally {
    await page.close();
  }
  return EXIT_FINE;
}
