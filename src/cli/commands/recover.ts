import type { Command } from "commander";
import { recoverRun } from "../../observing.ts";

/** Add `cosimas recover` to the program. */
export function addRecoverCommand(program: Command): void {
  program
    .command("recover")
    .description("make a whole file of a recording whose end is missing, with what its .wal has")
    .argument("<recording>", "the torn file")
    .argument("[to]", "file to write; default: the recording's name with .recovered before its ending")
    .option("--force", "replace a file of that name")
    .option("--debug", "print the stacks of errors")
    .action(async (path: string, given: string | undefined, { force = false }: { force?: boolean }) => {
      const to = given ?? path.replace(/(\.[^./\\]*)?$/, ".recovered$1");
      const recovered = await recoverRun(path, to, { replace: force });
      const rest = Object.entries(recovered).map(([name, value]) => `${name} ${value}`);
      process.stdout.write(`${to}: ${rest.join(", ")}\n`);
    });
}
